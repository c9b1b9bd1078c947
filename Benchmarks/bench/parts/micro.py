"""Micro costs: recording, rendering a page, compressing it (the program Benchmarks/MicroCosts)."""

import os
import statistics
import subprocess

from ..report import Table

NAME = "micro"
TITLE = "Micro costs"


def measure(bench):
    binary = bench.repository / ".build" / "release" / "MicroCosts"
    if bench.ballast and os.path.exists(os.path.join(os.path.dirname(bench.ballast), "MicroCosts")):
        binary = os.path.join(os.path.dirname(bench.ballast), "MicroCosts")
    if not os.path.exists(binary):
        raise RuntimeError("MicroCosts is not built: swift build -c release --product MicroCosts")
    values = {}
    for _ in range(bench.rounds):
        done = subprocess.run(
            ["taskset", "-c", str(bench.generator_cpu), str(binary)], check=True, text=True,
            capture_output=True)
        for line in done.stdout.splitlines():
            name, nanoseconds, detail = line.split("\t")
            values.setdefault((name, detail), []).append(float(nanoseconds))
    table = Table("one thread", ["operation", "median", "lowest-highest", "note"])
    for (name, detail), times in values.items():
        table.add(name, pretty(statistics.median(times)),
                  f"{pretty(min(times))} - {pretty(max(times))}", detail)
    return [table]


def pretty(nanoseconds):
    if nanoseconds < 1_000:
        return f"{nanoseconds:.1f} ns"
    return f"{nanoseconds / 1_000:.1f} us"
