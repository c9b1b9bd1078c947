"""Coordinated omission: a target that stands still for a second must show in the response time."""

from ..ballast import Run, load
from ..report import Table, ms
from ..targets import Nginx

NAME = "omission"
TITLE = "Coordinated omission: the target stands still for 1 s of 20 s, 500 requests per second"
# 10 ms apart around the expected p99, in seconds.
BOUNDS = [0.01 * n for n in range(75, 100)]


def measure(bench):
    seconds, stall_at = 20, 8  # the expected figures hold for this length only
    with Nginx(bench) as nginx:
        steady = load("steady", nginx.url, 500, buckets=BOUNDS,
                      limits={"connections": 10, "late": "2s", "catch_up": 4})
        with Run(bench, [steady], seconds) as running:
            running.sleep_until(stall_at)
            nginx.stall(1.0)
            page = running.finish().page
    response = page.histogram("response_time_seconds")
    delayed = page.histogram("start_delay_seconds").above(0.001)
    service = page.histogram("service_time_seconds").above(0.5)
    p99, dropped = response.quantile(0.99), page.total("requests_dropped_total")
    table = Table("10 connections, late 2s, catch_up 4", ["figure", "measured"])
    for rank in (0.5, 0.9, 0.95, 0.99, 0.999):
        table.add(f"response time p{rank * 100:g}", ms(response.quantile(rank)))
    table.bar("response time p99", ms(p99), "850 ms ± 50", abs(p99 - 0.85) <= 0.05)
    table.bar("start delays above 1 ms", f"{delayed:.0f}", "667 ± 5 %",
              abs(delayed - 667) <= 0.05 * 667)
    table.bar("service times above 0.5 s", f"{service:.0f}", "<= 10", service <= 10)
    table.bar("dropped", f"{dropped:.0f}", "0", dropped == 0)
    return [table]
