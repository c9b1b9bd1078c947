"""Takes TLS off for a scripted server behind it.

    tls_terminator.py FOLDER KIND[:client] ...

For each kind it listens on a free port of 127.0.0.1 and on the same port of ::1 with FOLDER/KIND.pem and KIND.key, and
asks for a client certificate of FOLDER/ca.pem where `:client` says so. The server name that a client sends says where
its bytes go: `p8080.<anything>` means 127.0.0.1:8080. So do `t8080.<anything>`, where a request `SESSION resumed` or
`SESSION new` goes before them, and `h8080.<anything>`, where each piece that comes back is sent as two TLS records in
one packet, `r8080.<anything>`, where what comes back up to the word `END` is sent as three, and `b8080.<anything>`, where a piece that ends with `BREAK` is followed by a record that nobody can decrypt
instead of that word. An orderly close is passed on as one, a reset as a reset; `raw.p8080.<anything>` closes without TLS's
goodbye. Prints `KIND PORT` lines, then `ready`; ends when its standard input does, and takes the folder with it.
"""

import errno
import os
import select
import shutil
import socket
import ssl
import struct
import sys
import threading


# What the name's first letter says of the records of each piece.
RECORDS = {"p": 1, "t": 1, "h": 2, "b": 1, "r": 3}
BROKEN_RECORD = b"\x17\x03\x03\x00\x20" + bytes(32)


def pump(tls, backend, records, breaks):
    """Carries bytes both ways until one side ends, in one thread, because a TLS connection belongs to one."""
    while True:
        ready = [tls] if tls.pending() else select.select([tls, backend], [], [])[0]
        if tls in ready:
            data = tls.recv(65536)
            if not data:
                return
            backend.sendall(data)
        if backend in ready:
            data = backend.recv(65536)
            if not data:
                return
            if breaks and data.endswith(b"BREAK"):
                tls.sendall(data[:-5])
                os.write(tls.fileno(), BROKEN_RECORD)
                continue
            while records == 3 and not data.endswith(b"END"):
                data += backend.recv(65536)
            size = -(-len(data) // records)
            tls.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
            for start in range(0, len(data), size):
                tls.sendall(data[start:start + size])
            tls.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)


def serve(context, plain):
    """One connection: shakes hands, connects to the server that the name asks for, and passes its end on."""
    tls = None
    try:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tls = context.wrap_socket(plain, server_side=True)
        name = tls.wanted.split(".")
        port = next(part for part in name if part[:1] in RECORDS and part[1:].isdigit())
        with socket.create_connection(("127.0.0.1", int(port[1:]))) as backend:
            backend.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if port[0] == "t":
                session = "resumed" if tls.session_reused else "new"
                backend.sendall(f"SESSION {session} HTTP/1.1\r\n\r\n".encode())
            pump(tls, backend, records=RECORDS[port[0]], breaks=port[0] == "b")
        if name[0] != "raw":
            tls.settimeout(0)  # the client's own goodbye is not waited for
            tls.unwrap()
    except ConnectionResetError:
        if tls is not None:
            tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except (OSError, AttributeError, StopIteration, ValueError):
        pass
    finally:
        (tls or plain).close()


def accept(context, listener):
    while True:
        plain, _ = listener.accept()
        threading.Thread(target=serve, args=(context, plain), daemon=True).start()


def listen():
    """Two listeners on one port, of IPv4 and of IPv6."""
    while True:
        first = socket.create_server(("127.0.0.1", 0), backlog=128)
        try:
            port = first.getsockname()[1]
            return first, socket.create_server(("::1", port), family=socket.AF_INET6, backlog=128)
        except OSError as error:
            first.close()
            if error.errno != errno.EADDRINUSE:
                raise


def main():
    folder = sys.argv[1]
    for kind in sys.argv[2:]:
        kind, _, wants_client = kind.partition(":")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/{kind}.pem", f"{folder}/{kind}.key")
        if wants_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(f"{folder}/ca.pem")
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.options |= 0x100  # a client may negotiate anew, with TLS 1.2
        context.sni_callback = lambda tls, wanted, _: setattr(tls, "wanted", wanted)
        listeners = listen()
        for listener in listeners:
            threading.Thread(target=accept, args=(context, listener), daemon=True).start()
        print(kind, listeners[0].getsockname()[1], flush=True)
    print("ready", flush=True)
    sys.stdin.read()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


main()
