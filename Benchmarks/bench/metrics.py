"""Reads a page of `/metrics` (text format 0.0.4)."""

import math
import re
import urllib.request

LINE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
# What binaries before 0.2 call the same: `--before` may be one of them.
FORMER = {
    "requests_intended_total": "intended_total",
    "requests_sent_total": "sent_total",
    "requests_dropped_total": "dropped_total",
    "requests_completed_total": "requests_total",
    "requests_in_flight": "in_flight",
    "requests_backlog": "backlog",
    "intended_rate": "target_rate",
}


class Page:
    """All samples of one scrape."""

    def __init__(self, text):
        self.samples = {}
        for line in text.splitlines():
            found = None if line.startswith("#") else LINE.match(line)
            if found:
                labels = dict(LABEL.findall(found.group(2) or ""))
                self.samples.setdefault(found.group(1), []).append((labels, float(found.group(3))))

    def series(self, name, **labels):
        """(labels, value) of each series of `ballast_<name>` that has these labels."""
        found = self.samples.get(f"ballast_{name}")
        if found is None:
            found = self.samples.get(f"ballast_{FORMER.get(name)}", [])
        return [
            (own, value) for own, value in found
            if all(own.get(key) == wanted for key, wanted in labels.items())]

    def total(self, name, **labels):
        return sum(value for _, value in self.series(name, **labels))

    def by(self, label, name, **labels):
        """The sum for each value of one label, without the zeros."""
        sums = {}
        for own, value in self.series(name, **labels):
            sums[own[label]] = sums.get(own[label], 0) + value
        return {key: value for key, value in sums.items() if value}

    def histogram(self, name, **labels):
        return Histogram(self.series(f"{name}_bucket", **labels))


class Histogram:
    """Classic buckets of one or more series, added up."""

    def __init__(self, buckets):
        sums = {}
        for labels, value in buckets:
            bound = float(labels["le"].replace("+Inf", "inf"))
            sums[bound] = sums.get(bound, 0) + value
        self.buckets = sorted(sums.items())

    @property
    def count(self):
        return self.buckets[-1][1] if self.buckets else 0

    def at_most(self, bound):
        """How many values did not exceed one of the bounds, in seconds."""
        for upper, value in self.buckets:
            if math.isclose(upper, bound, rel_tol=1e-9):
                return value
        raise KeyError(f"no bucket has the bound {bound}")

    def above(self, bound):
        return self.count - self.at_most(bound)

    def quantile(self, rank):
        """As Prometheus' histogram_quantile: linear inside a bucket; NaN when there is nothing."""
        wanted, lower, before = rank * self.count, 0.0, 0
        for upper, value in self.buckets:
            if value >= wanted and value > before:
                if math.isinf(upper):
                    return lower
                return lower + (upper - lower) * (wanted - before) / (value - before)
            lower, before = upper, value
        return math.nan


def scrape(port, timeout=5):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=timeout) as answer:
        return Page(answer.read().decode())
