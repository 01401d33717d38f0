"""A real `naru up` for the tests against peers: `with Naru(binary, yaml) as naru: requests.get(naru.url + "/...")`."""
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time

# How long anything may take to come about, seconds.
PATIENCE = 60


def free_port():
    """A port of loopback that nobody holds now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def until(what, look):
    """Looks until there is something to see. What it looks at is another program's, which tells nobody when it is there."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        seen = look()
        if seen:
            return seen
        time.sleep(0.05)
    raise AssertionError(f"not seen within {PATIENCE} s: {what}")


class Naru:
    """Runs on a folder of its own, and is ready once every service is; says what it wrote when something went wrong."""

    def __init__(self, binary, yaml, port=0, otlp="off"):
        self.binary, self.folder = binary, tempfile.mkdtemp(prefix="naru-peers-")
        with open(os.path.join(self.folder, "naru.yaml"), "w", encoding="utf-8") as file:
            file.write(yaml)
        self.state, self.log = os.path.join(self.folder, "state"), os.path.join(self.folder, "naru.log")
        self.command = [binary, "up", os.path.join(self.folder, "naru.yaml"), "--state", self.state]
        self.command += ["--listen", f"127.0.0.1:{port}", "--console", "off"]
        # OpenTelemetry's ports are one for the whole machine; `any` takes free ones.
        self.env = os.environ | {"NARU_OTLP": otlp}
        self.server, self.url = None, None
        self.start()

    def start(self):
        """Starts the server; after `kill`, on what that one left."""
        with open(self.log, "a", encoding="utf-8") as log:
            self.server = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env)

    def kill(self):
        """SIGKILL to the server alone: the gateway and what it runs go on."""
        self.server.kill()
        self.server.wait()

    def status(self):
        """What `naru status --json` says; nothing while nobody answers."""
        command = [self.binary, "status", "--json", "--state", self.state]
        said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
        return json.loads(said.stdout) if said.returncode == 0 else None

    def is_ready(self):
        status = self.status()
        if not status or not status["gateway"]["listen"]:
            return False
        self.url = "http://" + status["gateway"]["listen"][0]
        return all(service["ready"] >= service["desired"] for service in status["services"])

    def await_ready(self):
        until = time.monotonic() + PATIENCE
        while self.server.poll() is None and time.monotonic() < until:
            if self.is_ready():
                return self
            time.sleep(0.02)
        self.__exit__(RuntimeError, None, None)
        raise RuntimeError("naru is not ready")

    def __enter__(self):
        return self.await_ready()

    def __exit__(self, failure, *_):
        self.server.terminate()
        try:
            self.server.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()
        if failure:
            with open(self.log, encoding="utf-8") as log:
                print("-- what naru wrote\n" + log.read())
        shutil.rmtree(self.folder, ignore_errors=True)
