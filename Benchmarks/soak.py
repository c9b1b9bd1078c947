#!/usr/bin/env python3
"""Long series on a real binary: stops, signals, faults, peers, starvation, late receive."""

import argparse
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path

from soak.context import Soak
from soak.parts import degraded, faults, halfhour, late, peers, signals, stops

PARTS = [stops, signals, faults, peers, degraded, late, halfhour]


def options():
    parser = argparse.ArgumentParser(
        prog="soak.sh", description=__doc__,
        epilog="Parts: " + "; ".join(f"{part.NAME}: {part.TITLE}" for part in PARTS))
    parser.add_argument("--ballast", default=".build/release/ballast", metavar="PATH",
                        help="the binary to try (default %(default)s)")
    parser.add_argument("--parts", default="", metavar="A,B", help="only these")
    parser.add_argument("--runs", type=int, help="how often each part tries")
    parser.add_argument("--quick", action="store_true", help="about a minute for each part")
    parser.add_argument("--minutes", type=float, help="length of the part halfhour (default 30)")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.set_defaults(rounds=None, extra_env=[], lazy_off=["BALLAST_LATE_RECEIVE=off"],
                        before=None)
    return parser.parse_args()


def chosen(names):
    wanted = [name for name in names.replace(" ", ",").split(",") if name]
    known = {part.NAME: part for part in PARTS}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        sys.exit(f"soak: no part is called {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name] for name in wanted] or PARTS


def main():
    arguments = options()
    os.chdir(Path(__file__).resolve().parent.parent)  # paths are relative to the project's root
    parts = chosen(arguments.parts)
    soak = Soak(arguments)
    if not soak.ballast:
        sys.exit(f"soak: there is no binary at {arguments.ballast}")
    print(f"seed {soak.random_seed}; target on CPU {soak.target_cpu}, ballast on CPU "
          f"{soak.generator_cpu}; {arguments.ballast}", flush=True)
    missed = []
    try:
        for part in parts:
            print(f"\n== {part.NAME}: {part.TITLE}", flush=True)
            begin = time.monotonic()
            try:
                table = part.run(soak)
                print("\n" + table.markdown(), flush=True)
                holds = table.bars and all(bar[3] == "ok" for bar in table.bars)
            except Exception:  # the other parts are still worth having
                traceback.print_exc()
                holds = False
            if not holds:
                missed.append(part.NAME)
            print(f"   {time.monotonic() - begin:.0f} s, seed {soak.random_seed}", flush=True)
    finally:
        soak.close()
    if missed:
        sys.exit(f"soak: missed: {', '.join(missed)}")


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
