"""Fixed rates: what a request costs, whether the rate is kept, how late the sends are."""

from ..ballast import DELAY_BOUNDS, load
from ..contest import ballast_runner, contest, median, noise, peer_runner, ratio, spread
from ..peers import fixed
from ..report import Table, mib, us
from ..targets import Nginx

NAME = "rates"
TITLE = "Fixed rates"
CONNECTIONS = 32
RATES = [100, 1_000, 10_000, 50_000]


def measure(bench):
    return [at_rate(bench, rate) for rate in RATES]


def at_rate(bench, rate):
    seconds = bench.seconds(10, 2)
    with Nginx(bench) as nginx:
        commands = fixed(nginx.url, rate, CONNECTIONS, seconds, bench.peer)
        runners = {name: peer_runner(command) for name, command in commands.items()}
        if bench.ballast:
            runners["ballast"] = ballast_runner([load(
                "steady", nginx.url, rate, limits={"connections": CONNECTIONS},
                buckets=DELAY_BOUNDS)], workers="auto")
        samples = contest(bench, nginx, runners, seconds, limit=0.1)
    table = summary(samples, rate, seconds)
    if "ballast" in samples:
        add_bars(table, samples, rate, seconds)
    return table


def summary(samples, rate, seconds):
    table = Table(f"{rate} requests per second, {CONNECTIONS} connections, {seconds} s a run", [
        "generator", "CPU us/request", "lowest-highest", "share of a core", "requests / wanted",
        "start delay p50", "p99", "greatest RSS MiB"])
    cost = lambda sample: sample.cost
    for name, runs in sorted(samples.items(), key=lambda item: median(item[1], cost)):
        lowest, highest = spread(runs, cost)
        share = median(runs, lambda sample: sample.cpu / sample.seconds)
        exact = median(runs, lambda sample: sample.requests / (rate * seconds))
        delays = [us(delay(runs, rank)) for rank in (0.5, 0.99)] if name == "ballast" else ["", ""]
        table.add(
            name, f"{median(runs, cost):.1f}", f"{lowest:.1f}-{highest:.1f}", f"{share:.2%}",
            f"{exact:.4f}", *delays, mib(median(runs, lambda sample: sample.rss)))
    if rate <= 1_000:
        table.note(f"hey and h2load start one request of each connection at the same moment, here "
                   f"{CONNECTIONS} of them, and share the wake-up; Ballast starts one at a time.")
    table.note(f"CPU includes the start of the process. Other processes took {noise(samples):.0%} "
               "of a core (median).")
    return table


def delay(runs, rank):
    """The median over the runs of one quantile of the start delay, in seconds."""
    return median(runs, lambda s: s.page.histogram("start_delay_seconds").quantile(rank))


def add_bars(table, samples, rate, seconds):
    runs = samples["ballast"]
    wanted = rate * seconds
    intended = [sample.page.total("requests_intended_total") for sample in runs if sample]
    seen = [sample.requests for sample in runs if sample]
    table.bar("intended, and requests that nginx saw",
              f"{min(intended):.0f}-{max(intended):.0f}, {min(seen)}-{max(seen)}", f"{wanted}",
              all(count == wanted for count in intended + seen))
    grid = max(sample.page.total("pacing_grid_seconds") for sample in runs if sample)
    pacing = "precise" if grid == 0 else f"a grid of {us(grid)}"
    table.note(f"Ballast paced by {pacing}.")
    if rate == 1_000:
        for rank, name, limit in ((0.5, "p50", 50e-6), (0.99, "p99", 200e-6)):
            value = delay(runs, rank)
            table.bar(f"own start delay {name}", us(value), f"<= {us(limit)}", value <= limit)
    if rate == 10_000:
        value = delay(runs, 0.99)
        table.bar("own start delay p99", us(value), "<= 200 us", value <= 200e-6)
        if "hey -q" in samples:
            cost = ratio(runs, samples["hey -q"], lambda sample: sample.cost)
            table.bar("CPU per request / hey -q", f"{cost:.2f}", "<= 0.6", cost <= 0.6)
