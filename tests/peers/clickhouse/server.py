"""A ClickHouse of its own for a test: `with ClickHouse() as there: there.ask("SELECT 1")`."""
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from xml.sax.saxutils import escape

from naru import PATIENCE, free_port

USER, PASSWORD = "naru", "it's & \"secret\""

CONFIG = """<yandex>
  <logger><level>warning</level><console>1</console></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>{http}</http_port>
  <tcp_port>{tcp}</tcp_port>
  <path>{folder}/data/</path>
  <tmp_path>{folder}/tmp/</tmp_path>
  <users_config>{folder}/users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <mark_cache_size>16777216</mark_cache_size>
</yandex>
"""
USERS = """<yandex>
  <profiles><default>
    <max_memory_usage>500000000</max_memory_usage><max_threads>2</max_threads>
    <background_pool_size>2</background_pool_size><background_schedule_pool_size>2</background_schedule_pool_size>
  </default></profiles>
  <quotas><default/></quotas>
  <users><{user}>
    <password>{password}</password><networks><ip>127.0.0.1</ip></networks>
    <profile>default</profile><quota>default</quota>
  </{user}></users>
</yandex>
"""


class ClickHouse:
    """Debian's server, without its service: it holds what it held when it is killed and started again."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="naru-clickhouse-")
        self.http, self.log = free_port(), os.path.join(self.folder, "server.log")
        self.url = f"http://127.0.0.1:{self.http}"
        files = {
            "config.xml": CONFIG.format(http=self.http, tcp=free_port(), folder=self.folder),
            "users.xml": USERS.format(user=USER, password=escape(PASSWORD)),
        }
        for name, text in files.items():
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        self.server = None

    def start(self):
        with open(self.log, "a", encoding="utf-8") as log:
            command = ["clickhouse-server", "--config-file=" + os.path.join(self.folder, "config.xml")]
            self.server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
        until = time.monotonic() + PATIENCE
        while self.server.poll() is None and time.monotonic() < until:
            try:
                return self.ask("SELECT 1")
            except urllib.error.URLError:
                # It tells nobody that it listens.
                time.sleep(0.05)
        raise RuntimeError("ClickHouse does not start")

    def kill(self):
        self.server.kill()
        self.server.wait()

    def ask(self, sql):
        headers = {"X-ClickHouse-User": USER, "X-ClickHouse-Key": PASSWORD}
        request = urllib.request.Request(self.url, sql.encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return [line.split("\t") for line in answer.read().decode().splitlines()]
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{sql}: {refused.read().decode()}") from refused

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, failure, *_):
        self.kill()
        if failure:
            with open(self.log, encoding="utf-8") as log:
                print("-- what ClickHouse wrote\n" + log.read()[-4000:])
        shutil.rmtree(self.folder, ignore_errors=True)
