"""SIGTERM at a random moment: both equations hold on every page, and the exit code is 0."""

import signal
import time

from bench.report import Table

from ..sidecar import Sidecar, Sums, load

NAME = "stops"
TITLE = "stops at a random moment"
# A fast target three times of six: only where nothing waits can a stop be overrun.
TARGETS = [("whole",)] * 3 + [("-d", 20, "whole"), ("-d", 400, "whole"), ("silent",)]


def run(soak):
    runs = soak.runs(200, 20)
    table = Table(f"{runs} stops", ["run", "what", "fault"])
    counts = {"sums on the last page": 0, "sums while running or draining": 0, "exit code": 0,
              "no page after the drain": 0}
    for number in range(runs):
        what, found = one(soak, number)
        for kind, fault in found:
            counts[kind] += 1
            table.add(number, what, f"{kind}: {fault}")
            print(f"  run {number}: {what}: {kind}: {fault}", flush=True)
    for kind, count in counts.items():
        table.bar(kind, f"{count} of {runs} runs at fault", "0", count == 0)
    return table


def scenario(soak, number):
    """What a run does, from the seed and its number alone."""
    dice = soak.random(NAME, number)
    return {
        "rate": round(100 * 200 ** dice.random()),
        "target": dice.choice(TARGETS),
        "workers": dice.choice([1, 2]),
        "drain": dice.choice([0, round(dice.random(), 3), round(dice.random(), 3)]),
        "transport": dice.choice(["direct", "direct", "curl"]),
        "arrivals": dice.choice(["uniform", "uniform", "poisson"]),
        "moment": dice.uniform(0.02, 1.5),
        "busy": number % 2 == 1}


def one(soak, number):
    """What was run, and its faults: (kind, text)."""
    plan = scenario(soak, number)
    mode = " ".join(map(str, plan["target"]))
    what = (f"{plan['rate']}/s {plan['arrivals']} {plan['transport']}, {plan['workers']} workers, "
            f"drain {plan['drain']} s, target {mode}, stop at {plan['moment']:.2f} s"
            + (", beside busy loops" if plan["busy"] else ""))
    *words, mode = plan["target"]
    with soak.busy([soak.first, soak.second] if plan["busy"] else [], 60), \
            soak.target(mode, *words, cpu=soak.both) as target:
        steady = load("steady", target.url(), plan["rate"], arrivals=plan["arrivals"],
                      transport=plan["transport"], limits={"connections": 2_000})
        with Sidecar(soak, [steady], plan["workers"], f"{plan['drain'] * 1000:.0f}ms", "30s",
                     cpus=soak.both) as sidecar:
            time.sleep(plan["moment"])
            running = [sidecar.page()]
            sidecar.process.signal(signal.SIGTERM)
            pages = sidecar.pages_until_end()
            return what, list(faults(sidecar, running, pages))


def faults(sidecar, running, pages):
    if sidecar.process.running():
        yield "no page after the drain", "the linger did not end within 60 s"
        sidecar.process.signal(signal.SIGINT)
    status = sidecar.end()
    if status != 0:
        yield "exit code", f"{status}: {sidecar.log().splitlines()[-1:]}"
    if not pages:
        yield "no page after the drain", "no page was served after the signal"
        return
    for text in Sums(pages[-1]).faults(last=True):
        yield "sums on the last page", text
        break
    early = {text for page in running + pages[:-1] for text in Sums(page).faults(last=False)}
    if early:
        yield "sums while running or draining", "; ".join(sorted(early))
