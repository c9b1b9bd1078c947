"""A sick https target, a process of its own: `closing_target.py PORT CERTIFICATE KEY`.

Completes the TLS handshake of every connection and closes it. At SIGTERM it prints how many
it completed.
"""

import os
import signal
import socket
import ssl
import sys
import threading


def close_after_handshake(port, certificate, key):
    """Eight threads that accept, shake hands and close."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", port), backlog=4096)
    counts = [0] * 8

    def serve(index):
        while True:
            connection, _ = listener.accept()
            connection.settimeout(5)
            try:
                context.wrap_socket(connection, server_side=True).close()
                counts[index] += 1
            except OSError:
                connection.close()

    def finish(*_):
        print(sum(counts), flush=True)
        os._exit(0)

    signal.signal(signal.SIGTERM, finish)
    for index in range(len(counts)):
        threading.Thread(target=serve, args=(index,), daemon=True).start()
    while True:
        signal.pause()


if __name__ == "__main__":
    close_after_handshake(int(sys.argv[1]), sys.argv[2], sys.argv[3])
