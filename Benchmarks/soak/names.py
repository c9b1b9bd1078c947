"""A host name that nobody else on the machine sees: an /etc/hosts of our own.

It is mounted over the real one in a private mount namespace.
"""

import os
import socket
import subprocess
from pathlib import Path

HOST = "peers.soak.invalid"


class Names:
    """`wrap` stands before a command that shall know HOST; `set` changes its addresses."""

    def __init__(self, soak, addresses):
        self.file = Path(soak.new_folder("names")) / "hosts"
        self.set(addresses)
        self.unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
        self.wrap = [*self.unshare, "sh", "-c",
                     'mount --bind "$0" /etc/hosts && exec "$@"', str(self.file)]
        self.check(addresses)

    def set(self, addresses):
        """Written in place: the bind mount holds the file, not its name."""
        lines = "".join(f"{address} {HOST}\n" for address in addresses)
        self.file.write_text(f"127.0.0.1 localhost\n{lines}")

    def check(self, addresses):
        """The machine must allow such a namespace, and look into /etc/hosts for all addresses."""
        done = subprocess.run(
            [*self.wrap, "getent", "ahostsv4", HOST], capture_output=True, text=True)
        found = {line.split()[0] for line in done.stdout.splitlines()}
        if found != set(addresses):
            raise RuntimeError(
                f"{' '.join(self.unshare)} with an /etc/hosts of our own shows {sorted(found)} "
                f"instead of {sorted(addresses)}: {done.stderr.strip()}; run it as root, and with "
                "`files` among the hosts of /etc/nsswitch.conf")


def common_port(addresses):
    """A port that is free on all of the addresses."""
    for _ in range(50):
        with socket.socket() as first:
            first.bind((addresses[0], 0))
            port = first.getsockname()[1]
            if all(is_free(address, port) for address in addresses[1:]):
                return port
    raise RuntimeError(f"no port is free on all of {addresses}")


def is_free(address, port):
    with socket.socket() as probe:
        try:
            probe.bind((address, port))
        except OSError:
            return False
        return True
