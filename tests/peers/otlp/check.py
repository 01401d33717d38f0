"""Asks services through naru's gateway, each request under a trace of its own, and then asks naru what it knows of it."""
import http.client
import json
import secrets
import socket
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from naru import PATIENCE, Naru, until


class Api:
    """naru's API over the socket in its state folder."""

    def __init__(self, state):
        self.path = state + "/naru.sock"

    def get(self, target):
        connection = http.client.HTTPConnection("naru")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(PATIENCE)
        connection.sock.connect(self.path)
        connection.request("GET", target)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        if answer.status == 404:
            return None
        assert answer.status == 200, f"{target}: {answer.status} {body}"
        return json.loads(body) if answer.headers["content-type"].startswith("application/json") else body

    def trace(self, trace_id):
        return self.get("/v1/traces/" + trace_id) or {"spans": [], "logs": [], "transactions": []}


def ask(url, path):
    """Asks under a new trace; returns the trace's id and the status."""
    trace_id = secrets.token_hex(16)
    headers = {"traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url + path, headers=headers), timeout=PATIENCE) as answer:
            return trace_id, answer.status
    except urllib.error.HTTPError as refused:
        refused.close()
        return trace_id, refused.code


def span(api, trace_id, service, **wanted):
    """The span of a service in a trace that is as wanted."""
    def fits(of):
        return of["service"] == service and all(of[key] == value for key, value in wanted.items())
    return until(f"a span of {service} with {wanted}", lambda: next(filter(fits, api.trace(trace_id)["spans"]), None))


def sdks(naru, api):
    """One request of each SDK: its span is the instance's, under the gateway's trace."""
    for service in ["python", "python-grpc", "node", "rust"]:
        trace_id, status = ask(naru.url, f"/{service}/x")
        assert status == 200, (service, status)
        found = span(api, trace_id, service, kind="server")
        assert found["instance"] == f"{service}-1-1", found
        assert found["parent_id"], f"{service} does not continue the trace that the gateway passed on"
        print(f"  {service}: {found['name']!r}, {found['seconds'] * 1000:.1f} ms")


def python(naru, api):
    """Names of older conventions, a failure, a log line and a counter, over both transports."""
    for service in ["python", "python-grpc"]:
        trace_id, status = ask(naru.url, f"/{service}/fail")
        assert status == 500
        found = span(api, trace_id, service)
        assert (found["work"], found["status"], found["error"]) == ("http", 500, True), found
        assert found["message"] == "it was asked to fail", found
        assert found["attributes"]["http.request.method"] == "GET", found
        line = until("its log line", lambda: api.trace(trace_id)["logs"])[0]
        assert (line["body"], line["severity"]) == (f"asked for /{service}/fail", 9), line
        transaction = until("the gateway's transaction", lambda: api.trace(trace_id)["transactions"])[0]
        assert transaction["status"] == 500, transaction
        await_metric(api, f"instance:{service}-1-1", "peer.requests")


def tomcat(naru, api):
    """An unmodified servlet: its own span, its database calls, its log lines, its failures and its JVM."""
    trace_id, status = ask(naru.url, "/shop/orders/")
    assert status == 200
    served = span(api, trace_id, "shop", kind="server")
    assert (served["work"], served["status"], served["instance"]) == ("http", 200, "shop-1-1"), served
    called = until("the database call", lambda: [
        of for of in api.trace(trace_id)["spans"] if of["work"] == "database" and "SELECT" in of["detail"]])[0]
    assert (called["system"], called["kind"]) == ("h2", "client"), called
    assert "count(*)" in called["detail"].lower(), called
    line = until("the servlet's log line", lambda: api.trace(trace_id)["logs"])[0]
    assert line["body"] == "orders are counted" and line["severity"] >= 13, line

    trace_id, status = ask(naru.url, "/shop/orders/?fail=1")
    assert status == 500
    failed = span(api, trace_id, "shop", kind="server", error=True)
    assert "no orders today" in failed["message"], failed
    transaction = until("the gateway's transaction", lambda: api.trace(trace_id)["transactions"])[0]
    assert transaction["status"] == 500, transaction
    for metric in ["jvm.memory.used", "jvm.thread.count", "jvm.class.count"]:
        await_metric(api, "instance:shop-1-1", metric)
    print(f"  Tomcat: {served['name']!r}, {called['name']!r}, JVM metrics, log lines, exceptions")


def await_metric(api, owner, name):
    now = int(time.time())
    query = urllib.parse.urlencode({"owner": owner, "name": name, "from": now - 600, "to": now + 60})
    def look():
        series = api.get("/v1/metrics/series?" + query) or []
        return [of for of in series if of["points"]]
    return until(f"{name} of {owner}", look)


def without_an_sdk(naru, api):
    """A service that knows nothing of OpenTelemetry still has its transactions."""
    _, status = ask(naru.url, "/plain/x")
    assert status < 500
    until("its transaction", lambda: api.get("/v1/transactions?service=plain&text=/plain/x")["transactions"])


def nothing_was_refused(api):
    counted = [line for line in api.get("/metrics").splitlines() if line.startswith("naru_otlp_")]
    taken = {line.split()[0]: float(line.split()[1]) for line in counted}
    refused = {name: value for name, value in taken.items() if "refused" in name and value}
    assert not refused, refused
    for signal in ["traces", "metrics", "logs"]:
        assert taken[f'naru_otlp_taken_total{{signal="{signal}"}}'] > 0, counted


def main(binary, file):
    with open(file, encoding="utf-8") as yaml:
        naru = Naru(binary, yaml.read(), otlp="any")
    with naru:
        api = Api(naru.state)
        for check in [sdks, python, tomcat]:
            check(naru, api)
        without_an_sdk(naru, api)
        nothing_was_refused(api)
    print("OpenTelemetry's SDKs and Java agent are heard without a word said to them")


main(*sys.argv[1:])
