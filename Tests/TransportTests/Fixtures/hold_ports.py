"""Takes every local port from which one address can be reached, and no other address' ports.

    hold_ports.py IP PORT

The address must be of a listener that takes nobody in: connects to it wait, and hold their ports. For each line of its
standard input it takes what is free and prints `full`; it lets go when its standard input ends. One process may not be
allowed as many descriptors as there are ports, so it works through children, each of which takes what it may.
"""

import errno
import os
import socket
import struct
import sys


# From linux/in.h, since Linux 6.3: without it the kernel looks through all taken ports for each connect, which takes a
# minute.
IP_LOCAL_PORT_RANGE = 51


def ports():
    """The ports that the kernel gives to connects, then None for whichever is left."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        first, last = map(int, file.read().split())
    yield from range(first, last + 1)
    while True:
        yield None


def attempt(address, port, held):
    """Starts one connect; returns its errno, 0 when it is under way."""
    try:
        connection = socket.socket(socket.AF_INET6, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    except OSError as error:
        return error.errno
    # Else these ports would be taken for listeners too, on ::1 and on every address of IPv4.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    connection.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if port:
        try:
            connection.setsockopt(socket.IPPROTO_IP, IP_LOCAL_PORT_RANGE, struct.pack("=I", port << 16 | port))
        except OSError:
            pass  # an older kernel: slow, but the same in the end
    code = connection.connect_ex(address)
    if code in (0, errno.EINPROGRESS):
        held.append(connection)
        return 0
    return code


def take(address, free):
    """Connects until there is no port left, or no descriptor: then the next child goes on.

    Returns the connects, how it ended, and the number of ports that were tried."""
    held = []
    for tried, port in enumerate(free):
        code = attempt(address, port, held)
        if code == errno.EADDRNOTAVAIL and not port:
            return held, "full", tried
        if code in (errno.EMFILE, errno.ENFILE):
            return held, "more", tried
        if code not in (0, errno.EADDRNOTAVAIL):
            return held, os.strerror(code), tried


def child(address, free, life):
    """Forks a process that holds ports for as long as this one lives; returns how it came out."""
    result, told = os.pipe()
    if os.fork() == 0:
        os.close(life[1])
        held, word, tried = take(address, free)
        os.write(told, f"{tried} {word}".encode())
        os.close(told)
        os.read(life[0], 1)
        del held
        os._exit(0)
    os.close(told)
    tried, word = os.read(result, 100).decode().split(" ", 1)
    os.close(result)
    for _ in range(int(tried)):
        next(free)
    return word


def main():
    address = (sys.argv[1], int(sys.argv[2]))
    free = ports()
    life = os.pipe()
    for _ in sys.stdin:
        # Bounded: without its listener the ports come back as fast as they are taken.
        for _ in range(20):
            word = child(address, free, life)
            if word != "more":
                break
        print(word, flush=True)


main()
