"""A name with several addresses: one refuses, one comes, one goes, one stalls for a moment."""

import contextlib
import os
import signal
import threading
import time
import urllib.request

from bench.report import Table

from ..names import HOST, Names, common_port
from ..sidecar import Sidecar, load

NAME = "peers"
TITLE = "shares of several addresses"
ADDRESSES = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
WITHIN = 0.05  # of the even share
RATE, CONNECTIONS = 500, 64
LOOKUP = 7  # seconds until a new address is surely known
STALL = 0.08  # less than half the connections over half the rate


def run(soak):
    runs, seconds = soak.runs(5, 1), soak.seconds(15, 5)
    table = Table(f"{runs} runs, {seconds} s each", [
        "run", "transport", "what", "requests to each", "furthest from even"])
    for number in range(runs):
        for transport in ("direct", "curl"):
            for what, shares in series(soak, transport, seconds):
                far = furthest(list(shares.values()))
                text = ", ".join(f"{name} {count}" for name, count in shares.items())
                table.add(number, transport, what, text, f"{far:.1%}")
                print(f"  run {number}: {transport}: {what}: {text}: {far:.1%}", flush=True)
                table.bar(f"run {number}, {transport}: {what}", f"{far:.1%}",
                          f"<= {WITHIN:.0%} from even", far <= WITHIN)
    return table


def furthest(counts):
    """How far the furthest of some counts is from their mean, as a share of it."""
    even = sum(counts) / len(counts)
    return max(abs(count - even) for count in counts) / even if even else 1.0


def series(soak, transport, seconds):
    yield refusing(soak, transport, seconds)
    yield from changing(soak, transport, seconds)


def sidecar(soak, names, port, transport, rate):
    steady = load("peers", f"http://{HOST}:{port}", rate, transport=transport,
                  limits={"connections": CONNECTIONS})
    return Sidecar(soak, [steady], wrap=names.wrap, linger="0s", drain="200ms")


def refusing(soak, transport, seconds):
    """Two addresses: the first one takes its time, nothing listens at the second."""
    addresses = ADDRESSES[:2]
    names, port = Names(soak, addresses), common_port(addresses)
    with soak.target("whole", "-d", 20, "-a", addresses[0], "-p", port) as target, \
            sidecar(soak, names, port, transport, 200) as running:
        time.sleep(1)
        before = running.page()
        time.sleep(seconds)
        after = running.page()
        assert target.process.running()
    change = lambda outcome: round(
        after.total("requests_completed_total", outcome=outcome)
        - before.total("requests_completed_total", outcome=outcome))
    return "one of two refuses", {"answers": change("ok"), "refused": change("refused")}


def changing(soak, transport, seconds):
    """One address; a stall fills the pool; one more comes; one stalls; the first one goes."""
    first, second, third = ADDRESSES
    names, port = Names(soak, [first]), common_port(ADDRESSES)
    with contextlib.ExitStack() as stack:
        targets = {
            address: stack.enter_context(soak.target("whole", "-a", address, "-p", port))
            for address in ADDRESSES}
        stack.enter_context(sidecar(soak, names, port, transport, RATE))
        time.sleep(1)
        stalled(targets[first], 0.3)
        names.set([first, second])
        time.sleep(LOOKUP)
        yield "an address was added", measured(targets, [first, second], seconds)
        with stalls(targets[second], seconds):
            shares = measured(targets, [first, second], seconds)
        yield f"the same, one stalls {STALL * 1000:.0f} ms each second", shares
        names.set([second, third])
        time.sleep(LOOKUP)
        yield "one added, one removed", measured(targets, [second, third], seconds)
        gone = measured(targets, ADDRESSES, 1)[first]
        if gone:
            yield "requests to the removed one", {"removed": gone, "wanted": 0}


def measured(targets, addresses, seconds):
    """address -> requests that it got in that time, from the targets' own counts."""
    before = {address: count(targets[address], address) for address in addresses}
    time.sleep(seconds)
    return {
        address: count(targets[address], address) - before[address] for address in addresses}


def count(target, address):
    with urllib.request.urlopen(f"http://{address}:{target.port}/count", timeout=5) as answer:
        return int(answer.read())


def stalled(target, seconds):
    os.kill(target.pid, signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        os.kill(target.pid, signal.SIGCONT)


@contextlib.contextmanager
def stalls(target, seconds):
    """Short stalls while the body runs."""
    ended = threading.Event()

    def repeat():
        while not ended.wait(0.9):
            stalled(target, STALL)

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(seconds + 5)
