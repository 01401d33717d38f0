"""How a run is measured: the load, and the processor time that a proxy took for it."""
import os
import pathlib
import platform
import re
import statistics
import subprocess

import proxies

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids):
    """User and system time of these processes so far, in seconds."""
    user = system = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        user, system = user + int(fields[11]), system + int(fields[12])
    return user / TICKS, system / TICKS


def core_busy(core):
    """Seconds this core was not idle so far, and those the hypervisor gave to others."""
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        if line.startswith(f"cpu{core} "):
            user, nice, system, _idle, _wait, irq, softirq, steal = map(int, line.split()[1:9])
            return (user + nice + system + irq + softirq) / TICKS, steal / TICKS
    raise SystemExit(f"no core {core} in /proc/stat")


def load(url, seconds, connections, extra=()):
    command = ["taskset", "-c", str(proxies.LOAD_CORE), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    done = subprocess.run([*command, *extra, url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=seconds + 30, check=True)
    text = done.stdout
    if "Socket errors" in text or "Non-2xx" in text:
        raise SystemExit(f"requests failed at {url}:\n{text}")
    requests = int(re.search(r"(\d+) requests in", text)[1])
    per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    p99 = re.search(r"99%\s+(\S+)", text)[1]
    return requests, per_second, p99


def run(proxy, url, seconds, connections, extra=()):
    """One run of the load against a proxy, after a second to warm up; `extra` is told to wrk."""
    load(url, 1, connections, extra)
    busy, steal = core_busy(proxies.PROXY_CORE)
    before, before_beside = cpu_seconds(proxy.pids), sum(cpu_seconds(proxy.beside))
    requests, per_second, p99 = load(url, seconds, connections, extra)
    after, after_beside = cpu_seconds(proxy.pids), sum(cpu_seconds(proxy.beside))
    busy_after, steal_after = core_busy(proxies.PROXY_CORE)
    user, system = after[0] - before[0], after[1] - before[1]
    return {"requests": requests, "per_second": per_second, "p99": p99, "user_seconds": user, "system_seconds": system,
            "per_cpu_second": requests / (user + system), "user_us": user / requests * 1e6,
            "beside_seconds": after_beside - before_beside,
            "foreign_seconds": max(0.0, busy_after - busy - user - system), "steal_seconds": steal_after - steal}


def medians(runs):
    keys = ("per_cpu_second", "user_us", "per_second", "beside_seconds", "foreign_seconds", "steal_seconds")
    result = {key: statistics.median(run[key] for run in runs) for key in keys}
    result["spread"] = (max(r["per_cpu_second"] for r in runs) - min(r["per_cpu_second"] for r in runs)) / result["per_cpu_second"]
    return result


def rounded(value):
    """The same with numbers of at most three places, for people who read the file."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return round(value, 3) if isinstance(value, float) else value


def machine():
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())
    return {"cpu": cpu[1] if cpu else platform.machine(), "cores": os.cpu_count(),
            "memory_gib": round(int(memory[1]) / 2**20), "kernel": platform.release()}
