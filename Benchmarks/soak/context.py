"""What every series gets: the binary, CPUs, how many runs, targets, and what disturbs."""

import random
import time

from bench.context import Bench


class Soak(Bench):
    """Like `Bench`, but nothing runs with a higher priority than what disturbs it."""

    def __init__(self, options):
        super().__init__(options)
        self.wanted_runs = options.runs
        self.minutes = options.minutes
        self.first, self.second = self.generator_cpu, self.target_cpu
        self.both = f"{self.first},{self.second}"

    def runs(self, full, quick):
        return self.wanted_runs or (quick if self.quick else full)

    def random(self, *names):
        """A stream of its own for a series or a run, the same for the same seed."""
        return random.Random(f"{self.random_seed} {' '.join(map(str, names))}")

    def launch(self, command, cpu, environment=None):
        return super().launch(command, cpu, environment, preferred=False)

    def target(self, mode, *options, cpu=None):
        """The small target of C in a mode."""
        program = self.compiled("split-target/split_target.c", "split_target")
        words = [program, *map(str, options), mode]
        return Target(self.launch(words, self.target_cpu if cpu is None else cpu))

    def busy(self, cpus, seconds):
        """A busy loop on each of the CPUs, ended by leaving, or by itself after some seconds."""
        loop = ["timeout", str(int(seconds) + 1), "sh", "-c", "while :; do :; done"]
        return Several([self.launch(loop, cpu) for cpu in cpus])


class Several:
    """Processes that end together."""

    def __init__(self, processes):
        self.processes = processes

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            if process.running():
                process.stop()


class Target:
    """A process that says its port first, as `port N`."""

    def __init__(self, process):
        self.process = process
        self.port = int(first_line(process).split()[1])

    @property
    def pid(self):
        return self.process.pid

    def url(self, scheme="http", host="127.0.0.1"):
        return f"{scheme}://{host}:{self.port}/"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.running():
            self.process.stop()


def first_line(process, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        text = process.text()
        if "\n" in text:
            return text.split("\n", 1)[0]
        if not process.running():
            break
        time.sleep(0.005)
    raise RuntimeError(f"{' '.join(process.command)} did not start: {process.text()}")
