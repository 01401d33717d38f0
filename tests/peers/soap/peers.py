"""naru between SOAP and REST, with zeep, spyne and npm soap on both sides: `peers.py NARU WSDL-FOLDER`; any surprise is an exception.

naru runs the services and all the routes at once; what goes through it is compared with what zeep says and hears without it.
"""
import base64
import json
import os
import subprocess
import sys
from datetime import date

import requests
import zeep
from zeep.helpers import serialize_object

from envelopes import body_of, renamed
from features import CASES
from naru import Naru, free_port

NARU, FOLDER = sys.argv[1:3]
HERE = os.path.dirname(os.path.abspath(__file__))
SHOP = os.environ["NARU_PEERS_SHOP"]
# Each WSDL, and the one that has two ports by each of them.
ROUTES = [(name, None) for name in CASES] + [("document", "Soap11"), ("document", "Soap12")]
WITHOUT = free_port()


def path_of(name, port):
    return f"/{name}-{port}" if port else f"/{name}"


def yaml():
    python = json.dumps([sys.executable, os.path.join(HERE, "services.py")])[:-1]
    quotes = json.dumps(["node", os.path.join(HERE, "quotes.js"), os.path.join(FOLDER, "document.wsdl")])
    environment = json.dumps({name: os.environ[name] for name in ["NODE_PATH", "PYTHONPATH"]})
    lines = ["services:"]
    # zeep speaks to this one without naru, so its port has to be known.
    lines.append(f"  echo: {{ exec: {python}, echo], port: {WITHOUT}, env: {environment} }}")
    lines += [f"  {name}: {{ exec: {python}, {name}], env: {environment} }}" for name in ["orders", "shop"]]
    lines += [f"  quotes: {{ exec: {quotes}, env: {environment} }}", "routes:"]

    def route(path, to, conversion=None):
        lines.append(f"  - {{ match: {{ path: {path} }}, to: {to}{', convert: [' + conversion + ']' if conversion else ''} }}")

    def soap(file, port=None):
        return f"{{ soap: {{ wsdl: {json.dumps(file)}{', port: ' + port if port else ''} }} }}"

    for name, port in ROUTES:
        route(path_of(name, port) + "/**", "echo", soap(os.path.join(FOLDER, name + ".wsdl"), port))
    route("/plain/**", "echo")
    offer = {"openapi": os.path.join(HERE, "orders.yaml"), "namespace": "urn:orders", "name": "Orders"}
    route("/soap", "orders", json.dumps({"offer_soap": offer}))
    route("/shop/**", "shop", soap(SHOP))
    route("/quotes/**", "quotes", soap(os.path.join(FOLDER, "document.wsdl")))
    return "\n".join(lines) + "\n"


def plain(result):
    return serialize_object(result, dict)


def echo_last():
    return base64.b64decode(requests.get(f"http://127.0.0.1:{WITHOUT}/last", timeout=20).json()["body"])


def echo_says(envelope):
    requests.put(f"http://127.0.0.1:{WITHOUT}/canned", data=envelope, timeout=20)


def feature(naru, name, port):
    """zeep without naru, zeep through naru, and JSON through naru send the same, and each reads what another's service answers."""
    given, told = CASES[name]
    client = zeep.Client(os.path.join(FOLDER, name + ".wsdl"), port_name=port)
    binding = list(client.wsdl.bindings)[0] if port is None else client.service._binding.name
    values = given(client) if callable(given) else given
    url = naru.url + path_of(name, port) + "/Echo"
    echo_says(b"")

    direct = client.create_service(str(binding), f"http://127.0.0.1:{WITHOUT}/soap")
    without = plain(direct.Echo(**values))
    sent_by_zeep = echo_last()
    through = client.create_service(str(binding), naru.url + "/plain/soap")
    assert plain(through.Echo(**values)) == without, name
    assert echo_last() == sent_by_zeep, name

    answer = requests.post(url, json=told, timeout=20)
    assert answer.status_code == 200, answer.text
    sent_by_naru = echo_last()
    assert body_of(sent_by_naru) == body_of(sent_by_zeep), f"{name}\n{sent_by_naru}\n{sent_by_zeep}"
    assert answer.json() == told, f"{name}: {answer.text}"
    # What zeep has written, read by naru.
    echo_says(renamed(sent_by_zeep))
    answer = requests.post(url, json=told, timeout=20)
    assert answer.json() == told, f"{name}: {answer.text}"
    # What naru has written, read by zeep.
    echo_says(renamed(sent_by_naru))
    assert plain(direct.Echo(**values)) == without, name
    print(f"  {name}{' ' + port if port else ''}: zeep sends and gets the same with and without naru")


