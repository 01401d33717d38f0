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


class Naru:
    """Runs on a folder of its own, and is ready once every service is; says what it wrote when something went wrong."""

    def __init__(self, binary, yaml, port=0):
        self.binary, self.folder = binary, tempfile.mkdtemp(prefix="naru-peers-")
        with open(os.path.join(self.folder, "naru.yaml"), "w", encoding="utf-8") as file:
            file.write(yaml)
        self.state, self.log = os.path.join(self.folder, "state"), os.path.join(self.folder, "naru.log")
        command = [binary, "up", os.path.join(self.folder, "naru.yaml"), "--state", self.state]
        command += ["--listen", f"127.0.0.1:{port}", "--console", "off"]
        with open(self.log, "w", encoding="utf-8") as log:
            self.server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.url = None

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

    def __enter__(self):
        until = time.monotonic() + PATIENCE
        while self.server.poll() is None and time.monotonic() < until:
            if self.is_ready():
                return self
            time.sleep(0.02)
        self.__exit__(RuntimeError, None, None)
        raise RuntimeError("naru is not ready")

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
