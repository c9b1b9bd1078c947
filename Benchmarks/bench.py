#!/usr/bin/env python3
"""Measures Ballast beside its peers and writes docs/performance.md; `--help` lists the options."""

import argparse
import datetime
import json
import os
import random
import sys
import traceback
from pathlib import Path

from bench import document, machine
from bench.context import Bench
from bench.parts import (
    allocations, before, hundred, idle, isolation, lateness, lazy, memory, micro, omission, rates,
    saturation, scrape, tls, truth)

PARTS = [saturation, tls, rates, hundred, lateness, lazy, memory, allocations, micro, scrape,
         isolation, idle, omission, truth, before]
# What runs without Ballast.
PEERS_ONLY = {"saturation", "tls", "rates", "lateness", "allocations", "micro"}


def options():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="BENCH_PEER='command {url} {connections} {seconds} [{rate}]' "
        "adds one more generator: to the saturation parts, or with {rate} to the fixed rates. "
        "Parts: "
        + ", ".join(part.NAME for part in PARTS))
    parser.add_argument("--ballast", default=".build/release/ballast", metavar="PATH",
                        help="the binary to measure (default %(default)s)")
    parser.add_argument("--before", metavar="PATH",
                        help="an older binary to compare with, in the parts before and hundred")
    parser.add_argument("--parts", default=os.environ.get("PARTS", ""), metavar="A,B",
                        help="only these parts; also by the variable PARTS")
    parser.add_argument("--quick", action="store_true",
                        help="short runs to try the machinery; writes no document")
    parser.add_argument("--rounds", type=int,
                        help="rounds of each comparison (default 5; 9 of two binaries)")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000),
                        help="of the order within the rounds")
    parser.add_argument("--extra-env", action="append", default=[], metavar="NAME=VALUE",
                        help="set for every run of Ballast")
    parser.add_argument("--lazy-off", action="append", default=["BALLAST_LATE_RECEIVE=off"], metavar="NAME=VALUE",
                        help="the variable of the environment that turns lazy receive off")
    parser.add_argument("--output", default="docs/performance.md", metavar="FILE")
    return parser.parse_args()


def chosen(names):
    wanted = [name for name in names.replace(" ", ",").split(",") if name]
    known = {part.NAME: part for part in PARTS}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        sys.exit(f"bench: no part is called {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name] for name in wanted] or PARTS


def run(bench, part):
    """One part's result for the document; None when it could not be measured."""
    print(f"\n== {part.TITLE}", flush=True)
    if not bench.ballast and part.NAME not in PEERS_ONLY:
        print("   left out: there is no Ballast binary (--ballast PATH)")
        return None
    if not bench.before and part is before:
        print("   left out: there is no older binary to compare with (--before PATH)")
        return None
    tables = part.measure(bench)
    for table in tables:
        print("\n" + table.markdown(), flush=True)
    return {"date": datetime.date.today().isoformat(),
            "rounds": bench.rounds_of(getattr(part, "ROUNDS", 5)), "machine": machine.description(),
            "tables": [table.data() for table in tables]}


def main():
    arguments = options()
    os.chdir(Path(__file__).resolve().parent.parent)  # paths are relative to the project's root
    parts = chosen(arguments.parts)
    bench = Bench(arguments)
    results, failed = bench.build / "results", []
    results.mkdir(exist_ok=True)
    print(f"seed {bench.random_seed}; target on CPU {bench.target_cpu}, generators on CPU "
          f"{bench.generator_cpu}")
    try:
        for part in parts:
            try:
                result = run(bench, part)
            except Exception:  # the other parts are still worth having
                traceback.print_exc()
                failed.append(part.NAME)
                continue
            # What belongs to two binaries does not belong on the page.
            if result and not bench.quick and part is not before:
                (results / f"{part.NAME}.json").write_text(json.dumps(result, indent=1))
    finally:
        bench.close()
    if not bench.quick:
        text = document.text([
            (part, document.stored(results, part.NAME)) for part in PARTS if part is not before])
        Path(arguments.output).write_text(text)
        print(f"wrote {arguments.output}")
    if failed:
        sys.exit(f"bench: failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
