"""Half an hour at 1 000/s on an idle machine: degraded only where a bare sleeper was as late."""

import time

from bench.report import Table, ms

from ..sidecar import Sidecar, load
from ..sleeper import Sleeper, share_above

NAME = "halfhour"
TITLE = "degraded beside a bare sleeper, 1 000 requests per second"
RATE = 1_000
SCRAPE = 2.0


def run(soak):
    minutes = soak.minutes or (1 if soak.quick else 30)
    table = Table(f"{minutes:g} minutes at {RATE}/s", [
        "second", "reason", "the sleeper's greatest lateness"])
    with soak.target("whole") as target, \
            Sidecar(soak, [load("steady", target.url(), RATE)], drain="200ms",
                    linger="0s") as sidecar:
        time.sleep(1)
        sleeper = Sleeper(soak, minutes * 60)
        onsets, last = watched(sidecar, sleeper, minutes * 60)
    late = sleeper.end()
    for second, reason in onsets:
        table.add(f"{second:.0f}", reason, sleeper.text(second))
    ours = sum(not sleeper.was_late(second) for second, _ in onsets)
    table.bar("became degraded where the sleeper was not late", f"{ours} of {len(onsets)}", "0",
              ours == 0)
    drops = last.by("reason", "requests_dropped_total")
    table.note(f"The sleeper's greatest lateness {ms(max(late))}, {share_above(late, 2e-3):.3%} "
               f"of {len(late)} over 2 ms; drops {drops or 'none'}.")
    return table


def watched(sidecar, sleeper, seconds):
    """(second, reason) of each time that degraded became 1, and the last page."""
    onsets, before = [], 0
    page = sidecar.page()
    while sleeper.second() < seconds:
        time.sleep(SCRAPE)
        page = sidecar.page()
        flag = page.total("generator_degraded")
        if flag and not before:
            reason = "; ".join(map(str, sidecar.status()["degraded"])) or "gone again"
            onsets.append((sleeper.second(), reason))
            print(f"  second {onsets[-1][0]:.0f}: {reason}", flush=True)
        before = flag
    return onsets, page
