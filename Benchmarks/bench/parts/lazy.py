"""Lazy receive on and off: the same times, since both end at the kernel's stamp."""

import statistics

from ..ballast import Run, load
from ..peers import sleeper_lateness
from ..report import Table, ms, us
from ..targets import Nginx, SilentTarget

NAME = "lazy"
TITLE = "Lazy receive on and off"
# Fine bounds around the answers' times, in seconds.
BOUNDS = [0.00001 * n for n in range(2, 30)] + [0.00035, 0.0004, 0.0006, 0.0008]
TIMEOUT = 0.1
TIMEOUTS_PER_SECOND = 50


def measure(bench):
    seconds, pairs = bench.seconds(5, 1), bench.rounds
    table = Table(f"1 000 requests per second for {seconds} s, {pairs} pairs", [
        "pair", "p50 lazy", "p50 eager", "p90 lazy", "p90 eager", "CPU us/request lazy", "eager"])
    if not bench.lazy_off:
        table.note("No switch was given (`--lazy-off NAME=VALUE` turns lazy receive off): both "
                   "sides are the same, the ratios show the noise.")
    ratios = {0.5: [], 0.9: []}
    with Nginx(bench) as nginx:
        for pair in range(pairs):
            sides = [arm(bench, nginx.url, seconds, environment) for environment in
                     (({}, bench.lazy_off) if pair % 2 == 0 else (bench.lazy_off, {}))]
            lazy, eager = sides if pair % 2 == 0 else reversed(sides)
            for rank in ratios:
                ratios[rank].append(lazy[rank] / eager[rank])
            table.add(pair + 1, us(lazy[0.5]), us(eager[0.5]), us(lazy[0.9]), us(eager[0.9]),
                      f"{lazy['cost']:.1f}", f"{eager['cost']:.1f}")
    for rank, values in ratios.items():
        middle = statistics.median(values)
        table.bar(f"response time p{rank * 100:.0f}, lazy / eager", f"{middle:.3f}",
                  "0.95 to 1.05", 0.95 <= middle <= 1.05)
    return [table, punctuality(bench)]


def arm(bench, url, seconds, environment):
    steady = load("steady", url, 1_000, pacing="precise", buckets=BOUNDS)
    with Run(bench, [steady], seconds, environment=environment) as running:
        result = running.finish()
    times = result.page.histogram("response_time_seconds", result="ok")
    return {0.5: times.quantile(0.5), 0.9: times.quantile(0.9),
            "cost": result.cost.cpu / (1_000 * seconds) * 1e6}


def punctuality(bench):
    """Timeouts that were not recorded at their time, beside a sleeper that misses its own."""
    seconds, period = bench.seconds(5, 2), 1 / TIMEOUTS_PER_SECOND
    table = Table(f"{bench.rounds} times {seconds} s, {TIMEOUTS_PER_SECOND} timeouts per second "
                  f"of {ms(TIMEOUT)}", ["", "before their time or > 2 ms late", "of"])
    sides = {"lazy": {}, "eager": bench.lazy_off}
    found = {name: [0, 0] for name in [*sides, "bare sleeper"]}
    for _ in range(bench.rounds):
        for name, environment in sides.items():
            add(found[name], timeouts(bench, seconds, environment))
        late = sleeper_lateness(bench, period, seconds)
        add(found["bare sleeper"], (sum(time > 0.002 for time in late), len(late)))
    for name, counts in found.items():
        table.add(name, *counts)
    for name in sides:
        late, count = found[name]
        table.bar(f"{name}: timeouts outside 2 ms", f"{late} of {count}", "0",
                  late == 0 and count > 0)
    table.note("A bare sleeper only sleeps to each step of a grid: what it misses, this machine "
               "was late to wake it.")
    return table


def add(sums, counts):
    for index, count in enumerate(counts):
        sums[index] += count


def timeouts(bench, seconds, environment):
    """How many timeouts were recorded before or more than 2 ms after their time, of how many."""
    with SilentTarget() as target:
        silent = load("silent", target.url, TIMEOUTS_PER_SECOND, timeout=f"{TIMEOUT * 1000:.0f}ms",
                      buckets=[TIMEOUT - 0.00001, TIMEOUT + 0.002])
        with Run(bench, [silent], seconds, environment=environment) as running:
            page = running.finish().page
    times = page.histogram("service_time_seconds", result="failed")
    canceled = page.total("requests_completed_total", outcome="canceled")  # cut off by the end of the run
    outside = times.at_most(TIMEOUT - 0.00001) + times.above(TIMEOUT + 0.002)
    return round(max(0, outside - canceled)), round(page.total("requests_completed_total", outcome="timeout"))
