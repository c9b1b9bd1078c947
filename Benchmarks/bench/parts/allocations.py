"""Allocations per request in steady state, counted by a preloaded malloc."""

import struct
import time
from pathlib import Path

from ..ballast import Run, load
from ..peers import saturating
from ..report import Table
from ..targets import Nginx

NAME = "allocations"
TITLE = "Allocations per request"


def measure(bench):
    preload = bench.compiled("malloc-count/malloc_count.c", "malloc_count.so", "-shared", "-fPIC")
    table = Table("calls of malloc, calloc, realloc and their kin in steady state", [
        "generator", "requests", "allocations", "per request", "from its own code", "by thread"])
    with Nginx(bench) as nginx:
        for name, url in (("plain", nginx.url), ("https", nginx.tls_url)):
            row(bench, nginx, preload, table, f"wrk, {name}",
                saturating(url, 32, bench.seconds(9, 4))["wrk"])
            if bench.ballast:
                keys = {"tls": {"verify": False}} if name == "https" else {}
                row(bench, nginx, preload, table, f"ballast, {name}",
                    load(name, url, "max", **keys))
                row(bench, nginx, preload, table, f"ballast, {name}, 1 000/s",
                    load(name, url, 1_000, limits={"connections": 32}, **keys))
    table.note("Ballast's worker threads are counted: the path of a request lies on them. "
               "Nobody scrapes during the window. What is not from the program's own code comes "
               "from shared libraries: OpenSSL allocates for each record.")
    return [table]


def row(bench, nginx, preload, table, name, what):
    """`what`: a foreign command, or one of our loads."""
    file = Path(bench.new_folder("malloc")) / "counts"
    environment = {"LD_PRELOAD": preload, "MALLOC_COUNT_FILE": str(file)}
    if isinstance(what, list):
        # Not in our environment: the launcher would count itself.
        settings = [f"{key}={value}" for key, value in environment.items()]
        process = bench.launch(["env", *settings, *what], bench.generator_cpu)
        counted, requests = window(bench, nginx, process.pid, file)
        process.wait(60)
    else:
        settings = [f"{key}={value}" for key, value in environment.items()]
        with Run(bench, [what], 900, wrap=["env", *settings]) as running:
            counted, requests = window(bench, nginx, running.pid, file)
            running.stop()
    # The path of a request lies on the workers; the main thread's timers are not part of it.
    on_path = {key: calls for key, calls in counted.items()
               if not name.startswith("ballast") or key.startswith("worker")}
    total, own = (sum(calls[i] for calls in on_path.values()) for i in (0, 1))
    threads = ", ".join(f"{key}: {calls[0]}" for key, calls in counted.items() if calls[0])
    table.add(name, requests, total, f"{total / requests:.4f}", own, threads or "none")
    # Below a thousandth it is a connection that was opened meanwhile.
    if name.startswith("ballast, plain"):
        table.bar(f"{name}: allocations per request", f"{total / requests:.4f}", "0",
                  total / requests < 0.001)
    elif name.startswith("ballast"):
        table.bar(f"{name}: allocations of our own per request", f"{own / requests:.4f}", "0",
                  own / requests < 0.001)


def window(bench, nginx, pid, file):
    """(allocations, those of its own code) of each thread and requests in a steady window."""
    time.sleep(1)
    # A target that stops for a moment lets a paced load open all its connections before the window.
    nginx.stall(0.2)
    time.sleep(1)
    before, sent = read(pid, file), nginx.requests()
    time.sleep(bench.seconds(5, 1))
    after, requests = read(pid, file), nginx.requests() - sent
    counted = {}
    for thread, calls in after.items():
        earlier = before.get(thread, (0, 0))
        counted[thread] = (calls[0] - earlier[0], calls[1] - earlier[1])
    return counted, requests


def read(pid, file):
    """(calls, those of its own code) so far by thread: `name tid`."""
    counts = {}
    for thread, calls, own in struct.iter_unpack("qqq", file.read_bytes()):
        if thread:
            try:
                name = open(f"/proc/{pid}/task/{thread}/comm").read().strip()
            except OSError:
                name = "ended"
            counts[f"{name} {thread}"] = calls, own
    return counts
