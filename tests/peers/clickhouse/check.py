"""What a naru sees goes to ClickHouse, all of it once, and searches find it there as they found it here."""
import glob
import http.client
import json
import os
import secrets
import socket
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from naru import PATIENCE, Naru, until
from server import PASSWORD, ClickHouse

DATABASE = "naru_peers"
BOARD = "/" + urllib.parse.quote("게시판")
# What a search must take for the text that it is.
HOSTILE = "x' OR '1'='1' -- \\"


class Api:
    """naru's API over the socket in its state folder."""

    def __init__(self, naru):
        self.path = naru.state + "/naru.sock"

    def get(self, target, **query):
        connection = http.client.HTTPConnection("naru", timeout=PATIENCE)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.path)
        connection.request("GET", target + "?" + urllib.parse.urlencode(query) if query else target)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        assert answer.status == 200, f"{target} {query}: {answer.status} {body}"
        return json.loads(body) if answer.headers["content-type"].startswith("application/json") else body

    def everything(self, target, key, at, **query):
        """All pages of a list."""
        found, to = [], micros() + 1
        while True:
            page = self.get(target, **(query | {"from": 0, "limit": 1000, "to": to}))
            assert not page.get("missing"), page["missing"]
            found += page[key]
            if not page["more"]:
                return found
            to = page[key][-1][at]

    def transactions(self):
        return self.everything("/v1/transactions", "transactions", "end")

    def metric(self, name):
        lines = [line for line in self.get("/metrics").splitlines() if line.startswith(name + " ")]
        return float(lines[0].split()[1]) if lines else None


def micros():
    return int(time.time() * 1e6)


def ask(url, path, method="GET", trace=None):
    """Asks through the gateway; a failure that is meant to be is an answer too."""
    headers = {"traceparent": f"00-{trace}-{secrets.token_hex(8)}-01"} if trace else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url + path, method=method, headers=headers), timeout=PATIENCE) as answer:
            answer.read()
            return answer.status
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code


class Load:
    """Requests of all kinds, one after another for as long as it lasts; told apart by a mark in their paths."""

    def __init__(self, url, mark):
        self.url, self.mark, self.over = url, mark, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        number = 0
        while not self.over.wait(0.003):
            path = [f"/portal/{self.mark}/{number}", f"{BOARD}/{self.mark}/{number}", f"/nowhere/{self.mark}/{number}"][number % 3]
            ask(self.url, path, ["GET", "POST"][number % 2])
            number += 1

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def attributes(pairs):
    value = {str: "stringValue", bool: "boolValue", int: "intValue"}
    return [{"key": key, "value": {value[type(of)]: str(of) if type(of) is int else of}} for key, of in pairs.items()]


def send_trace(otlp, trace, number):
    """A server's span with a query below it, and a log line, as an SDK sends them by OTLP/HTTP."""
    now = time.time_ns()
    server, query = secrets.token_hex(8), secrets.token_hex(8)
    fails = number % 3 == 0
    spans = [
        {"traceId": trace, "spanId": server, "name": f"GET /orders/{number}", "kind": 2,
         "startTimeUnixNano": str(now), "endTimeUnixNano": str(now + 5_000_000 + number * 1_000_000),
         "status": {"code": 2, "message": "it can't be: '신청'"} if fails else {},
         "attributes": attributes({"http.request.method": "GET", "user.id": str(number), "retry": number % 2 == 0, "note": HOSTILE}),
         "events": [{"timeUnixNano": str(now), "name": "cache miss", "attributes": attributes({"key": "a\\b"})}]},
        {"traceId": trace, "spanId": query, "parentSpanId": server, "name": "SELECT orders", "kind": 3,
         "startTimeUnixNano": str(now + 1_000_000), "endTimeUnixNano": str(now + 2_000_000),
         "attributes": attributes({"db.system.name": "postgresql", "db.query.text": "select '주문' from orders"})},
    ]
    line = {"timeUnixNano": str(now + 500_000), "severityNumber": 17 if fails else 9, "traceId": trace, "spanId": server,
            "body": {"stringValue": f"Über {number}: {HOSTILE}\n주문"}, "attributes": attributes({"thread.name": "main"})}
    of = {"attributes": attributes({"service.name": ["shop", "stock"][number % 2], "host.name": "web-1"})}
    scope = {"name": "peer"}
    post(otlp + "/v1/traces", {"resourceSpans": [{"resource": of, "scopeSpans": [{"scope": scope, "spans": spans}]}]})
    post(otlp + "/v1/logs", {"resourceLogs": [{"resource": of, "scopeLogs": [{"scope": scope, "logRecords": [line]}]}]})


