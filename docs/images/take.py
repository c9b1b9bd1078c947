#!/usr/bin/env python3
"""Takes docs/images/status.png anew: `ballast demo` as the target, `ballast run` with two loads on it, and chromium.

    python3 docs/images/take.py [BINARY] [SECONDS]

Take it on an idle machine: on a busy one the page says, rightly, that its numbers are suspect.
"""
import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WIDTH = 1200
HERE = Path(__file__).resolve().parent
LISTEN = "127.0.0.1:9909"
LOADS = """
loads:
  - name: checkout
    target: {target}
    rate: 50/s
    arrivals: poisson
    timeout: 250ms
    limits: {{connections: 20}}
    request: {{path: /checkout}}
  - name: search
    target: {target}
    rate: 200/s
    request: {{path: "/search?delay=3ms&status=200"}}
"""


class Browser:
    """Chromium without a window, steered through a pipe."""

    def __init__(self, profile):
        (self.read_end, chromium_out), (chromium_in, self.write_end) = os.pipe(), os.pipe()
        self.received, self.number = b"", 0
        # Chromium reads commands from descriptor 3 and answers on 4.
        self.process = subprocess.Popen(
            ["bash", "-c", f"exec chromium \"$@\" 3<&{chromium_in} 4>&{chromium_out}", "bash",
             "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--force-color-profile=srgb", "--remote-debugging-pipe", f"--user-data-dir={profile}",
             "about:blank"],
            pass_fds=(chromium_in, chromium_out), stderr=subprocess.DEVNULL)
        os.close(chromium_in)
        os.close(chromium_out)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = None
        self.session = self.call(
            "Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if getattr(self, "session", None):
            message["sessionId"] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.received:
                data = os.read(self.read_end, 1 << 20)
                if not data:
                    sys.exit("take: chromium ended")
                self.received += data
            line, self.received = self.received.split(b"\0", 1)
            answer = json.loads(line)
            if answer.get("id") == self.number:
                return answer["result"]

    def picture(self, url, seconds):
        self.call("Emulation.setDeviceMetricsOverride", width=WIDTH, height=400,
                  deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "light"}])
        self.call("Page.navigate", url=url)
        time.sleep(seconds)
        height = self.call("Runtime.evaluate",
                           expression="document.documentElement.scrollHeight")["result"]["value"]
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1}
        shot = self.call("Page.captureScreenshot", format="png", clip=clip,
                         captureBeyondViewport=True)
        return base64.b64decode(shot["data"])


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else ".build/release/ballast"
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60
    with tempfile.TemporaryDirectory() as folder:
        # First, and with time to settle: its start takes the CPU that the loads need.
        browser = Browser(Path(folder, "chromium"))
        processes = [browser.process]
        time.sleep(5)
        log = Path(folder, "demo.log")
        with log.open("w") as output:
            demo = subprocess.Popen(
                [binary, "demo", "--quiet", "--median", "12ms", "--p99", "80ms", "--errors", "0.4%",
                 "--rate", "1/s", "--listen", "127.0.0.1:0"], stdout=output)
        processes.append(demo)
        try:
            time.sleep(2)
            target = re.search(r"target of its own, (http://[0-9.:]+)", log.read_text()).group(1)
            file = Path(folder, "ballast.yaml")
            file.write_text(LOADS.format(target=target))
            processes.append(
                subprocess.Popen([binary, "run", str(file), "--listen", LISTEN]))
            HERE.joinpath("status.png").write_bytes(browser.picture(f"http://{LISTEN}/", seconds))
        finally:
            for process in processes:
                process.kill()
                process.wait()


if __name__ == "__main__":
    main()
