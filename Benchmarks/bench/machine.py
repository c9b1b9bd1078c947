"""What the figures were measured on, and who else used it meanwhile."""

import os
import platform
import re
import shutil
import subprocess
import time


def cpus():
    """The CPU for the target and the one for the generator: the same one if there is only one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[1 % len(allowed)]


def description():
    """One line each about processor, kernel and versions of everything that takes part."""
    model = re.search(r"model name\s*:\s*(.+)", open("/proc/cpuinfo").read())
    lines = [
        f"{os.cpu_count()} CPUs, {model.group(1) if model else platform.machine()}",
        f"{platform.system()} {platform.release()}, {os_release()}",
    ]
    tools = [version(*query) for query in VERSION_QUERIES]
    return lines + [", ".join(tool for tool in tools if tool)]


VERSION_QUERIES = [
    ("nginx", ["nginx", "-v"], r"nginx/([\d.]+)"),
    ("OpenSSL", ["openssl", "version"], r"OpenSSL ([\w.]+)"),
    ("libcurl", ["pkg-config", "--modversion", "libcurl"], r"([\d.]+)"),
    ("wrk", ["wrk", "-v"], r"wrk (?:debian/)?([\d.]+)"),
    ("wrk2", ["wrk2", "-v"], r"wrk\d? ([\d.]+)"),
    ("h2load", ["h2load", "--version"], r"nghttp2/([\d.]+)"),
    ("hey", ["dpkg-query", "-W", "-f", "${Version}", "hey"], r"([\d.]+)"),
    ("ab", ["ab", "-V"], r"Version ([\d.]+)"),
]


def version(name, command, pattern):
    """`name 1.2.3`, or an empty string when the program is not there."""
    if not shutil.which(command[0]):
        return ""
    done = subprocess.run(command, capture_output=True, text=True)
    found = re.search(pattern, done.stdout + done.stderr)
    return f"{name} {found.group(1)}" if found else ""


def os_release():
    for line in open("/etc/os-release"):
        if line.startswith("PRETTY_NAME="):
            return line.split("=", 1)[1].strip().strip('"')
    return "an unknown distribution"


class Busy:
    """CPU time that processes other than ours took, as a share of one core.

    Interrupts are left out: the kernel's work for our own packets is partly booked there.
    """

    def __init__(self):
        self.begin = time.monotonic()
        self.before = self.total()

    @staticmethod
    def total():
        user, nice, system, _, _, _, _, steal = map(int, open("/proc/stat").readline().split()[1:9])
        return (user + nice + system + steal) / os.sysconf("SC_CLK_TCK")

    def strangers(self, ours):
        """`ours`: CPU seconds of the generator and the target since this object was made."""
        seconds = time.monotonic() - self.begin
        return max(0.0, (self.total() - self.before - ours) / seconds)


def cpu_seconds(pid):
    """User and system time so far of a process and of no child, in seconds (10 ms steps)."""
    try:
        fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run_time(pid):
    """Time on a CPU of all threads of a process so far, in seconds (exact to the nanosecond)."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            total += int(open(f"/proc/{pid}/task/{thread}/schedstat").read().split()[0])
        except OSError:
            pass  # the thread has ended
    return total / 1e9


def thread_times(pid):
    """(thread, its name) -> time on a CPU so far, in seconds."""
    times = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        folder = f"/proc/{pid}/task/{thread}"
        try:
            name = open(f"{folder}/comm").read().strip()
            times[thread, name] = int(open(f"{folder}/schedstat").read().split()[0]) / 1e9
        except OSError:
            pass  # the thread has ended
    return times


def memory(pid):
    """Resident set and its anonymous part, in KiB."""
    text = open(f"/proc/{pid}/status").read()
    value = lambda key: int(re.search(rf"{key}:\s*(\d+) kB", text).group(1))
    return value("VmRSS"), value("RssAnon")
