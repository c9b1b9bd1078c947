"""Send lateness, judged from outside by a server that never sleeps."""

import random
import statistics

from ..ballast import Run, load
from ..peers import fixed, sleeper_lateness
from ..report import Table, us
from ..targets import PollingTarget

NAME = "lateness"
TITLE = "Send lateness at 1 000 requests per second, seen by a busy-polling target"
RATE, CONNECTIONS = 1_000, 32
SLEEPER = "(bare sleeper)"
RANKS = [0.5, 0.99, 0.999, 1.0]


def measure(bench):
    # Many short runs: a pause of the machine spoils the p99 of the run that it falls into.
    seconds = bench.seconds(5, 2)
    names = ["ballast precise"] if bench.ballast else []
    names += [*fixed("", RATE, CONNECTIONS, seconds), SLEEPER]
    order, runs = random.Random(bench.random_seed), {name: [] for name in names}
    for _ in range(2 * bench.rounds):
        order.shuffle(names)
        for name in names:
            late = one(bench, name, seconds)
            runs[name].append([quantile(late, rank) for rank in RANKS])
            print(f"  {name:16} {len(late)} arrivals, p50 {us(runs[name][-1][0])}", flush=True)
    return [summary(runs, seconds)]


def one(bench, name, seconds):
    """Lateness of every arrival, in seconds."""
    with PollingTarget(bench) as target:
        if name == "ballast precise":
            steady = load("steady", target.url, RATE, pacing="precise",
                          limits={"connections": CONNECTIONS})
            with Run(bench, [steady], seconds) as running:
                running.finish()
            return against_one_grid(target.stop())
        if name == SLEEPER:
            return relative([late * 1e9 for late in sleeper_lateness(bench, 1 / RATE, seconds)])
        command = fixed(target.url, RATE, CONNECTIONS, seconds)[name]
        process = bench.launch(command, bench.generator_cpu)
        process.wait(seconds + 30)
        return against_own_grids(target.stop())


def against_one_grid(arrivals):
    """Against the schedule of the whole load: arrival n belongs to n / rate."""
    offsets = [time - index * 1e9 / RATE for index, (time, _) in enumerate(sorted(arrivals))]
    return relative(offsets)


def against_own_grids(arrivals):
    """Against a grid for each connection, as the peers pace."""
    period = 1e9 * CONNECTIONS / RATE
    by_connection = {}
    for time, connection in sorted(arrivals):
        by_connection.setdefault(connection, []).append(time)
    late = []
    for times in by_connection.values():
        offsets = [time - index * period for index, time in enumerate(times)]
        late += relative(without_skipped(offsets, period))
    return late


def without_skipped(offsets, period):
    """Takes out the ticks that a generator left out: a delay of a period that never ends is none.

    What was skipped before an arrival shows in the least delay from there to the end of the run;
    a tenth of a period allows for that arrival's own jitter.
    """
    earliest, least, result = min(offsets), float("inf"), []
    for offset in reversed(offsets):
        least = min(least, offset)
        skipped = int((least - earliest) / period + 0.1)
        result.append(offset - skipped * period)
    return result


def relative(offsets):
    """To the earliest one, in seconds: a constant offset cannot be seen from outside."""
    earliest = min(offsets, default=0)
    return [(offset - earliest) / 1e9 for offset in offsets]


def quantile(values, rank):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(rank * len(ordered)))] if ordered else float("nan")


def summary(runs, seconds):
    table = Table(f"{RATE * seconds} requests in {seconds} s, {CONNECTIONS} connections, "
                  f"{len(runs[SLEEPER])} runs each",
                  ["generator", "p50", "p99", "p99.9", "greatest", "p99 lowest-highest"])
    middle = {
        name: [statistics.median(values) for values in zip(*rounds)]
        for name, rounds in runs.items()}
    for name, values in sorted(middle.items(), key=lambda item: item[1][0]):
        p99 = [round[1] for round in runs[name]]
        table.add(name, *map(us, values), f"{us(min(p99))}-{us(max(p99))}")
    table.note("The bare sleeper sends nothing: it sleeps to each step of a grid, beside the same "
               "target. What is late there is late by the machine alone.")
    table.note("Relative to the earliest arrival: Ballast's against the grid of the whole load, "
               "the others' each connection against its own. Medians of the rounds.")
    if "ballast precise" in middle:
        p50, p99 = middle["ballast precise"][:2]
        table.bar("p50", us(p50), "<= 30 us", p50 <= 30e-6)
        table.bar("p99", us(p99), "<= 150 us", p99 <= 150e-6)
        if "hey -q" in middle:
            factor = middle["hey -q"][0] / p50
            table.bar("p50 of hey -q / ours", f"{factor:.1f}", ">= 10", factor >= 10)
    return table
