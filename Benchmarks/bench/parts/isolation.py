"""A sick https target beside a healthy one, on one worker."""

from ..ballast import DELAY_BOUNDS, Run, load
from ..report import Table, us
from ..targets import ClosingTarget, Nginx

NAME = "isolation"
TITLE = "Isolation: a target that closes after every TLS handshake"


def measure(bench):
    seconds = bench.seconds(20, 4)
    table = Table(f"A plain at 1 000/s beside B https at 1 000/s, one worker, {seconds} s", [
        "load", "intended", "sent", "outcomes", "dropped", "start delay p50", "p99"])
    with Nginx(bench) as nginx, ClosingTarget(bench) as sick:
        healthy = load("A", nginx.url, 1_000, buckets=DELAY_BOUNDS)
        broken = load("B", sick.url, 1_000, tls={"verify": False}, buckets=DELAY_BOUNDS)
        with Run(bench, [healthy, broken], seconds) as running:
            page = running.finish().page
        handshakes = sick.stop()
    for name in ("A", "B"):
        delay = page.histogram("start_delay_seconds", load=name)
        table.add(
            name, *(f"{page.total(f'{family}_total', load=name):.0f}"
                    for family in ("intended", "sent")),
            listed(page.by("outcome", "requests_completed_total", load=name)),
            listed(page.by("reason", "requests_dropped_total", load=name)),
            us(delay.quantile(0.5)), us(delay.quantile(0.99)))
    intended = page.total("requests_intended_total", load="A")
    ok = page.total("requests_completed_total", load="A", outcome="ok")
    table.bar("A: ok of intended", f"{ok:.0f} of {intended:.0f}", "all", ok == intended > 0)
    p99 = page.histogram("start_delay_seconds", load="A").quantile(0.99)
    table.bar("A: start delay p99", us(p99), "<= 2 000 us", p99 <= 0.002)
    reasons = page.by("reason", "requests_dropped_total", load="B")
    table.bar("B: reasons of its drops", listed(reasons), "only connect_rate",
              set(reasons) == {"connect_rate"})
    table.note(f"The sick target completed {handshakes} handshakes "
               f"({handshakes / seconds:.0f} per second).")
    return [table]


def listed(counts):
    return ", ".join(f"{key} {value:.0f}" for key, value in counts.items()) or "none"
