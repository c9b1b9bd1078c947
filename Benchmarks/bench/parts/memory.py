"""Resident memory: of one load, of each further load, of each https connection, over a long run."""

import time

from .. import machine
from ..ballast import Run, load
from ..report import Table, mib
from ..targets import Nginx

NAME = "memory"
TITLE = "Memory"


def measure(bench):
    with Nginx(bench) as nginx:
        return [at_rest(bench, nginx), long_run(bench, nginx)]


def at_rest(bench, nginx):
    table = Table("resident memory after some seconds, one worker", [
        "what", "RSS MiB", "of it anonymous MiB"])

    def row(what, loads):
        sizes = after(bench, loads, bench.seconds(6, 2))
        table.add(what, *map(mib, sizes))
        return sizes

    rss, anonymous = row("1 load at 1 000/s", [load("one", nginx.url, 1_000)])
    table.bar("1 load: RSS MiB", mib(rss), "<= 24", rss <= 24 * 1024)
    table.bar("1 load: RssAnon MiB", mib(anonymous), "<= 6", anonymous <= 6 * 1024)

    few, many = [
        row(f"{count} loads, together 1 000/s",
            [load(f"load-{n}", nginx.url, 1_000 // count) for n in range(count)])
        for count in (10, 50)]
    slope = (many[0] - few[0]) / 40
    table.bar("each further load, KiB of RSS", f"{slope:.0f}", "<= 190", slope <= 190)

    one, all_of_them = [
        row(f"https, {count} connections in use",
            [load("tls", nginx.tls_url, "max", tls={"verify": False},
                  limits={"connections": count})])
        for count in (1, 65)]
    slope = (all_of_them[0] - one[0]) / 64
    table.bar("each https connection, KiB of RSS", f"{slope:.0f}", "<= 80", slope <= 80)
    return table


def after(bench, loads, seconds):
    """The greatest of several looks at RSS and RssAnon, in KiB, in the run's last second."""
    with Run(bench, loads, seconds + 1) as running:
        running.sleep_until(seconds)
        looks = []
        for _ in range(5):
            looks.append(machine.memory(running.pid))
            time.sleep(0.1)
        running.finish()
    return tuple(max(sizes) for sizes in zip(*looks))


def long_run(bench, nginx):
    """As fast as it goes until ten million requests are done, one look a second."""
    wanted = 10_000_000 if not bench.quick else 300_000
    looks, settled = [], bench.seconds(5, 1)
    before = nginx.requests()
    with Run(bench, [load("max", nginx.url, "max")], 900) as running:
        done = 0
        while done < wanted and running.process.running():
            time.sleep(1)
            looks.append(machine.memory(running.pid)[0])
            done = nginx.requests() - before - len(looks)
        running.stop()
    table = Table(f"resident memory over {done / 1e6:.1f} million requests", [
        "second", "RSS MiB"])
    for index in sorted({0, settled, len(looks) // 2, len(looks) - 1} & set(range(len(looks)))):
        table.add(index + 1, mib(looks[index]))
    change = max(looks[settled:]) - min(looks[settled:])
    table.bar(f"change after second {settled}, MiB", mib(change), "<= 1", change <= 1024)
    return table
