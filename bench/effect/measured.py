"""What both measurements beside this file need: the build, the machine, and where results are kept."""
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RESULT = HERE / "result.json"


def cores():
    return os.cpu_count() or 1


def build():
    command = ["cargo", "build", "--release", "--locked", "-p", "naru-assess", "--bench", "effect", "--message-format", "json"]
    lines = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    built = [json.loads(line).get("executable") for line in lines if '"executable"' in line]
    return pathlib.Path([path for path in built if path][-1])


def output(*command):
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def about():
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
            "commit": output("git", "describe", "--always", "--dirty"), "rustc": output("rustc", "--version"),
            "cpu": cpu[1] if cpu else platform.machine(), "cores": cores(), "kernel": platform.release(), "load": os.getloadavg()[0]}


def keep(name, found):
    """Puts a result beside the others."""
    kept = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    kept[name] = found
    RESULT.write_text(json.dumps(kept, indent=1) + "\n")
