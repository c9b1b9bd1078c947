"""What a scrape costs, what it does to the sends, and whether it works beside 500 slow clients."""

import http.client
import os
import socket
import statistics
import threading
import time

from ..ballast import DELAY_BOUNDS, Run, load
from ..report import Table, ms, us
from ..targets import Nginx

NAME = "scrape"
TITLE = "Scraping at 10 000 requests per second, 10 loads"
CROWD = 500


def measure(bench):
    seconds = bench.seconds(5, 3)  # short ones, as a pause of the machine spoils one
    kinds = ["not scraped", "scraped", "scraped, slow clients"]
    runs = {kind: [] for kind in kinds}
    # The scraper belongs on the target's CPU: it must not push the generator aside.
    os.sched_setaffinity(0, {bench.target_cpu})
    try:
        with Nginx(bench) as nginx:
            loads = [load(f"load-{n}", nginx.url, 1_000, limits={"connections": 16},
                          buckets=DELAY_BOUNDS) for n in range(10)]
            for number in range(bench.rounds + 2):
                for kind in kinds if number % 2 == 0 else reversed(kinds):
                    runs[kind].append(one(bench, loads, seconds, kind))
    finally:
        os.sched_setaffinity(0, {bench.target_cpu, bench.generator_cpu})
    return [summary(runs, seconds)]


def one(bench, loads, seconds, kind):
    """Scrape times in seconds, failed scrapes, start delay p99."""
    times, failures = [], 0
    both = f"{bench.target_cpu},{bench.generator_cpu}"
    with Run(bench, loads, seconds + 2, cpus=both) as running:
        running.sleep_until(1)
        crowd = SlowClients(running.port) if "slow" in kind else None
        while time.monotonic() < running.begin + 1 + seconds:
            if kind != "not scraped":
                begin = time.monotonic()
                try:
                    get(running.port)
                    times.append(time.monotonic() - begin)
                except OSError:
                    failures += 1
            time.sleep(0.1)
        if crowd:
            crowd.stop()
        page = running.finish().page
    return times, failures, page.histogram("start_delay_seconds").quantile(0.99)


def get(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/metrics", headers={"Accept-Encoding": "gzip"})
        if connection.getresponse().read() == b"":
            raise OSError("an empty page")
    except http.client.HTTPException as error:
        raise OSError(error) from error
    finally:
        connection.close()


class SlowClients:
    """Keeps 500 connections open that send a byte of a request now and then."""

    def __init__(self, port):
        self.port, self.running = port, True
        self.sockets = [None] * CROWD
        self.turn()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.running:
            time.sleep(1)
            self.turn()

    def turn(self):
        """A byte on each connection; a closed one is opened again."""
        for index, client in enumerate(self.sockets):
            try:
                if client is None:
                    client = socket.socket()
                    client.setblocking(False)
                    client.connect_ex(("127.0.0.1", self.port))
                    self.sockets[index] = client
                else:
                    client.send(b"G")
            except BlockingIOError:
                pass
            except OSError:
                client.close()
                self.sockets[index] = None

    def stop(self):
        self.running = False
        self.thread.join()
        for client in self.sockets:
            if client:
                client.close()


def summary(runs, seconds):
    table = Table(f"a scrape each 100 ms, gzip, a connection each, {seconds} s a run", [
        "kind", "scrapes", "failed", "scrape p50", "p99", "start delay p99"])
    delays = {}
    for kind, results in runs.items():
        times = sorted(t for result in results for t in result[0])
        delays[kind] = statistics.median(result[2] for result in results)
        at = lambda rank: ms(times[min(len(times) - 1, int(rank * len(times)))]) if times else ""
        failed = sum(result[1] for result in results)
        table.add(kind, len(times), failed, at(0.5), at(0.99), us(delays[kind]))
        if kind == "scraped":
            p99 = times[int(0.99 * len(times))]
            table.bar("scrape p99", ms(p99), "<= 10 ms", p99 <= 0.010 and failed == 0)
        elif times or failed:
            table.bar(f"answered beside {CROWD} slow clients", f"{len(times)} of "
                      f"{len(times) + failed}", "all", failed == 0)
    spread = [result[2] for result in runs["not scraped"]]
    noise = max(spread) - min(spread)
    worse = delays["scraped"] - delays["not scraped"]
    table.bar("start delay p99: scraped less not scraped", us(worse),
              f"<= noise ({us(noise)}) or 50 us", worse <= max(noise, 50e-6))
    table.note("Ballast may use both cores here: on one, the kernel would time-slice its two "
               "threads. The scrape's time includes the scraper's own (Python, about 0.5 ms).")
    return table
