"""SOAP conversions against zeep, spyne and npm soap: `peers.py BRIDGE WSDL-FOLDER`; any surprise is an exception."""
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from datetime import date
from wsgiref.simple_server import WSGIRequestHandler, make_server

import requests
import zeep
from zeep.helpers import serialize_object

from features import CASES
from services import Bridge, Echo, Orders, body_of, renamed

BRIDGE, FOLDER = sys.argv[1:3]
# It tells each fault that it raises.
logging.getLogger("spyne").setLevel(logging.CRITICAL + 1)
HERE = os.path.dirname(os.path.abspath(__file__))


def post(address, operation, value):
    return requests.post(f"http://{address}/api/{operation}", json=value, timeout=20)


def plain(result):
    return serialize_object(result, dict)


def feature(name, given, told, port=None):
    """zeep without naru and JSON through naru send the same, and each reads what the other's service answers."""
    wsdl = os.path.join(FOLDER, name + ".wsdl")
    echo = Echo()
    client = zeep.Client(wsdl, port_name=port)
    binding = list(client.wsdl.bindings)[0] if port is None else client.service._binding.name
    service = client.create_service(str(binding), f"http://{echo.address}/soap")
    values = given(client) if callable(given) else given
    without = plain(service.Echo(**values))
    sent_by_zeep = echo.last[1]
    with Bridge(BRIDGE, echo.address, "soap", wsdl, *([port] if port else [])) as naru:
        answer = post(naru.address, "Echo", told)
        assert answer.status_code == 200, answer.text
        headers, sent_by_naru = echo.last
        assert body_of(sent_by_naru) == body_of(sent_by_zeep), f"{name}\n{sent_by_naru}\n{sent_by_zeep}"
        assert answer.json() == told, f"{name}: {answer.text}"
        # What zeep has written, read by naru.
        echo.canned = renamed(sent_by_zeep)
        answer = post(naru.address, "Echo", told)
        assert answer.json() == told, f"{name}: {answer.text}"
        # What naru has written, read by zeep.
        echo.canned = renamed(sent_by_naru)
        assert plain(service.Echo(**values)) == without, name
    print(f"{name}{' ' + port if port else ''}: the same with and without naru")


def offered():
    """A REST service as SOAP, called by zeep and npm soap by the WSDL that naru writes."""
    orders = Orders()
    with Bridge(BRIDGE, orders.address, "offer", os.path.join(HERE, "orders.yaml"), "urn:orders", "Orders") as naru:
        url = f"http://{naru.address}/soap?wsdl"
        order = {
            "kind": "bulk", "count": 3, "price": 1.5, "paid": True, "due": date(2026, 3, 1), "note": None,
            "items": [{"sku": "s1", "parts": [{"sku": "s2", "parts": []}]}, {"sku": "s3", "parts": []}],
            "labels": {"entry": [{"key": "a", "value": 1}]},
            "grid": [{"item": [1, 2]}, {"item": [3]}],
            "free_form": json.dumps({"any": ["thing"]}, separators=(",", ":")),
        }
        for port in ["OrdersSoap11", "OrdersSoap12"]:
            client = zeep.Client(url, port_name=port)
            answer = client.service.placeOrder(**{
                "order-id": "a b/1", "verbose": True, "tag": ["x", "y&z"], "X-Trace": "t1", "body": order})
            told = plain(answer)
            assert told["method"] == "POST" and told["path"] == "/v1/orders/a%20b%2F1", told
            assert told["query"] == "verbose=true&tag=x&tag=y%26z" and told["trace"] == "t1", told
            same = {name: value for name, value in told["order"].items() if name != "note"}
            assert same == {name: value for name, value in order.items() if name != "note"}, told
            # zeep takes elements that stand alone out of those around them.
            assert client.service.get_orders_order_id(**{"order-id": "1"}) == "/v1/orders/1"
            for name, code, status in [("missing", ("Client", "Sender"), 404), ("broken", ("Server", "Receiver"), 500)]:
                try:
                    client.service.placeOrder(**{"order-id": name, "body": {"kind": "bulk", "items": []}})
                    raise AssertionError("no fault")
                except zeep.exceptions.Fault as fault:
                    assert fault.code.split(":")[-1] in code, fault.code
                    detail = fault.detail[0] if port.endswith("12") else fault.detail[0]
                    told = {child.tag.split("}")[1]: child.text for child in detail}
                    assert told["status"] == str(status), told
            try:
                client.service.placeOrder(**{"order-id": "1", "body": {"kind": "neither", "items": []}})
                raise AssertionError("no fault")
            except zeep.exceptions.Fault as fault:
                assert "/placeOrder/body/kind" in fault.message, fault.message
        subprocess.run(["node", os.path.join(HERE, "client.js"), url], check=True, timeout=60)
    print("offer: zeep calls a REST service by the WSDL that naru writes")


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def spyne_service():
    """A SOAP service by spyne, which checks what it gets by its schema (libxml2)."""
    from spyne import Application, ComplexModel, Decimal as Dec, Enum, Fault, Integer, Iterable, ServiceBase, Unicode, rpc
    from spyne import Array, Date, XmlAttribute
    from spyne.protocol.soap import Soap11
    from spyne.server.wsgi import WsgiApplication

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
        total = Dec

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

    application = Application([Shop], "urn:shop", in_protocol=Soap11(validator="lxml"), out_protocol=Soap11())
    server = make_server("127.0.0.1", 0, WsgiApplication(application), handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"127.0.0.1:{server.server_address[1]}"


def spyne():
    address = spyne_service()
    with tempfile.TemporaryDirectory() as folder:
        wsdl = os.path.join(folder, "shop.wsdl")
        with open(wsdl, "wb") as file:
            file.write(requests.get(f"http://{address}/?wsdl", timeout=20).content)
        with Bridge(BRIDGE, address, "soap", wsdl) as naru:
            order = {"kind": "retail", "due": "2026-03-01",
                     "line": [{"@unit": "box", "sku": "s1", "count": 2}, {"sku": "s2", "count": 3}]}
            answer = post(naru.address, "place", {"order": order})
            assert answer.status_code == 200, answer.text
            assert answer.json() == {"placeResult": order | {"total": 5}}, answer.text
            answer = post(naru.address, "place", {"order": order | {"kind": "bulk"}})
            problem = answer.json()
            assert (answer.status_code, problem["detail"]) == (400, "bulk orders are not taken"), answer.text
            assert problem["fault"]["code"] == "Client.NotAllowed", answer.text
            answer = post(naru.address, "place", {"order": order | {"kind": "other"}})
            assert answer.status_code == 422 and "/order/kind" in answer.json()["detail"], answer.text
            answer = requests.get(f"http://{naru.address}/api/repeat?times=2&text=%EB%82%98%EB%A3%A8", timeout=20)
            assert answer.json() == {"repeatResult": {"string": ["나루", "나루"]}}, answer.text
            document = requests.get(f"http://{naru.address}/api/?openapi", timeout=20).json()
            assert set(document["paths"]) == {"/place", "/repeat"}, document
    print("spyne: its service answers JSON, and faults are problems")


def main():
    for name, (given, told) in CASES.items():
        feature(name, given, told)
    for port in ["Soap11", "Soap12"]:
        feature("document", *CASES["document"], port)
    offered()
    spyne()


main()
