"""Seeded faults: every outcome on the last page against the log of the target that caused it."""

import json
import sys
from pathlib import Path

from bench.report import Table
from bench.targets import make_certificate

from ..context import Target
from ..sidecar import Sidecar, Sums, load

NAME = "faults"
TITLE = "outcomes against the log of a target that fails on purpose"
PROGRAM = str(Path(__file__).resolve().parent.parent / "faulty_target.py")
RATE, TIMEOUT_MS, LATE_MS = 200, 1_000, 2_500

# What the target did -> how docs/metrics.md calls it; by transport where they may differ.
OUTCOMES = {
    "ok": "ok", "500": "status", "rst": "reset", "closed": "reset", "garbage": "protocol",
    "bad_chunks": "protocol", "truncated": "truncated", "late": "timeout"}


def run(soak):
    runs, seconds = soak.runs(24, 4), soak.seconds(10, 4)
    table = Table(f"{runs} runs of {seconds} s at {RATE}/s", [
        "run", "scheme", "transport", "requests in the log", "outcomes that differ"])
    ways = [(scheme, transport) for scheme in ("http", "https")
            for transport in ("direct", "curl")]
    wrong = {way: 0 for way in ways}
    for number in range(runs):
        way = ways[number % len(ways)]
        requests, differences = one(soak, number, seconds, *way)
        wrong[way] += bool(differences)
        table.add(number, *way, requests, "; ".join(differences) or "none")
        print(f"  run {number}: {way[0]} {way[1]}, {requests} requests: "
              f"{'; '.join(differences) or 'equal'}", flush=True)
    for (scheme, transport), count in wrong.items():
        table.bar(f"{scheme}, {transport}: runs that differ", count, "0", count == 0)
    table.note("What is shown as `a 3, log 2`: the page has 3 of outcome a, the log accounts for "
               "2.")
    return table


def one(soak, number, seconds, scheme, transport):
    """How many requests the target logged, and what differs."""
    seed = soak.random(NAME, number).randrange(1_000_000)
    words = [sys.executable, PROGRAM, str(seed), str(LATE_MS)]
    if scheme == "https":
        words += make_certificate(soak.folder)
    with Target(soak.launch(words, soak.target_cpu)) as target:
        keys = {"tls": {"verify": False}} if scheme == "https" else {}
        steady = load(
            "faults", target.url(scheme), RATE, transport=transport, timeout=f"{TIMEOUT_MS}ms",
            limits={"connections": 256, "connect_rate": "2000/s"}, **keys)
        with Sidecar(soak, [steady], 1, "5s", seconds=seconds) as sidecar:
            sidecar.sleep_until(seconds)
            pages = sidecar.pages_until_end(pause=0.1)
            status = sidecar.end()
        target.process.stop()
        log = json.loads(target.process.text().splitlines()[-1])
    if not pages:
        return sum(log.values()), ["no page after the drain"]
    problems = [f"exit status {status}"] if status else []
    return sum(log.values()), problems + compared(pages[-1], log, transport)


def compared(page, log, transport):
    wanted = {}
    for fate, count in log.items():
        outcome = OUTCOMES[fate]
        outcome = outcome[transport] if isinstance(outcome, dict) else outcome
        wanted[outcome] = wanted.get(outcome, 0) + count
    shown = page.by("outcome", "requests_completed_total")
    names = sorted({name for counts in (wanted, shown) for name in counts if counts[name]})
    differences = [
        f"{name} {shown.get(name, 0):.0f}, log {wanted.get(name, 0)}" for name in names
        if shown.get(name, 0) != wanted.get(name, 0)]
    dropped = page.by("reason", "requests_dropped_total")
    differences += [f"dropped {reason} {count:.0f}" for reason, count in dropped.items()]
    return differences + Sums(page).faults(last=True)
