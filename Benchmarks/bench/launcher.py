"""Starts programs on given CPUs and learns what they cost (see launcher/launch.c)."""

import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass


@dataclass
class Cost:
    user: float  # seconds
    system: float  # seconds
    greatest_rss: int  # KiB
    elapsed: float  # seconds
    status: int  # exit status; 128 + signal

    @property
    def cpu(self):
        return self.user + self.system


class Process:
    """A running program.

    `cpu`: one, or a list like "0,1"; `output`: the file with all that it printed. It runs with some
    priority where that is allowed, unless it is not `preferred`.
    """

    def __init__(self, launch, command, cpu, folder, environment=None, preferred=True):
        self.command = command
        handle, self.report = tempfile.mkstemp(dir=folder, prefix="cost-")
        os.close(handle)
        handle, self.output = tempfile.mkstemp(dir=folder, prefix="output-")
        nice = "-10" if preferred and os.geteuid() == 0 else "0"
        self.popen = subprocess.Popen(
            [launch, self.report, str(cpu), nice, *command], stdin=subprocess.DEVNULL,
            stdout=handle, stderr=handle, env={**os.environ, **(environment or {})})
        os.close(handle)
        self.pid = self.wait_for_pid()

    def wait_for_pid(self):
        for _ in range(1_000):
            line = open(self.report).readline()
            if line.endswith("\n"):
                return int(line)
            if self.popen.poll() is not None:
                break
            time.sleep(0.005)
        raise RuntimeError(f"{self.command[0]} did not start: {self.text()}")

    def text(self):
        return open(self.output, errors="replace").read()

    def running(self):
        return self.popen.poll() is None

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self, timeout):
        """Waits for the end, by force after `timeout` seconds; returns the `Cost`."""
        try:
            self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self.popen.wait()
            raise RuntimeError(f"{' '.join(self.command)} ran longer than {timeout} s") from None
        user, system, rss, elapsed, status = map(int, open(self.report).readlines()[1].split())
        return Cost(user / 1e6, system / 1e6, rss, elapsed / 1e6, status)

    def stop(self, timeout=10):
        if self.running():
            self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.running():
            self.stop()