def offered(naru):
    """A REST service as SOAP, called by zeep and npm soap by the WSDL that naru writes."""
    url = naru.url + "/soap?wsdl"
    for port in ["OrdersSoap11", "OrdersSoap12"]:
        client = zeep.Client(url, port_name=port)
        offered_call(client)
        offered_faults(client)
    subprocess.run(["node", os.path.join(HERE, "client.js"), url], check=True, timeout=60)
    print("  offered as SOAP: zeep (1.1 and 1.2) and npm soap call a REST service by the WSDL that naru writes; problems are faults")


def offered_call(client):
    order = {
        "kind": "bulk", "count": 3, "price": 1.5, "paid": True, "due": date(2026, 3, 1), "note": None,
        "items": [{"sku": "s1", "parts": [{"sku": "s2", "parts": []}]}, {"sku": "s3", "parts": []}],
        "labels": {"entry": [{"key": "a", "value": 1}]},
        "grid": [{"item": [1, 2]}, {"item": [3]}],
        "free_form": json.dumps({"any": ["thing"]}, separators=(",", ":")),
    }
    told = plain(client.service.placeOrder(**{
        "order-id": "a b/1", "verbose": True, "tag": ["x", "y&z"], "X-Trace": "t1", "body": order}))
    assert told["method"] == "POST" and told["path"] == "/v1/orders/a%20b%2F1", told
    assert told["query"] == "verbose=true&tag=x&tag=y%26z" and told["trace"] == "t1", told
    same = {name: value for name, value in told["order"].items() if name != "note"}
    assert same == {name: value for name, value in order.items() if name != "note"}, told
    # zeep takes elements that stand alone out of those around them.
    assert client.service.get_orders_order_id(**{"order-id": "1"}) == "/v1/orders/1"


def offered_faults(client):
    def fault_of(**arguments):
        try:
            client.service.placeOrder(**arguments)
        except zeep.exceptions.Fault as fault:
            return fault
        raise AssertionError("no fault")

    for name, code, status in [("missing", ("Client", "Sender"), 404), ("broken", ("Server", "Receiver"), 500)]:
        fault = fault_of(**{"order-id": name, "body": {"kind": "bulk", "items": []}})
        assert fault.code.split(":")[-1] in code, fault.code
        told = {child.tag.split("}")[1]: child.text for child in fault.detail[0]}
        assert told["status"] == str(status), told
    fault = fault_of(**{"order-id": "1", "body": {"kind": "neither", "items": []}})
    assert "/placeOrder/body/kind" in fault.message, fault.message


def spyne(naru):
    """A service by spyne as REST; it checks what naru sends by its schema."""
    url = naru.url + "/shop/"
    order = {"kind": "retail", "due": "2026-03-01",
             "line": [{"@unit": "box", "sku": "s1", "count": 2}, {"sku": "s2", "count": 3}]}
    answer = requests.post(url + "place", json={"order": order}, timeout=20)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"placeResult": order | {"total": 5}}, answer.text
    answer = requests.post(url + "place", json={"order": order | {"kind": "bulk"}}, timeout=20)
    problem = answer.json()
    assert (answer.status_code, problem["detail"]) == (400, "bulk orders are not taken"), answer.text
    assert problem["fault"]["code"] == "Client.NotAllowed", answer.text
    answer = requests.post(url + "place", json={"order": order | {"kind": "other"}}, timeout=20)
    assert answer.status_code == 422 and "/order/kind" in answer.json()["detail"], answer.text
    answer = requests.get(url + "repeat?times=2&text=%EB%82%98%EB%A3%A8", timeout=20)
    assert answer.json() == {"repeatResult": {"string": ["나루", "나루"]}}, answer.text
    document = requests.get(url + "?openapi", timeout=20).json()
    assert set(document["paths"]) == {"/place", "/repeat"}, document
    print("  spyne as REST: its service answers JSON, and faults are problems")


def npm_soap(naru):
    """A service by npm soap as REST."""
    told = {"name": "왜 < ?", "amount": 1.5, "tag": ["a", "b"]}
    answer = requests.post(naru.url + "/quotes/Echo", json=told, timeout=20)
    assert (answer.status_code, answer.json()) == (200, told), answer.text
    answer = requests.post(naru.url + "/quotes/Echo", json=told | {"name": "?"}, timeout=20)
    problem = answer.json()
    assert (answer.status_code, problem["detail"]) == (400, "who asks must have a name"), answer.text
    assert problem["fault"]["code"] == "Client", answer.text
    print("  npm soap as REST: its service answers JSON, and faults are problems")


def main():
    with Naru(NARU, yaml()) as naru:
        for name, port in ROUTES:
            feature(naru, name, port)
        offered(naru)
        spyne(naru)
        npm_soap(naru)


main()
