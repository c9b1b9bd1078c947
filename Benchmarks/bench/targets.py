"""The servers that are loaded: nginx, the busy-polling one, a silent one, one that hangs up."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from . import machine

CLOSING = str(Path(__file__).with_name("closing_target.py"))

NGINX = """
daemon off; worker_processes 1; worker_rlimit_nofile 20000;
pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{
    access_log {access_log}; default_type text/plain;
    keepalive_requests 2000000000; keepalive_timeout 3600s;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        listen 127.0.0.1:{tls_port} ssl backlog=4096;
        ssl_certificate {certificate}; ssl_certificate_key {key};
        location / {{ return 200 "ok"; }}
        location = /status {{ access_log off; stub_status; }}
    }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process):
    for _ in range(1_000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if not process.running():
            break
        time.sleep(0.01)
    raise RuntimeError(f"nothing listens on port {port}: {process.text()}")


def make_certificate(folder):
    """A self-signed RSA certificate for 127.0.0.1: paths of the certificate and of its key."""
    certificate, key = f"{folder}/certificate.pem", f"{folder}/key.pem"
    if not os.path.exists(certificate):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
             "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
             "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


class Nginx:
    """One worker on the target's CPU, two bytes as answer, on a plain and on a TLS port."""

    def __init__(self, bench, log=False):
        self.folder = Path(bench.new_folder("nginx"))
        self.port, self.tls_port = free_port(), free_port()
        self.log = self.folder / "access.log"
        certificate, key = make_certificate(bench.folder)
        configuration = self.folder / "nginx.conf"
        configuration.write_text(NGINX.format(
            folder=self.folder, port=self.port, tls_port=self.tls_port, certificate=certificate,
            key=key, access_log=f"{self.log} combined" if log else "off"))
        self.process = bench.launch(["nginx", "-c", str(configuration)], bench.target_cpu)
        wait_for_port(self.port, self.process)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    @property
    def tls_url(self):
        return f"https://127.0.0.1:{self.tls_port}/"

    def requests(self):
        """How many requests came so far, this question included."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", "/status", headers={"Connection": "close"})
        text = connection.getresponse().read().decode()
        connection.close()
        return int(re.search(r"requests\s+\d+ \d+ (\d+)", text).group(1))

    def pids(self):
        master = self.process.pid
        children = open(f"/proc/{master}/task/{master}/children").read().split()
        return [master, *map(int, children)]

    def cpu(self):
        return sum(machine.cpu_seconds(pid) for pid in self.pids())

    def stall(self, seconds):
        """Stops all of its processes for a while."""
        pids = self.pids()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def logged(self):
        return sum(1 for _ in open(self.log, "rb")) if self.log.exists() else 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()


class PollingTarget:
    """The busy-polling server; `stop` returns its log as a list of (ns, connection)."""

    def __init__(self, bench):
        self.port = free_port()
        self.log = Path(bench.new_folder("polling")) / "arrivals"
        self.process = bench.launch(
            [bench.polling_target(), str(self.port), str(self.log)], bench.target_cpu)
        wait_for_port(self.port, self.process)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def stop(self):
        self.process.stop()
        return [tuple(map(int, line.split())) for line in open(self.log)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.running():
            self.process.stop()


class SilentTarget:
    """Accepts connections, reads what comes and never answers."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/"
        self.open = []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.open.append(connection)
            del self.open[:-256]  # closes the oldest ones

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class ClosingTarget:
    """Completes the TLS handshake of every connection and closes it: a sick https target."""

    def __init__(self, bench):
        self.port = free_port()
        certificate, key = make_certificate(bench.folder)
        self.process = bench.launch(
            [sys.executable, CLOSING, str(self.port), certificate, key], bench.target_cpu)
        wait_for_port(self.port, self.process)

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}/"

    def stop(self):
        """Returns how many handshakes were completed."""
        self.process.stop()
        return int(self.process.text().split()[-1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.running():
            self.process.stop()
