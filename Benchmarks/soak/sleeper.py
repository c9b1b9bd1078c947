"""A bare sleeper beside a run: where it was late too, the machine was late and not Ballast."""

import time

from bench.report import ms

RATE = 1_000  # wakes per second
# Before a scrape that shows degraded, the sleeper must have been late itself.
LOOK_BACK = 12.0
# Half of what docs/terms.md asks for: two threads are never late by the very same time.
ONE_WAKE, MANY_WAKES, SHARE = 0.0125, 0.001, 0.005


class Sleeper:
    """Sleeps to each step of a grid on Ballast's core, for some seconds."""

    def __init__(self, soak, seconds):
        program = soak.compiled("sleeper/sleeper.c", "sleeper")
        self.process = soak.launch(
            [program, str(10**9 // RATE), str(round(RATE * seconds))], soak.generator_cpu)
        self.begin = time.monotonic()

    def second(self):
        """Seconds since its start, as a scrape sees them."""
        return time.monotonic() - self.begin

    def end(self):
        """Waits for its end; by how many seconds each wake was late."""
        self.process.wait(7_200)
        self.late = [int(line) / 1e9 for line in self.process.text().split()]
        return self.late

    def wakes(self, second):
        """Those in the time that a scrape at this second may speak of; all of them without one."""
        if second is None:
            return self.late
        return self.late[max(0, round((second - LOOK_BACK) * RATE)):round((second + 1) * RATE)]

    def was_late(self, second=None):
        wakes = self.wakes(second)
        return max(wakes, default=0) >= ONE_WAKE or worst_window(wakes) >= SHARE

    def text(self, second=None):
        wakes = self.wakes(second)
        return f"{ms(max(wakes, default=0))}, {share_above(wakes, 2e-3):.2%} over 2 ms"


def share_above(values, bound):
    return sum(value > bound for value in values) / len(values) if values else 0.0


def worst_window(values):
    """The greatest share of wakes later than MANY_WAKES in any second."""
    return max((share_above(values[at:at + RATE], MANY_WAKES)
                for at in range(0, len(values), RATE)), default=0.0)
