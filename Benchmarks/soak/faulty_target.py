"""A target that fails on purpose: `faulty_target.py SEED LATE_MS [CERTIFICATE KEY]`.

Prints `port N` first, and at SIGTERM what it did to how many requests, as JSON. What it does to a
request comes from the seed and the request's number, not from chance.
"""

import asyncio
import json
import random
import signal
import socket
import ssl
import struct
import sys

# What is done, and how often of a hundred.
SHARES = {
    "ok": 58, "500": 7, "rst": 7, "garbage": 6, "bad_chunks": 6, "truncated": 6, "late": 4,
    "closed": 6}
GARBAGE = b"220 mail.example ESMTP ready\r\n\r\n"
BAD_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nno chunk\r\n0\r\n\r\n"
TRUNCATED = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"
RESET = struct.pack("ii", 1, 0)


def answer(status, reason):
    return f"HTTP/1.1 {status} {reason}\r\nContent-Length: 2\r\n\r\nok".encode()


class Faulty:
    def __init__(self, seed, late):
        self.seed, self.late = seed, late
        self.number = 0
        self.log = dict.fromkeys(SHARES, 0)

    def fate(self):
        dice = random.Random(f"{self.seed} {self.number}")
        self.number += 1
        return dice.choices(list(SHARES), SHARES.values())[0]

    async def serve(self, reader, writer):
        """One connection: it goes on after a whole answer only."""
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                fate = self.fate()
                self.log[fate] += 1
                if not await self.act(fate, writer):
                    break
        except (asyncio.IncompleteReadError, OSError):
            pass  # the client closed
        finally:
            writer.close()

    async def act(self, fate, writer):
        """Returns whether the connection may go on."""
        if fate == "rst":
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
            return False
        if fate == "closed":
            return False
        if fate == "late":
            await asyncio.sleep(self.late)
        texts = {"garbage": GARBAGE, "bad_chunks": BAD_CHUNKS, "truncated": TRUNCATED,
                 "500": answer(500, "Internal Server Error")}
        writer.write(texts.get(fate, answer(200, "OK")))
        await writer.drain()
        return fate in ("ok", "500")


async def main(seed, late_ms, certificate=None, key=None):
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
    faulty = Faulty(seed, int(late_ms) / 1000)
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # a TLS peer that left
    server = await asyncio.start_server(
        faulty.serve, "127.0.0.1", 0, ssl=context, backlog=1024)
    print(f"port {server.sockets[0].getsockname()[1]}", flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    print(json.dumps(faulty.log), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
