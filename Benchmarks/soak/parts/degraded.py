"""Saturated or starved by our own machine: degraded on the next scrape. A slow target: never."""

import os
import signal
import time

from bench import machine
from bench.report import Table, ms

from ..sidecar import Sidecar, load
from ..sleeper import Sleeper

NAME = "degraded"
TITLE = "degraded when it is our own fault, and only then"
SCRAPE = 5  # seconds; each scrape after the first seconds must show it
SERVED = 0.001  # seconds; a start delay p99.9 up to this is that of a core of our own

# what, transport, rate, busy loops on our core
SATURATED = [("saturated", "curl", 80_000, 0), ("saturated", "direct", 200_000, 0)]
STARVED = [
    (f"{loops} busy loop{'s' if loops > 1 else ''} on our core", transport, rate, loops)
    for loops in (1, 3)
    for transport, rate in (("direct", 1_000), ("direct", 20_000), ("curl", 5_000))]
# what, transport, options of the target
SLOW = [
    ("answers take 200 ms", "direct", ("-d", 200)), ("answers take 200 ms", "curl", ("-d", 200)),
    ("stopped for a second now and then", "direct", ())]


def run(soak):
    runs, scrapes = soak.runs(5, 1), 3 if not soak.quick else 2
    table = Table(f"{runs} runs of {SCRAPE * scrapes} s", [
        "run", "what", "degraded at each scrape", "drops", "our share", "target's", "reason"])
    for number in range(runs):
        for trial in SATURATED + STARVED:
            own_fault(soak, table, number, scrapes, *trial)
        for trial in SLOW:
            theirs(soak, table, number, scrapes, *trial)
    table.note("Shares are of a core. Where the target's is near 1, drops may be its own. Beside "
               "a slow target a bare sleeper runs on our core: where it was late too, the machine "
               "was.")
    return table


def own_fault(soak, table, number, scrapes, what, transport, rate, loops):
    steady = {"transport": transport, "limits": {"connections": 256}}
    with soak.target("whole") as target, \
            Sidecar(soak, [load("load", target.url(), rate, **steady)], linger="0s",
                    drain="200ms") as sidecar, \
            soak.busy([soak.generator_cpu] * loops, SCRAPE * scrapes + 30):
        seen = Watch(sidecar, target, scrapes)
    title = f"{what}, {transport} {rate}/s"
    seen.row(table, number, title)
    # The scheduler may give us the core of busy loops whenever we want it: nobody starves then.
    table.bar(f"run {number}: {title}: degraded on each scrape",
              f"{seen.flags}, start delay p99.9 {ms(seen.delay)}",
              f"all 1, or start delay as if alone (<= {ms(SERVED)})",
              all(flag == 1 for flag in seen.flags) or (loops > 0 and seen.delay <= SERVED))
    others = {reason: count for reason, count in seen.drops.items() if reason != "late"}
    table.bar(f"run {number}: {title}: drops for another reason than `late`", others or "none",
              "none", not others)


def theirs(soak, table, number, scrapes, what, transport, options):
    """The target is slow, and all connections are in use: its fault, not ours."""
    slow = load("load", "http://127.0.0.1:1/", 1_000, transport=transport,
                limits={"connections": 64})
    with soak.target("whole", *options) as target:
        slow["target"] = target.url()
        with Sidecar(soak, [slow], linger="0s", drain="200ms") as sidecar:
            pause = None if options else lambda: stop_target(target)
            sleeper = Sleeper(soak, SCRAPE * scrapes)
            seen = Watch(sidecar, target, scrapes, pause)
    sleeper.end()
    title = f"target: {what}, {transport}"
    seen.row(table, number, title)
    table.bar(f"run {number}: {title}: never degraded",
              f"{seen.flags}, sleeper {sleeper.text()}", "all 0, or the sleeper late too",
              all(flag == 0 for flag in seen.flags) or sleeper.was_late())


def stop_target(target):
    os.kill(target.pid, signal.SIGSTOP)
    try:
        time.sleep(1)
    finally:
        os.kill(target.pid, signal.SIGCONT)


class Watch:
    """What some scrapes showed, and what both sides took of their cores meanwhile."""

    def __init__(self, sidecar, target, scrapes, each=None):
        before = machine.run_time(sidecar.pid), machine.run_time(target.pid)
        begin, self.flags, self.reasons = time.monotonic(), [], []
        for _ in range(scrapes):
            if each:
                each()
            time.sleep(max(0.5, SCRAPE - (1 if each else 0)))
            page = sidecar.page(timeout=20)
            self.flags.append(round(page.total("generator_degraded")))
            self.reasons = sidecar.status(timeout=20)["degraded"] or self.reasons
        seconds = time.monotonic() - begin
        self.shares = [
            (after - earlier) / seconds for after, earlier in
            zip((machine.run_time(sidecar.pid), machine.run_time(target.pid)), before)]
        self.delay = page.histogram("start_delay_seconds").quantile(0.999)
        self.drops = {
            reason: round(count) for reason, count in page.by("reason", "requests_dropped_total").items()}

    def row(self, table, number, what):
        drops = ", ".join(f"{name} {count}" for name, count in self.drops.items()) or "none"
        reason = "; ".join(map(str, self.reasons)) or "none"
        ours, theirs = (f"{share:.0%}" for share in self.shares)
        table.add(number, what, self.flags, drops, ours, theirs, reason)
        print(f"  run {number}: {what}: degraded {self.flags}, drops {drops}, we {ours}, target "
              f"{theirs}, reason: {reason}", flush=True)
