"""The counters against the target's own log."""

from ..ballast import Run, load
from ..report import Table
from ..targets import Nginx

NAME = "truth"
TITLE = "Truth: 200 requests per second for 30 s"


def measure(bench):
    seconds = bench.seconds(30, 3)
    wanted = 200 * seconds
    table = Table(f"{seconds} s, against the lines of nginx's access log", [
        "transport", "workers", "intended", "sent", "dropped", "completed", "lines in the log"])
    for transport in ("direct", "curl"):
        for workers in (1, 2):
            with Nginx(bench, log=True) as nginx:
                one = load("truth", nginx.url, 200, transport=transport)
                with Run(bench, [one], seconds, workers) as running:
                    page = running.finish().page
                lines = nginx.logged()
            intended, sent, dropped, completed = (
                round(page.total(f"{family}_total"))
                for family in ("intended", "sent", "dropped", "requests"))
            table.add(transport, workers, intended, sent, dropped, completed, lines)
            holds = intended == wanted == sent + dropped and completed == lines
            table.bar(f"{transport}, {workers} workers",
                      f"{intended} = {sent} + {dropped}; {completed} = {lines}",
                      f"{wanted}; equal", holds)
    return [table]
