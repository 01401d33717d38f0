"""What stands behind naru in these tests: a SOAP service that echoes, a REST service of orders, and naru's own bridge."""
import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lxml import etree

XSI = "http://www.w3.org/2001/XMLSchema-instance"


class Service:
    """An HTTP service in this process, on a port of its own."""

    def __init__(self, handle):
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("content-length") or 0)
                status, media_type, body = handle(self, self.rfile.read(length))
                self.send_response(status)
                self.send_header("content-type", media_type)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                pass

        service.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        service.address = "127.0.0.1:%d" % service.server.server_address[1]
        threading.Thread(target=service.server.serve_forever, daemon=True).start()


class Echo(Service):
    """Answers with what it was sent, the outer element named as a response; or with `canned`."""

    def __init__(self):
        self.last = self.canned = None
        super().__init__(self.handle)

    def handle(self, request, body):
        self.last = (dict(request.headers), body)
        return 200, request.headers["content-type"], self.canned or renamed(body)


def renamed(envelope):
    root = etree.fromstring(envelope)
    element = list(root[-1])[0]
    element.tag = element.tag.replace("Echo", "EchoResponse") if "Response" not in element.tag else element.tag
    return etree.tostring(root)


def body_of(envelope):
    return normal(list(etree.fromstring(envelope)[-1])[0])


def normal(element):
    """What an element says, whatever prefixes and blanks it says it with."""
    attributes = {}
    for name, value in element.attrib.items():
        if name == "{%s}type" % XSI and ":" in value:
            prefix, local = value.split(":")
            value = "{%s}%s" % (element.nsmap[prefix], local)
        elif name == "{%s}type" % XSI:
            value = "{%s}%s" % (element.nsmap.get(None), value)
        attributes[name] = value
    children = [normal(child) for child in element]
    text = (element.text or "") if not children else ""
    return element.tag, sorted(attributes.items()), text, children


class Orders(Service):
    """A REST service; answers POST /v1/orders/{id} with all that it was told."""

    def __init__(self):
        super().__init__(self.handle)

    def handle(self, request, body):
        path, _, query = request.path.partition("?")
        if path.endswith("/missing"):
            problem = {"type": "https://example.go.kr/problems/no-order", "title": "No such order", "status": 404,
                       "detail": "order missing is unknown", "hint": {"try": [1, 2]}}
            return 404, "application/problem+json", json.dumps(problem).encode()
        if path.endswith("/broken"):
            return 500, "text/html", b"<html>Internal error</html>"
        told = {"method": request.command, "path": path, "query": query, "trace": request.headers.get("x-trace"),
                "order": json.loads(body) if body else None}
        return 200, "application/json", json.dumps(told).encode()


class Bridge:
    """naru's conversion before a service."""

    def __init__(self, program, upstream, *conversion):
        self.process = subprocess.Popen([program, "127.0.0.1:0", upstream, *conversion], stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        assert self.address, f"no bridge for {conversion}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
