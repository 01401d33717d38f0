"""The services that naru runs in these tests, each at PORT: `services.py echo`, `orders` or `shop`; `shop-wsdl` prints its WSDL."""
import base64
import json
import logging
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from wsgiref.simple_server import WSGIRequestHandler, make_server

from envelopes import renamed


def serve(handle):
    """An HTTP service whose answers `handle(request, body)` gives: status, media type and body."""

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

    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()


def echo():
    """A SOAP service that answers with what it was sent, the outer element named as a response; or with what `PUT /canned`
    brought. `GET /last` tells what was sent last."""
    kept = {"last": None, "canned": None}

    def handle(request, body):
        if request.path == "/last":
            return 200, "application/json", json.dumps(kept["last"]).encode()
        if request.path == "/canned":
            kept["canned"] = body or None
            return 200, "text/plain", b""
        kept["last"] = {"headers": dict(request.headers), "body": base64.b64encode(body).decode()}
        return 200, request.headers["content-type"], kept["canned"] or renamed(body)

    serve(handle)


def orders():
    """A REST service; answers POST /v1/orders/{id} with all that it was told."""

    def handle(request, body):
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

    serve(handle)


def shop_application():
    """A SOAP service by spyne, which checks what it gets by its schema (libxml2)."""
    from spyne import Application, ComplexModel, Date, Decimal, Enum, Fault, Integer, Iterable, ServiceBase, Unicode, rpc
    from spyne import XmlAttribute
    from spyne.protocol.soap import Soap11

    class Line(ComplexModel):
        __namespace__ = "urn:shop"
        sku = Unicode(min_occurs=1)
        count = Integer(min_occurs=1)
        unit = XmlAttribute(Unicode)

    class Order(ComplexModel):
        __namespace__ = "urn:shop"
        kind = Enum("retail", "bulk", type_name="Kind")
        due = Date
        line = Line.customize(min_occurs=0, max_occurs="unbounded")
        total = Decimal

    class Shop(ServiceBase):
        @rpc(Order, _returns=Order)
        def place(_, order):
            if str(order.kind) == "bulk":
                raise Fault("Client.NotAllowed", "bulk orders are not taken")
            order.total = sum(line.count for line in order.line)
            return order

        @rpc(Integer, Unicode(min_occurs=1), _returns=Iterable(Unicode))
        def repeat(_, times, text):
            return [text] * times

    return Application([Shop], "urn:shop", in_protocol=Soap11(validator="lxml"), out_protocol=Soap11())


def shop():
    from spyne.server.wsgi import WsgiApplication

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_):
            pass

    # It tells each fault that it raises.
    logging.getLogger("spyne").setLevel(logging.CRITICAL + 1)
    application = WsgiApplication(shop_application())
    make_server("127.0.0.1", int(os.environ["PORT"]), application, handler_class=Quiet).serve_forever()


def shop_wsdl():
    from spyne.interface.wsdl import Wsdl11

    wsdl = Wsdl11(shop_application().interface)
    wsdl.build_interface_document("http://127.0.0.1/")
    sys.stdout.buffer.write(wsdl.get_interface_document())


if __name__ == "__main__":
    {"echo": echo, "orders": orders, "shop": shop, "shop-wsdl": shop_wsdl}[sys.argv[1]]()
