"""Late receive on and off, against a target with every way to end an answer: the same figures."""

import math
import statistics

from bench.report import Table

from ..sidecar import Sidecar, load

NAME = "late"
TITLE = "late receive changes no figure"
RATES = [100, 1_000, 10_000]
MODES = ["whole", "two", "close", "reset", "mixed", "idle"]
RANKS = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
# From 20 us to 100 ms, each 20 % more than the last: as many as a load may have (seconds).
BOUNDS = [round(20e-6 * 5_000 ** (n / 46), 9) for n in range(47)]
ON, OFF, AGAIN = "on", "off", "off again"
# Two series differ by less than this though they are the same: a share, and seconds.
LEAST, LEAST_TIME = 0.05, 5e-6
BYTES_PER_SECOND = 500_000_000  # what the large answers may come to


def run(soak):
    runs, seconds = soak.runs(5, 3), soak.seconds(8, 1)
    table = Table(f"{runs} rounds of {seconds} s", [
        "answers", "rate", "figure", "on", "off", "on / off", "off again / off", "verdict"])
    for rate in RATES:
        for mode in MODES:
            series = measured(soak, mode, rate, runs, seconds)
            verdicts = [*outcomes(table, series, mode, rate), *times(table, series, mode, rate)]
            missed = [name for name, holds in verdicts if not holds]
            table.bar(f"{mode} at {rate}/s: figures that differ",
                      f"{len(missed)} of {len(verdicts)}", "0", not missed)
            print(f"  {mode} at {rate}/s: {', '.join(missed) or 'equal'}", flush=True)
    table.note("Medians of the rounds. A time holds when on / off is as near to 1 as the furthest "
               f"round of two series with it off, {LEAST:.0%} or {LEAST_TIME * 1e6:.0f} us. Three "
               "rounds are the least that this can be told from. Names with `status` come from "
               "/api/v1/status, the others from buckets.")
    return table


def measured(soak, mode, rate, runs, seconds):
    """arm -> one `Figures` per round; each round in an order of its own."""
    series = {ON: [], OFF: [], AGAIN: []}
    for number in range(runs):
        names = list(series)
        soak.random(NAME, mode, rate, number).shuffle(names)
        for name in names:
            environment = {} if name == ON else soak.lazy_off
            series[name].append(Figures(*one(soak, mode, rate, number, seconds, environment)))
    return series


def one(soak, mode, rate, number, seconds, environment):
    """The last page and the last status of one run."""
    size = min(1 << 20, 2 * BYTES_PER_SECOND // rate)
    seed = soak.random(NAME, mode, rate, number, "target").randrange(1_000_000)
    with soak.target(mode, "-b", size, "-s", seed) as target:
        steady = load("late", target.url(), rate, buckets=BOUNDS, limits={"connections": 512})
        with Sidecar(soak, [steady], 1, seconds=seconds, environment=environment) as sidecar:
            sidecar.sleep_until(seconds - 0.3)
            status = sidecar.status()
            pages = sidecar.pages_until_end(pause=0.1)
            sidecar.end()
    return pages[-1], status["loads"][0]


class Figures:
    def __init__(self, page, status):
        self.outcomes = page.by("outcome", "requests_completed_total")
        for reason, count in page.by("reason", "requests_dropped_total").items():
            self.outcomes[f"dropped {reason}"] = count
        self.times = {}
        for time in ("response", "service"):
            histogram = page.histogram(f"{time}_time_seconds")
            for name, rank in RANKS.items():
                self.times[f"{time} {name}"] = histogram.quantile(rank)
                self.times[f"{time} {name} status"] = since_start(status, time, name)
        for phase in ("wait", "transfer"):
            histogram = page.histogram("phase_seconds", phase=phase)
            for name, rank in RANKS.items():
                self.times[f"{phase} {name}"] = histogram.quantile(rank)
            count = page.total("phase_seconds_count", phase=phase)
            total = page.total("phase_seconds_sum", phase=phase)
            self.times[f"{phase} mean"] = total / count if count else math.nan


def since_start(status, time, name):
    """A quantile of the status document; under `since_start` where other spans stand beside it."""
    quantiles = status[f"{time}_time_seconds"] or {}
    value = quantiles.get("since_start", quantiles).get(name)
    return math.nan if value is None else value


def outcomes(table, series, mode, rate):
    """Counts are equal; where two runs with it off differ, within that and three deviations."""
    names = sorted({name for runs in series.values() for run in runs for name in run.outcomes})
    for name in names:
        counts = {
            arm: sum(run.outcomes.get(name, 0) for run in runs) for arm, runs in series.items()}
        off = (counts[OFF] + counts[AGAIN]) / 2
        noise = abs(counts[OFF] - counts[AGAIN])
        # What a race decides either way is scattered; what never differs with it off may not.
        allowed = max(noise, 3 * math.sqrt(min(off, counts[ON]) + 1)) if noise else 0
        holds = abs(counts[ON] - off) <= allowed
        table.add(mode, rate, f"count {name}", f"{counts[ON]:.0f}", f"{counts[OFF]:.0f}", "",
                  f"{counts[AGAIN]:.0f}", "ok" if holds else "MISSED")
        yield f"count {name}", holds


def times(table, series, mode, rate):
    for name in series[ON][0].times:
        rounds = [
            tuple(series[arm][number].times[name] for arm in (ON, OFF, AGAIN))
            for number in range(len(series[ON]))]
        rounds = [values for values in rounds if not any(map(math.isnan, values))]
        if not rounds:
            continue
        on, off, again = (statistics.median(values) for values in zip(*rounds))
        change = statistics.median(2 * a / (b + c) if b + c else 1.0 for a, b, c in rounds)
        noise = max(max(b, c) / min(b, c) - 1 if b and c else 0.0 for _, b, c in rounds)
        furthest = max(change, 1 / change) - 1 if change else math.inf
        holds = furthest <= max(noise, LEAST) or abs(on - off) <= LEAST_TIME
        table.add(mode, rate, name, microseconds(on), microseconds(off), f"{change:.3f}",
                  f"{again / off:.3f}" if off else "", "ok" if holds else "MISSED")
        yield name, holds


def microseconds(seconds):
    return f"{seconds * 1e6:.0f} us"
