"""As fast as one thread can, https with HTTP/1.1 keep-alive."""

from ..ballast import load
from ..contest import ballast_runner, contest, peer_runner, ratio
from ..peers import saturating
from ..targets import Nginx, make_certificate
from .saturation import CONNECTIONS, comparison

NAME = "tls"
TITLE = "Saturation, https"


def measure(bench):
    seconds = bench.seconds(3, 1)
    with Nginx(bench) as nginx:
        commands = saturating(nginx.tls_url, CONNECTIONS, seconds, bench.peer)
        runners = {name: peer_runner(command) for name, command in commands.items()}
        if bench.ballast:
            certificate, _ = make_certificate(bench.folder)
            for name, tls in (("ballast direct", {"verify": False}),
                              ("ballast direct, verified", {"ca_file": certificate})):
                one = load("max", nginx.tls_url, "max", tls=tls,
                           limits={"connections": CONNECTIONS})
                runners[name] = ballast_runner([one])
        samples = contest(bench, nginx, runners, seconds)
    table = comparison(
        samples, f"https, HTTP/1.1 keep-alive, {CONNECTIONS} connections, one thread, "
        f"{seconds} s a run")
    table.note("TLS as nginx and the generator agree by default; no generator but `verified` "
               "checks the certificate.")
    for name in ("ballast direct", "ballast direct, verified"):
        if name in samples:
            cost = ratio(samples[name], samples["wrk"], lambda sample: sample.cost)
            table.bar(f"{name}: CPU per request / wrk", f"{cost:.2f}", "<= 1.05", cost <= 1.05)
    return [table]
