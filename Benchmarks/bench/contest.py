"""Interleaved rounds of several generators against one nginx."""

import random
import statistics
from dataclasses import dataclass

from .ballast import Run
from .machine import Busy

# A run during which strangers took more than this share of a core is left out if three runs remain.
STRANGERS = 0.25


@dataclass
class Sample:
    requests: int
    seconds: float  # asked for
    cpu: float  # seconds
    rss: int  # KiB
    strangers: float  # share of a core
    page: object = None  # Ballast's last metrics

    @property
    def cost(self):
        """CPU microseconds per request."""
        return self.cpu / max(1, self.requests) * 1e6

    @property
    def rate(self):
        return self.requests / self.seconds


def peer_runner(command):
    """Runs a foreign generator to its end; a number other than 0 as its status is an error."""
    def run(bench, seconds):
        process = bench.launch(command, bench.generator_cpu)
        cost = process.wait(seconds * 3 + 30)
        if cost.status != 0:
            raise RuntimeError(f"{' '.join(command)} failed: {process.text()}")
        return cost, None
    return run


def ballast_runner(loads, workers=1, binary=None):
    def run(bench, seconds):
        with Run(bench, loads, seconds, workers, binary=binary) as running:
            result = running.finish()
            return result.cost, result.page
    return run


def contest(bench, nginx, runners, seconds, limit=STRANGERS, rounds=None):
    """name -> samples (one per round, in order; None where strangers disturbed the run).

    Each of `rounds` (else the bench's) runs everybody once, in an order shuffled anew; `limit` as
    STRANGERS.
    """
    order = random.Random(bench.random_seed)
    samples = {name: [] for name in runners}
    for number in range(rounds or bench.rounds):
        names = list(runners)
        order.shuffle(names)
        for name in names:
            samples[name].append(one(bench, nginx, runners[name], seconds))
            last = samples[name][-1]
            print(f"  round {number + 1}: {name:22} {last.rate / 1000:8.2f} krps "
                  f"{last.cost:7.2f} us  strangers {last.strangers:4.0%}", flush=True)
    return {name: quiet(runs, limit) for name, runs in samples.items()}


def one(bench, nginx, runner, seconds):
    before, busy, target = nginx.requests(), Busy(), nginx.cpu()
    cost, page = runner(bench, seconds)
    strangers = busy.strangers(cost.cpu + nginx.cpu() - target)
    requests = nginx.requests() - before - 1  # the second question counts itself
    return Sample(requests, seconds, cost.cpu, cost.greatest_rss, strangers, page)


def quiet(samples, limit):
    kept = [sample if sample.strangers <= limit else None for sample in samples]
    return kept if sum(sample is not None for sample in kept) >= 3 else samples


def median(samples, value):
    """The median of `value(sample)` over the samples that count."""
    return statistics.median(value(sample) for sample in samples if sample)


def spread(samples, value):
    values = [value(sample) for sample in samples if sample]
    return min(values), max(values)


def ratio(samples, base, value):
    """The median of the ratios within each round; over the medians if no round has both."""
    pairs = [value(a) / value(b) for a, b in zip(samples, base) if a and b]
    if not pairs:
        return median(samples, value) / median(base, value)
    return statistics.median(pairs)


def noise(samples):
    """The strangers' share in the median of all samples that count."""
    return statistics.median(s.strangers for runs in samples.values() for s in runs if s)
