"""100 requests per second in steady state: what the thread that carries the load costs."""

import random
import statistics
import time

from .. import machine
from ..ballast import Run, load
from ..report import Table
from ..targets import Nginx

NAME = "hundred"
TITLE = "100 requests per second, steady state"
ROUNDS = 9
RATE = 100
SETTLE = 2  # seconds before the first look
NEW, OLD, AGAIN, LOOP, HEY = "ballast", "ballast before", "before again", "C loop", "hey -c 1"
BARS = [(OLD, 1.0), (LOOP, 1.5), (HEY, 0.6)]


def measure(bench):
    seconds, rounds = bench.seconds(10, 2), bench.rounds_of(ROUNDS)
    order, costs = random.Random(bench.random_seed), {}
    with Nginx(bench) as nginx:
        arms = runners(bench, nginx, seconds)
        for number in range(rounds):
            names = list(arms)
            order.shuffle(names)
            for name in names:
                thread, process = arms[name]()
                costs.setdefault(name, []).append((thread, process))
                print(f"  round {number + 1}: {name:15} {thread:6.1f} us of its thread, "
                      f"{process:6.1f} us in all", flush=True)
    return [summary(costs, seconds, rounds)]


def runners(bench, nginx, seconds):
    """name -> a function that runs it and returns CPU us per request: of its thread, of all."""
    whole = SETTLE + seconds + 1
    arms = {NEW: lambda: ballast(bench, nginx, seconds, bench.ballast)}
    if bench.before:
        arms[OLD] = arms[AGAIN] = lambda: ballast(bench, nginx, seconds, bench.before)
    loop = bench.compiled("one-loop/one_loop.c", "one_loop")
    arms[LOOP] = lambda: foreign(
        bench, [loop, str(nginx.port), str(10**9 // RATE), str(RATE * whole)], nginx, seconds)
    arms[HEY] = lambda: foreign(
        bench, ["hey", "-c", "1", "-q", str(RATE), "-z", f"{whole}s", nginx.url], nginx, seconds)
    return arms


def ballast(bench, nginx, seconds, binary):
    steady = load("steady", nginx.url, RATE)
    with Run(bench, [steady], SETTLE + seconds + 1, binary=binary) as running:
        cost = steady_state(running.pid, nginx, seconds, "worker")
        running.stop()
    return cost


def foreign(bench, command, nginx, seconds):
    with bench.launch(command, bench.generator_cpu) as process:
        return steady_state(process.pid, nginx, seconds, "")


def steady_state(pid, nginx, seconds, thread):
    """CPU us per request between two looks: of the threads with that name, and of all."""
    time.sleep(SETTLE)
    before, began = machine.thread_times(pid), nginx.requests()
    time.sleep(seconds)
    after, requests = machine.thread_times(pid), nginx.requests() - began - 1
    if requests < 0.9 * RATE * seconds:
        raise RuntimeError(f"only {requests} requests in {seconds} s")
    spent = {
        key: used - before.get(key, 0) for key, used in after.items()}
    named = sum(used for (_, name), used in spent.items() if name.startswith(thread))
    return named / requests * 1e6, sum(spent.values()) / requests * 1e6


def summary(costs, seconds, rounds):
    table = Table(f"{RATE} requests per second, {seconds} s after {SETTLE} s, {rounds} rounds", [
        "generator", "CPU us/request of its thread", "lowest-highest", "of all threads"])
    for name, runs in costs.items():
        threads = [thread for thread, _ in runs]
        table.add(name, f"{statistics.median(threads):.1f}",
                  f"{min(threads):.1f}-{max(threads):.1f}",
                  f"{statistics.median(process for _, process in runs):.1f}")
    for name, limit in BARS:
        if name in costs:
            value = ratio(costs[NEW], costs[name])
            table.bar(f"its thread / {name}", f"{value:.2f}", f"<= {limit}", value <= limit)
    if AGAIN in costs:
        ratios = [again[0] / old[0] for again, old in zip(costs[AGAIN], costs[OLD])]
        table.note(f"Noise: before again / before {statistics.median(ratios):.2f}, "
                   f"{min(ratios):.2f} to {max(ratios):.2f}.")
    table.note("The time on a CPU as the scheduler books it (`schedstat`), ratios within each "
               "round. The thread is Ballast's worker; of hey, all threads count. The C loop "
               "sleeps, receives the last answer and sends the next request, on one connection.")
    return table


def ratio(runs, base):
    return statistics.median(a[0] / b[0] for a, b in zip(runs, base))
