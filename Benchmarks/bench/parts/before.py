"""This binary beside an older one, and that one beside itself: what is change, what is noise."""

import statistics

from ..ballast import DELAY_BOUNDS, load
from ..contest import ballast_runner, contest, median, noise, ratio
from ..report import Table, mib, us
from ..targets import Nginx

NAME = "before"
TITLE = "This binary and the one before"
ROUNDS = 9
CONNECTIONS = 32
NEW, OLD, AGAIN = "new", "old", "old again"
WITHIN = 0.03  # costs and throughput
TIMES_WITHIN = 0.05


def measure(bench):
    with Nginx(bench) as nginx:
        limits = {"connections": CONNECTIONS}
        closed = [
            ("plain", load("max", nginx.url, "max", limits=limits)),
            ("https", load("max", nginx.tls_url, "max", limits=limits, tls={"verify": False})),
            ("curl", load("max", nginx.url, "max", limits=limits, transport="curl"))]
        tables = [
            compared(bench, nginx, f"saturation, {name}", one, bench.seconds(3, 1), 0.25)
            for name, one in closed]
        for rate in (1_000, 10_000):
            steady = load("steady", nginx.url, rate, limits=limits, buckets=DELAY_BOUNDS)
            tables.append(compared(
                bench, nginx, f"{rate} requests per second", steady, bench.seconds(10, 2), 0.1))
    return tables


def compared(bench, nginx, title, one, seconds, strangers):
    """One load with three binaries, two of which are the same."""
    runners = {
        NEW: ballast_runner([one], binary=bench.ballast),
        OLD: ballast_runner([one], binary=bench.before),
        AGAIN: ballast_runner([one], binary=bench.before)}
    rounds = bench.rounds_of(ROUNDS)
    samples = contest(bench, nginx, runners, seconds, strangers, rounds)
    table = Table(f"{title}, {rounds} rounds of {seconds} s", [
        "figure", "new", "old", "new / old", "lowest-highest", "old again / old",
        "lowest-highest"])
    cost, rss = (lambda sample: sample.cost), (lambda sample: sample.rss)
    at_most = lambda value: value <= 1 + WITHIN
    row(table, samples, "CPU us/request", cost, "{:.2f}".format, at_most)
    if one["rate"] == "max":
        rate = lambda sample: sample.rate / 1000
        row(table, samples, "krps", rate, "{:.1f}".format, lambda value: value >= 1 - WITHIN)
    else:
        for rank, name in ((0.5, "p50"), (0.99, "p99")):
            time_row(table, samples, f"start delay {name}", rank)
    row(table, samples, "greatest RSS MiB", rss, mib, at_most)
    table.note(f"Medians, ratios within each round. Other processes took {noise(samples):.0%} of "
               "a core (median).")
    return table


def row(table, samples, name, value, shown, holds):
    change = add(table, samples, name, value, shown)
    table.bar(f"{name}, new / old", f"{change:.3f}", f"within {WITHIN:.0%}", holds(change))


def time_row(table, samples, name, rank):
    """A time may be worse by as much as two series of the same binary differ."""
    value = lambda sample: sample.page.histogram("start_delay_seconds").quantile(rank)
    change = add(table, samples, name, value, us)
    middles = [median(samples[side], value) for side in (OLD, AGAIN)]
    allowed = max(TIMES_WITHIN, max(middles) / min(middles) - 1)
    table.bar(f"{name}, new / old", f"{change:.3f}", f"<= {1 + allowed:.3f}",
              change <= 1 + allowed)


def add(table, samples, name, value, shown):
    change = ratio(samples[NEW], samples[OLD], value)
    table.add(
        name, shown(median(samples[NEW], value)), shown(median(samples[OLD], value)),
        f"{change:.3f}", between(samples[NEW], samples[OLD], value),
        f"{ratio(samples[AGAIN], samples[OLD], value):.3f}",
        between(samples[AGAIN], samples[OLD], value))
    return change


def between(samples, base, value):
    """The middle half of the ratios within each round, and their ends."""
    ratios = sorted(value(a) / value(b) for a, b in zip(samples, base) if a and b)
    if len(ratios) < 3:
        return "-".join(f"{end:.3f}" for end in ratios)
    quarters = statistics.quantiles(ratios, n=4)
    return (f"{ratios[0]:.3f}-{ratios[-1]:.3f} (half {quarters[0]:.3f}-{quarters[2]:.3f})")
