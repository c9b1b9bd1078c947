"""`ballast run` under test: every page it served, its sums, its exit code."""

import json
import re
import time
import urllib.request
from pathlib import Path

from bench import metrics
from bench.ballast import load, yaml  # noqa: F401 (load is for the series)

LISTENS = re.compile(r'msg="?started"?.* listen=127\.0\.0\.1:(\d+)')


class Sidecar:
    """One run on a port that the kernel chose; `wrap`: words before the command."""

    def __init__(self, soak, loads, workers=1, drain="1s", linger="30s", seconds=None,
                 cpus=None, environment=None, wrap=(), binary=None):
        server = {"listen": '"127.0.0.1:0"', "drain": drain, "linger": linger}
        self.file = Path(soak.new_folder("ballast")) / "ballast.yaml"
        self.file.write_text(
            yaml({"server": server, "workers": workers, "loads": loads}) + "\n")
        command = [*wrap, binary or soak.ballast, "run", str(self.file)]
        command += ["--for", f"{seconds}s"] if seconds else []
        self.process = soak.launch(
            command, soak.generator_cpu if cpus is None else cpus, environment)
        self.begin = time.monotonic()
        self.port = self.wait_for_port()

    @property
    def pid(self):
        return self.process.pid

    def wait_for_port(self):
        """The port from the log: the kernel chose it."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found = LISTENS.search(self.process.text())
            if found:
                return int(found.group(1))
            if not self.process.running():
                break
            time.sleep(0.005)
        raise RuntimeError(f"ballast did not start: {self.process.text()}\n{self.file.read_text()}")

    def page(self, timeout=5):
        return metrics.scrape(self.port, timeout)

    def status(self, timeout=5):
        address = f"http://127.0.0.1:{self.port}/api/v1/status"
        with urllib.request.urlopen(address, timeout=timeout) as answer:
            return json.load(answer)

    def sleep_until(self, second):
        time.sleep(max(0.0, self.begin + second - time.monotonic()))

    def pages_until_end(self, pause=0.02, seconds=60):
        """Scrapes until nobody answers; the last one began after the drain (`linger`)."""
        pages, deadline = [], time.monotonic() + seconds
        while self.process.running() and time.monotonic() < deadline:
            try:
                pages.append(self.page())
            except (OSError, ValueError):
                pass  # closed, or just closing
            time.sleep(pause)
        return pages

    def end(self, seconds=20):
        """The exit status, 128 + signal after one."""
        return self.process.wait(seconds).status

    def log(self):
        return self.process.text()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.running():
            self.process.signal(15)
            time.sleep(0.05)  # two signals of one kind at once would be one
            if self.process.running():
                self.process.stop()


class Sums:
    """The two equations of a page from its counters alone, with their sign."""

    def __init__(self, page):
        self.intended = round(page.total("requests_intended_total"))
        self.sent = round(page.total("requests_sent_total"))
        self.dropped = round(page.total("requests_dropped_total"))
        self.completed = round(page.total("requests_completed_total"))
        self.backlog = round(page.total("requests_backlog"))
        self.in_flight = round(page.total("requests_in_flight"))

    @property
    def waiting(self):
        return self.intended - self.sent - self.dropped

    @property
    def under_way(self):
        return self.sent - self.completed

    def faults(self, last):
        """What does not hold; on the last page nothing waits and nothing is under way."""
        found = []
        if self.waiting < 0 or last and self.waiting:
            found.append(f"intended - sent - dropped = {self.waiting}")
        if self.under_way < 0 or last and self.under_way:
            found.append(f"sent - completed = {self.under_way}")
        if last and self.backlog:
            found.append(f"backlog {self.backlog}")
        if last and self.in_flight:
            found.append(f"in_flight {self.in_flight}")
        return found
