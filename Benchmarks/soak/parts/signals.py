"""A second signal: the process ends at once with 1, and never by a signal of its own."""

import signal
import time

from bench.report import Table
from bench.targets import Nginx

from ..sidecar import Sidecar, load

NAME = "signals"
TITLE = "second signals"
# What the two signals are; two of one kind need a moment between them, or they are one.
PAIRS = [(signal.SIGTERM, signal.SIGINT), (signal.SIGINT, signal.SIGTERM),
         (signal.SIGTERM, signal.SIGTERM)]


def run(soak):
    runs = soak.runs(200, 20)
    table = Table(f"{runs} second signals to `run`, half as many to `hit`", [
        "command", "exit status", "how often", "wanted"])
    with Nginx(soak) as nginx, soak.target("silent") as silent:
        urls = [nginx.tls_url, silent.url()]
        found = {"run": series(soak, runs, lambda dice: second(soak, dice, nginx, silent)),
                 "hit": series(soak, max(1, runs // 2), lambda dice: hit(soak, dice, urls))}
    for command, statuses in found.items():
        wanted = {"run": "1", "hit": "0 or 1"}[command]
        for status, count in sorted(statuses.items()):
            table.add(command, status, count, wanted)
        deaths = sum(count for status, count in statuses.items() if status > 2)
        table.bar(f"{command}: ended by a signal or not at all", deaths, "0", deaths == 0)
    others = sum(count for status, count in found["run"].items() if status != 1)
    table.bar("run: exit code other than 1", others, "0", others == 0)
    return table


def series(soak, runs, trial):
    """exit status -> how often."""
    statuses = {}
    for number in range(runs):
        status = trial(soak.random(NAME, number))
        statuses[status] = statuses.get(status, 0) + 1
        if status > 2:
            print(f"  run {number}: exit status {status}", flush=True)
    return statuses


def second(soak, dice, nginx, silent):
    """Threads in TLS, in libcurl and in plain sockets when the second signal comes."""
    limits = {"connections": 64, "connect_rate": "20000/s"}
    tls = {"verify": False}
    rate = dice.choice([1_000, "max", "max"])
    loads = [
        load("silent", silent.url(), 50),
        load("tls", nginx.tls_url, rate, tls=tls, limits=limits),
        load("curl", nginx.tls_url, rate, tls=tls, limits=limits, transport="curl")]
    with Sidecar(soak, loads, dice.choice([1, 2, 4]), "10s", "30s", cpus=soak.both) as sidecar:
        time.sleep(dice.uniform(0.05, 0.6))
        first, other = dice.choice(PAIRS)
        sidecar.process.signal(first)
        pause = dice.choice([0, dice.uniform(0, 0.003), dice.uniform(0, 0.03)])
        time.sleep(max(pause, 0.02) if first == other else pause)
        sidecar.process.signal(other)
        return ended(sidecar.process)


def hit(soak, dice, urls):
    """The same of `hit`: the second Ctrl-C leaves without a summary."""
    command = [soak.ballast, "hit", dice.choice(urls), "--rate", "max", "--for", "20s"]
    command += ["--insecure"] if "https" in command[2] else []
    process = soak.launch(command, soak.both)
    time.sleep(dice.uniform(0.1, 0.6))
    process.signal(signal.SIGINT)
    time.sleep(dice.uniform(0.01, 0.2))
    if process.running():
        process.signal(signal.SIGINT)
    return ended(process)


def ended(process):
    """The exit status; 255 when it did not end within five seconds."""
    try:
        return process.wait(5).status
    except RuntimeError:
        return 255
