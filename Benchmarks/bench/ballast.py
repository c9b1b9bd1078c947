"""Ballast under test: writes its configuration, runs it, keeps its last page of metrics."""

import json
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from . import metrics
from .launcher import Cost
from .targets import free_port

# Start delays from 10 us to 2 ms, finer than the default bounds (seconds).
DELAY_BOUNDS = [
    0.00001, 0.00002, 0.00003, 0.00004, 0.00005, 0.00006, 0.00008, 0.0001, 0.00012, 0.00015,
    0.00018, 0.0002, 0.00023, 0.00026, 0.0003, 0.00035, 0.0004, 0.0006, 0.0008, 0.0015, 0.002]


def load(name, target, rate, **keys):
    """One load of a configuration; `rate` in requests per second or "max", `buckets` in seconds."""
    rate = rate if rate == "max" else f"{rate}/s"
    if "buckets" in keys:
        keys["buckets"] = [f"{bound * 1e6:.3f}us" for bound in keys["buckets"]]
    return {"name": name, "target": target, "rate": rate, **keys}


def yaml(value, indent=0):
    """Block style YAML of dictionaries, lists and plain values."""
    lines = []
    for key, child in value.items():
        pad = "  " * indent
        if isinstance(child, dict):
            lines += [f"{pad}{key}:", yaml(child, indent + 1)]
        elif isinstance(child, list) and child and isinstance(child[0], dict):
            lines.append(f"{pad}{key}:")
            for item in child:
                text = yaml(item, indent + 2)
                lines.append(f"{pad}  - {text.lstrip()}")
        else:
            lines.append(f"{pad}{key}: {scalar(child)}")
    return "\n".join(lines)


def scalar(value):
    if isinstance(value, list):
        return "[" + ", ".join(map(scalar, value)) + "]"
    if isinstance(value, float):
        return f"{value:.9f}".rstrip("0")
    return json.dumps(value) if isinstance(value, (bool, int)) else str(value)


@dataclass
class Result:
    cost: Cost
    page: metrics.Page  # the last page, scraped after the end of the load


class Run:
    """`ballast run` for some seconds; metrics on `port` while it runs."""

    def __init__(self, bench, loads, seconds, workers=1, environment=None, wrap=None,
                 cpus=None, binary=None):
        self.port, self.seconds = free_port(), seconds
        server = {"listen": f'"127.0.0.1:{self.port}"', "linger": "30s"}
        configuration = {"server": server, "workers": workers, "loads": loads}
        self.file = Path(bench.new_folder("ballast")) / "ballast.yaml"
        self.file.write_text(yaml(configuration) + "\n")
        command = [binary or bench.ballast, "run", str(self.file), "--for", f"{seconds}s"]
        self.process = bench.launch(
            (wrap or []) + command, cpus or bench.generator_cpu,
            {**bench.extra_env, **(environment or {})})
        self.begin = time.monotonic()

    @property
    def pid(self):
        return self.process.pid

    def scrape(self):
        return metrics.scrape(self.port)

    def sleep_until(self, second):
        time.sleep(max(0.0, self.begin + second - time.monotonic()))

    def finish(self):
        """Waits for the end of the load and returns its `Result`."""
        self.sleep_until(self.seconds)
        return self.last_page()

    def stop(self):
        """Ends the load now and returns its `Result`."""
        self.process.signal(signal.SIGTERM)
        return self.last_page()

    def last_page(self):
        """Scrapes until nobody answers: `linger` waits for a scrape after the drain."""
        page, deadline = None, time.monotonic() + 40
        while self.process.running() and time.monotonic() < deadline:
            try:
                page = self.scrape()
            except OSError:
                pass  # closed, or not open yet
            time.sleep(0.1)
        cost = self.process.wait(5)
        if cost.status != 0 or page is None:
            raise RuntimeError(f"ballast ended with status {cost.status}: {self.process.text()}\n"
                               f"{self.file.read_text()}")
        return Result(cost, page)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.running():
            self.process.signal(signal.SIGTERM)
            self.process.stop()  # the second signal ends it at once
