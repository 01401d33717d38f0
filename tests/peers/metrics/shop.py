"""A service that shows metrics by prometheus_client on its own port: fifty jobs a second, a queue of seven, and how long jobs take."""
import os
import time

from prometheus_client import Counter, Gauge, Histogram, start_http_server

jobs = Counter("jobs", "Jobs done.", ["kind"])
queue = Gauge("queue_length", "Jobs that wait.")
took = Histogram("job_duration_seconds", "Time that jobs took.", buckets=(0.01, 0.1, 1))

queue.set(7)
start_http_server(int(os.environ["PORT"]), addr="127.0.0.1")
began, done = time.monotonic(), 0
while True:
    due = int((time.monotonic() - began) * 50)
    while done < due:
        jobs.labels(kind="mail").inc()
        took.observe(0.05)
        done += 1
    # The pace of the work, by the clock above; nothing is waited for.
    time.sleep(0.02)
