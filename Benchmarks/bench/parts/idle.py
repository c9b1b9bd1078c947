"""What it costs to be there: 10 loads at one request per second."""

from .. import machine
from ..ballast import Run, load
from ..report import Table, mib
from ..targets import Nginx

NAME = "idle"
TITLE = "Idle: 10 loads at 1 request per second"


def measure(bench):
    seconds = bench.seconds(30, 5)
    with Nginx(bench) as nginx:
        loads = [load(f"load-{n}", nginx.url, 1) for n in range(10)]
        with Run(bench, loads, seconds + 3, workers="auto") as running:
            running.sleep_until(2)
            before = machine.run_time(running.pid)
            running.sleep_until(2 + seconds)
            share = (machine.run_time(running.pid) - before) / seconds
            rss, anonymous = machine.memory(running.pid)
            running.finish()
    table = Table(f"{seconds} s, after 2 s of warming up", [
        "share of a core", "RSS MiB", "anonymous MiB"])
    table.add(f"{share:.3%}", mib(rss), mib(anonymous))
    table.bar("share of a core", f"{share:.3%}", "<= 0.3 %", share <= 0.003)
    return [table]
