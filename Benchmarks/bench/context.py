"""What every part gets: paths, CPUs, lengths of the runs, and a way to start programs."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import machine
from .launcher import Process

BENCHMARKS = Path(__file__).resolve().parent.parent


class Bench:
    def __init__(self, options):
        self.quick = options.quick
        self.wanted_rounds = options.rounds
        self.rounds = self.rounds_of(5)
        self.random_seed = options.seed
        self.extra_env = dict(pair.split("=", 1) for pair in options.extra_env)
        self.lazy_off = dict(pair.split("=", 1) for pair in options.lazy_off)
        self.ballast = shutil.which(os.path.abspath(options.ballast))
        self.before = options.before and shutil.which(os.path.abspath(options.before))
        self.peer = os.environ.get("BENCH_PEER", "")
        self.repository = BENCHMARKS.parent
        self.target_cpu, self.generator_cpu = machine.cpus()
        self.build = self.repository / ".build" / "bench"
        self.build.mkdir(parents=True, exist_ok=True)
        self.folder = tempfile.mkdtemp(prefix="ballast-bench-")
        self.processes = []
        self.launch_tool = self.compiled("launcher/launch.c", "launch")

    def seconds(self, full, quick):
        return quick if self.quick else full

    def rounds_of(self, full):
        """How many rounds a part runs that wants `full`; `--rounds` decides."""
        return self.wanted_rounds or (2 if self.quick else full)

    def new_folder(self, name):
        return tempfile.mkdtemp(dir=self.folder, prefix=f"{name}-")

    def launch(self, command, cpu, environment=None, preferred=True):
        process = Process(
            self.launch_tool, command, cpu, self.folder, environment, preferred)
        self.processes.append(process)
        return process

    def compiled(self, source, name, *flags):
        """A C program of this folder, compiled again when its source is newer; its path."""
        source, result = BENCHMARKS / source, self.build / name
        if not result.exists() or result.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(
                ["cc", "-O2", "-Wall", "-Wextra", "-Werror", *flags, "-o", str(result),
                 str(source)], check=True)
        return str(result)

    def polling_target(self):
        """The path of the busy-polling server, built by SwiftPM in its own scratch folder."""
        scratch = self.build / "polling-target"
        subprocess.run(
            ["swift", "build", "-c", "release", "--scratch-path", str(scratch),
             "--package-path", str(BENCHMARKS / "PollingTarget")], check=True, capture_output=True)
        return str(scratch / "release" / "PollingTarget")

    def close(self):
        for process in self.processes:
            if process.running():
                process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