def post(url, message):
    request = urllib.request.Request(url, json.dumps(message).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        answer.read()


def otlp_of(naru):
    """Where the log of naru says that OTLP/HTTP is taken in."""
    with open(naru.log, encoding="utf-8") as log:
        said = [line for line in log if "OTLP/HTTP is taken in on" in line]
    return "http://" + said[-1].split()[-1]


def count(there, table):
    """Rows there; each file's each row must be there once."""
    rows, different = there.ask(f"SELECT count(), uniqExact(file, row) FROM {DATABASE}.{table}")[0]
    assert rows == different, f"{table}: {rows} rows, {different} different ones"
    return int(rows)


def arrives(api, there):
    """Everything that is here comes to be there."""
    until("all transactions in ClickHouse", lambda: count(there, "transactions") >= len(api.transactions()))
    here = api.transactions()
    rows = there.ask(f"SELECT end_us, path, status, response_us FROM {DATABASE}.transactions FORMAT JSONEachRow")
    rows = [json.loads(row[0]) for row in rows]
    seen = sorted((int(row["end_us"]), row["path"], row["status"], row["response_us"]) for row in rows)
    assert seen == sorted((of["end"], of["path"], of["status"], round(of["response_seconds"] * 1e6)) for of in here)
    return len(here)


def searches(of, traces):
    """Every way to ask, each with what it must find at least."""
    first = of[len(of) // 2]
    lists = [
        ("/v1/transactions", "transactions", wanted) for wanted in [
            {}, {"service": "portal"}, {"function": "read"}, {"route": "/portal/**"}, {"status": "5xx"}, {"status": "404"},
            {"client": "127.0.0.1"}, {"text": "/ORDERS/"}, {"text": "%ea%b2%8c"}, {"trace": traces[0]}, {"errors": "true"},
            {"subject": "instance:portal-1-1"}, {"subject": "revision:board/1"}, {"at_least": 0.0005, "at_most": 10},
            {"from": first["end"], "to": first["end"] + 1}, {"limit": 7},
        ]
    ]
    lists += [
        ("/v1/traces", "traces", wanted) for wanted in [
            {}, {"service": "shop"}, {"text": "orders/7"}, {"text": "'주문'"}, {"attribute": "user.id=4"}, {"attribute": "retry=true"},
            {"attribute": "host.name=web-1"}, {"attribute": "note=" + HOSTILE}, {"work": "database"}, {"errors": "true"},
            {"at_least": 0.015}, {"limit": 3},
        ]
    ]
    lists += [
        ("/v1/log-lines", "lines", wanted) for wanted in [
            {}, {"service": "stock"}, {"severity": 17}, {"text": "ÜBER 1"}, {"text": HOSTILE}, {"text": "주문"}, {"trace": traces[3]}, {"limit": 2},
        ]
    ]
    nothing = [("/v1/transactions", "transactions", {"text": HOSTILE}), ("/v1/transactions", "transactions", {"client": "127.0.0.2"}),
               ("/v1/traces", "traces", {"attribute": "user.id=40"}), ("/v1/log-lines", "lines", {"service": HOSTILE})]
    return lists, nothing


def same(one, other, of, traces):
    """Two naru give the same answers."""
    lists, nothing = searches(of, traces)
    to = micros()
    for target, key, wanted in lists + nothing:
        query = {"from": 0, "to": to, "limit": 500} | wanted
        here, there = one.get(target, **query), other.get(target, **query)
        assert bool(here[key]) == ((target, key, wanted) in lists), f"{target} {wanted} finds {len(here[key])}"
        assert here == there, f"{target} {wanted}\n here: {json.dumps(here)[:2000]}\nthere: {json.dumps(there)[:2000]}"
    for trace in traces:
        here, there = one.get("/v1/traces/" + trace), other.get("/v1/traces/" + trace)
        assert here["spans"] and here["logs"] and here == there, f"{trace}\n here: {here}\nthere: {there}"
    assert any(one.get("/v1/traces/" + trace)["transactions"] for trace in traces)
    return len(lists) + len(nothing) + len(traces)


def clickhouse_dies(naru, api, there):
    """A ClickHouse that is killed while it is sent to, is away, and comes back, gets everything."""
    with Load(naru.url, "clickhouse"):
        until("something to arrive", lambda: api.metric("naru_clickhouse_up") == 1 and count(there, "transactions"))
        there.kill()
        until("naru notices", lambda: api.metric("naru_clickhouse_up") == 0)
        page = api.get("/v1/transactions", **{"from": 0, "to": micros(), "limit": 1000})
        assert page["transactions"], page
    there.start()
    until("naru notices", lambda: api.metric("naru_clickhouse_up") == 1)


def naru_dies(naru, there):
    """A server that is killed again and again, at any moment of its sending, loses nothing that it had here and doubles nothing."""
    with Load(naru.url, "naru"):
        for _ in range(3):
            before = count(there, "transactions")
            until("more to arrive", lambda: count(there, "transactions") > before)
            naru.kill()
            naru.start()
            naru.await_ready()


def main(binary):
    with open(os.path.join(os.path.dirname(__file__), "naru.yaml"), encoding="utf-8") as file:
        yaml = file.read().replace("NARU,", binary + ",")
    os.environ["CLICKHOUSE_PASSWORD"] = PASSWORD
    with ClickHouse() as there:
        yaml = yaml.replace("URL", there.url)
        with Naru(binary, yaml, otlp="any") as naru:
            api = Api(naru)
            clickhouse_dies(naru, api, there)
            naru_dies(naru, there)
            traces = [secrets.token_hex(16) for _ in range(12)]
            for number, trace in enumerate(traces):
                ask(naru.url, f"/portal/orders/{number}", trace=trace)
                send_trace(otlp_of(naru), trace, number)
            kept = arrives(api, there)
            until("all spans and lines in ClickHouse", lambda: [count(there, of) for of in ["spans", "logs"]] == [24, 12])
            print(f"  {kept} transactions, 24 spans and 12 log lines are there once, after four kills")
            of = api.transactions()
            # A machine that never saw any of it, as after the loss of the first one.
            with Naru(binary, yaml, otlp="any") as second:
                asked = same(api, Api(second), of, traces)
                print(f"  {asked} searches find there what they find here")
                files = sorted(glob.glob(naru.state + "/telemetry/transactions-*"), key=os.path.getmtime)
                naru.kill()
                # The older half goes, as it does by its age.
                for file in files[: len(files) // 2]:
                    os.remove(file)
                naru.start()
                naru.await_ready()
                assert api.transactions() == of, "half here and half there is not the whole"
                same(api, Api(second), of, traces)
                print(f"  and so with {len(files) // 2} of {len(files)} files gone from here")
                there.kill()
                page = Api(second).get("/v1/transactions", **{"from": 0, "to": micros(), "limit": 10})
                assert "ClickHouse" in page["missing"] and not page["transactions"], page
                there.start()


main(*sys.argv[1:])
