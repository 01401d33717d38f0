"""The features of XML Schema and the kinds of bindings: for each WSDL a value as zeep takes it and as naru's JSON tells it."""
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

SEOUL = timezone(timedelta(hours=9))


def extension(client):
    ns = "{http://example.go.kr/extension}"
    cat, lion = client.get_type(ns + "Cat"), client.get_type(ns + "Lion")
    cub = lion(name="Simba", lives=1)
    return {"pet": [cat(name="나비", chip="c1", lives=9), lion(name="Leo", lives=2, cub=[cub])],
            "favourite": cat(name="Tom", lives=7)}


def nillable(client):
    from zeep import xsd
    return {"count": xsd.Nil, "box": xsd.Nil, "maybe": xsd.Nil, "several": [1, xsd.Nil, 3]}


# file: (what zeep is given, what naru's JSON is)
CASES = {
    "choice": ({"id": 7, "bank": "K", "account": "110-22",
                "_value_1": [{"line": "a"}, {"discount": Decimal("1.5")}, {"line": "b"}]},
               {"id": 7, "bank": "K", "account": "110-22", "#items": [{"line": "a"}, {"discount": 1.5}, {"line": "b"}]}),
    "enumeration": ({"color": "파랑", "level": 2, "zip": "04524"}, {"color": "파랑", "level": 2, "zip": "04524"}),
    # Not `sizes`: zeep itself can't read lists of a union.
    "union": ({"size": 12, "other": "large", "numbers": [1, 2, -3]}, {"size": 12, "other": "large", "numbers": [1, 2, -3]}),
    "optional": ({"second": False, "from": date(2026, 3, 1), "until": datetime(2026, 3, 2, 9, 30, tzinfo=SEOUL), "last": 1},
                 {"second": False, "from": "2026-03-01", "until": "2026-03-02T09:30:00+09:00", "last": 1}),
    "repeated": ({"name": ["one"], "point": [{"x": 1, "y": 2}, {"x": 3, "y": 4}],
                  "_value_1": [{"key": "a", "value": Decimal("0.1")}, {"key": "b"}]},
                 {"name": ["one"], "point": [{"x": 1, "y": 2}, {"x": 3, "y": 4}],
                  "#items": [{"key": "a", "value": 0.1}, {"key": "b"}]}),
    "attributes": ({"id": 3, "by": "김", "price": {"_value_1": Decimal("12000"), "currency": "KRW"}},
                   {"@id": 3, "@by": "김", "price": {"@currency": "KRW", "#text": 12000}}),
    "extension": (extension,
                  {"pet": [{"@xsi:type": "Cat", "@chip": "c1", "name": "나비", "lives": 9},
                           {"@xsi:type": "Lion", "name": "Leo", "lives": 2,
                            "cub": [{"name": "Simba", "lives": 1, "cub": []}]}],
                   "favourite": {"name": "Tom", "lives": 7}}),
    "nillable": (nillable, {"count": None, "box": None, "maybe": None, "several": [1, None, 3]}),
    "imports": ({"address": {"kind": "home", "street": "세종대로", "zip": "04524", "note": "n"}, "remark": "r"},
                {"address": {"@kind": "home", "street": "세종대로", "zip": "04524", "note": "n"}, "remark": "r"}),
    "includes": ({"from": date(2026, 1, 1), "place": {"name": "시청", "floor": 3}},
                 {"from": "2026-01-01", "place": {"name": "시청", "floor": 3}}),
    "rpc": ({"point": {"x": 1.5, "y": -1.5, "tag": ["a"]}, "times": 2},
            {"point": {"x": 1.5, "y": -1.5, "tag": ["a"]}, "times": 2}),
    "document": ({"name": "왜 < ?", "amount": Decimal("1.5"), "tag": ["a", "b"]},
                 {"name": "왜 < ?", "amount": 1.5, "tag": ["a", "b"]}),
}
