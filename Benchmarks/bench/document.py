"""Writes docs/performance.md from the stored results of all parts."""

import json

from .report import Table, grid

HEAD = """# Performance

This page is written by `make bench`; change `Benchmarks/`, not the page. Compare ratios, not
absolute figures: those belong to the machine on which they were measured. A bar is what the project
asks of itself; a missed one says so.

## How it is measured
- The target is nginx with one worker on one core: two bytes as answer, keep-alive without limit, no
  access log. The generator runs on another core. Everything talks over 127.0.0.1.
- CPU is user + system time of the generator's process, start and end included, by `wait4` in a
  launcher of its own; requests are counted by nginx (`stub_status`), not by the generator.
- Generators that are compared run in interleaved rounds in an order shuffled anew; the figures are
  medians, and ratios are taken within a round. A run in which other processes took more than a
  quarter of a core (a tenth at fixed rates) is left out as long as three runs remain.
- Quantiles of Ballast's own times come from the buckets of its `/metrics` page, with finer
  `buckets:` configured.

## How to repeat it
```
make bench                            # everything, about half an hour
make bench PARTS=saturation,tls       # some parts; the others keep their last figures
Benchmarks/run.sh --quick             # short runs, no document
BENCH_PEER='wrk2 -t1 -c{connections} -d{seconds}s -R{rate} {url}' Benchmarks/run.sh --parts rates
```
Needed from Debian: nginx, wrk, nghttp2-client, hey, apache2-utils, openssl, python3, a C compiler.
"""


def stored(folder, name):
    """A part's last result, or None."""
    path = folder / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def text(results):
    """The whole page; `results`: (part, its result or None) in the page's order."""
    parts = [HEAD, *glance(results), *machines(results)]
    for part, result in results:
        parts.append(f"## {part.TITLE}\n")
        if result is None:
            parts.append(f"Not measured yet: `make bench PARTS={part.NAME}`.\n")
            continue
        parts.append(f"Measured {result['date']}, {result['rounds']} rounds.\n")
        parts += [Table(**table).markdown() for table in result["tables"]]
    return "\n".join(parts)


def glance(results):
    """Every bar of every part in one table."""
    rows = [
        [part.TITLE.split(":")[0], *bar] for part, result in results if result
        for table in result["tables"] for bar in table["bars"]]
    table = grid(["part", "bar", "measured", "at most / wanted", "verdict"], rows)
    return ["\n".join(["## At a glance", "", *table]) + "\n"] if rows else []


def machines(results):
    """The machine and the versions; more than one only if parts were measured on different ones."""
    seen = {}
    for part, result in results:
        if result:
            description = "\n".join(f"- {line}" for line in result["machine"])
            seen.setdefault(description, []).append(part.NAME)
    lines = ["## Machine and versions"]
    for description, names in seen.items():
        if len(seen) > 1:
            lines.append(f"\n{', '.join(names)}:\n")
        lines.append(description)
    return ["\n".join(lines) + "\n"]
