"""As fast as one thread can, plain HTTP/1.1 with keep-alive."""

from ..ballast import load
from ..contest import ballast_runner, contest, median, noise, peer_runner, ratio, spread
from ..peers import saturating
from ..report import Table, mib
from ..targets import Nginx

NAME = "saturation"
TITLE = "Saturation, plain HTTP/1.1"
CONNECTIONS = 32


def measure(bench):
    seconds = bench.seconds(3, 1)
    with Nginx(bench) as nginx:
        commands = saturating(nginx.url, CONNECTIONS, seconds, bench.peer)
        runners = {name: peer_runner(command) for name, command in commands.items()}
        if bench.ballast:
            for transport in ("direct", "curl"):
                one = load("max", nginx.url, "max", transport=transport,
                           limits={"connections": CONNECTIONS})
                runners[f"ballast {transport}"] = ballast_runner([one])
        samples = contest(bench, nginx, runners, seconds)
    table = comparison(
        samples, f"HTTP/1.1 keep-alive, {CONNECTIONS} connections, one thread, {seconds} s a run")
    if bench.ballast:
        add_bars(table, samples)
    return [table]


def add_bars(table, samples):
    cost = lambda sample: sample.cost
    direct = ratio(samples["ballast direct"], samples["wrk"], cost)
    table.bar("direct: CPU per request / wrk", f"{direct:.2f}", "<= 0.95", direct <= 0.95)
    speed = ratio(samples["ballast direct"], samples["wrk"], lambda sample: sample.rate)
    table.bar("direct: throughput / wrk", f"{speed:.2f}", ">= 0.95", speed >= 0.95)
    curl = ratio(samples["ballast curl"], samples["wrk"], cost)
    table.bar("curl: CPU per request / wrk", f"{curl:.2f}", "<= 2.3", curl <= 2.3)
    if "hey" in samples:
        hey = ratio(samples["ballast curl"], samples["hey"], cost)
        table.bar("curl: CPU per request / hey", f"{hey:.2f}", "<= 0.8", hey <= 0.8)


def comparison(samples, title):
    """A table of cost, throughput and memory with ratios to wrk."""
    table = Table(title, [
        "generator", "CPU us/request", "lowest-highest", "/ wrk", "krps", "/ wrk",
        "greatest RSS MiB"])
    cost, rate = lambda sample: sample.cost, lambda sample: sample.rate
    base = samples["wrk"]
    for name, runs in sorted(samples.items(), key=lambda item: median(item[1], cost)):
        lowest, highest = spread(runs, cost)
        table.add(
            name, f"{median(runs, cost):.2f}", f"{lowest:.2f}-{highest:.2f}",
            f"{ratio(runs, base, cost):.2f}", f"{median(runs, rate) / 1000:.1f}",
            f"{ratio(runs, base, rate):.2f}", mib(median(runs, lambda sample: sample.rss)))
    table.note(f"Medians; ratios are taken within each round. Other processes of the machine took "
               f"{noise(samples):.0%} of a core (median).")
    return table
