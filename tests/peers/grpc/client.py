"""Calls the library by plain HTTP with JSON, and in gRPC itself, through naru. Any surprise is an exception.

usage: client.py ADDRESS
"""
import http.client
import json
import queue
import sys
import threading
import time

import grpc
from google.protobuf import json_format

import library_pb2 as pb
import library_pb2_grpc

ADDRESS = sys.argv[1]
CODES = {1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 11: 400, 12: 501, 13: 500,
         14: 503, 15: 500, 16: 401}


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.media = self.headers.get("content-type", "").split(";")[0]
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)


def opened(method, target, body=None, headers=None):
    connection = http.client.HTTPConnection(ADDRESS, timeout=20)
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body)
        headers = {"content-type": "application/json", **(headers or {})}
    connection.request(method, target, body, headers or {})
    return connection.getresponse()


def ask(method, target, body=None, headers=None):
    return Answer(opened(method, target, body, headers))


def is_told(answer, status, value):
    assert (answer.status, answer.json) == (status, value), (answer.status, answer.body)


def one_message():
    answer = ask("GET", "/v1/shelves/1?deep=true", headers={"x-tenant": "a"})
    is_told(answer, 200, {"name": "shelves/1", "themes": ["deep"], "books": "9007199254740993"})
    assert answer.media == "application/json" and answer.headers["x-seen-tenant"] == "a", answer.headers
    # The route's timeout is 5 s.
    assert 0 < float(answer.headers["x-left"]) <= 5, answer.headers
    head = ask("HEAD", "/v1/shelves/1")
    assert (head.status, head.body) == (200, b"")
    said = ask("GET", "/v1/shelves?filter.themes=%EA%B0%80&filter.otherwise.at_least=3&kinds=OPEN&kinds=LOCKED&full=false").json
    assert said["shelves"] == [{"kind": "OPEN"}, {"kind": "LOCKED"}], said
    assert "at_least: 3" in said["said"] and "full" in said["said"], said
    is_told(ask("POST", "/v1/shelves?place=p&mask=a.b", {"name": "n", "kind": 2}), 200,
            {"name": "n", "themes": ["p", "a.b"], "kind": "LOCKED"})
    is_told(ask("PUT", "/v1/places/%EC%84%9C%EC%9A%B8/shelves", {"shelf": {"name": "n"}}), 200,
            {"name": "n", "themes": ["서울"]})
    is_told(ask("PATCH", "/v1/shelves/7", {"kind": "OPEN"}), 200, {"name": "shelves/7", "themes": [""], "kind": "OPEN"})
    is_told(ask("DELETE", "/v1/shelves/7"), 200, {})
    is_told(ask("POST", "/v1/shelves/7:clear", {}), 200, {"name": "shelves/7", "themes": ["cleared"]})
    is_told(ask("PURGE", "/v1/shelves/7"), 200, {"name": "shelves/7", "themes": ["purged"]})
    is_told(ask("GET", "/v1/shelves/7/themes"), 200, ["가", "b"])
    file = ask("GET", "/v1/files/a/b%20c")
    assert (file.media, file.body) == ("text/plain", b"files/a/b c"), file.body
    is_told(ask("POST", "/v1/files", b"\x00\xff", {"content-type": "image/png"}), 200, {"name": "image/png", "books": "2"})
    print("  one message: well")


def json_as_googles():
    """What naru makes of a message is what Google's own library does."""
    everything = pb.Everything(
        a_double=0.1, a_float=0.1, an_int32=-1, an_int64=-(2**63), a_uint32=2**32 - 1, a_uint64=2**64 - 1, a_sint64=-1,
        a_bool=True, a_string="가\n\"\\\u2028", some_bytes=b"\x00\xff", a_kind=pb.LOCKED, numbers=[1, -2],
        by_name={"a": pb.Shelf(name="x")}, that=pb.Shelf(name="y"), maybe={"value": ""}, shown=0, named_otherwise="o",
        inner=pb.Everything(a_double=float("inf"), a_float=float("nan")))
    everything.at.FromJsonString("2026-11-21T20:00:00.123456789Z")
    everything.lasts.FromJsonString("-3.000000001s")
    everything.free.update({"a": [1, None, {"b": "c"}]})
    everything.mask.FromJsonString("aString,that.name")
    everything.any.Pack(pb.Shelf(name="in any"))
    everything.info.reason = "R"
    told = json.loads(json_format.MessageToJson(everything))
    answer = ask("POST", "/mirror/library.v1.Mirror/Reflect", told)
    assert answer.status == 200, answer.body
    assert json_format.Parse(answer.body, pb.Everything()).SerializeToString(deterministic=True) == \
        json_format.Parse(json.dumps(told), pb.Everything()).SerializeToString(deterministic=True), answer.body
    assert answer.json == told, (answer.json, told)
    # The names of the proto file do as well.
    by_name = json_format.MessageToDict(everything, preserving_proto_field_name=True)
    is_told(ask("POST", "/mirror/library.v1.Mirror/Reflect", by_name), 200, told)
    print("  JSON as Google's own: well")


def errors():
    for code, status in CODES.items():
        answer = ask("GET", f"/v1/fail/{code}")
        problem = answer.json
        name = next(c for c in grpc.StatusCode if c.value[0] == code).name
        assert (answer.status, answer.media) == (status, "application/problem+json"), (code, answer.status, answer.body)
        assert (problem["status"], problem["grpc_status"]) == (status, name), problem
        assert problem["detail"] == f"code {code}: 없음 100%", problem
    detailed = ask("GET", "/v1/fail/8?detailed=true").json
    assert detailed["details"] == [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "FULL", "domain": "library.example"},
        {"@type": "example/what.Ever", "value": "YWI="},
    ], detailed
    for method, target, body, status in [
        ("GET", "/v1/nowhere", None, 404), ("POST", "/v1/shelves/1", {}, 405), ("POST", "/v1/fill", {}, 501),
        ("POST", "/v1/shelves", b"{", 400), ("POST", "/v1/shelves", {"nome": 1}, 422), ("GET", "/v1/shelves?x=1", None, 422),
        ("POST", "/v1/shelves", {"name": "x" * (1 << 20)}, 413),
    ]:
        answer = ask(method, target, body)
        assert (answer.status, answer.media) == (status, "application/problem+json"), (target, answer.status, answer.body)
        assert answer.json["detail"], answer.body
    print("  errors: well")


def streams():
    answer = ask("GET", "/v1/shelves/1:watch?count=3")
    assert (answer.status, answer.media) == (200, "application/x-ndjson"), answer.headers
    lines = [json.loads(line) for line in answer.body.splitlines()]
    assert lines == [{"name": "shelves/1"}, {"name": "shelves/1", "books": "1"}, {"name": "shelves/1", "books": "2"}], lines
    # Each message is here before the next one is sent.
    response = opened("GET", "/v1/shelves/1:watch?count=3&every=300")
    began = time.monotonic()
    arrived = [time.monotonic() - began for _ in iter(response.readline, b"")]
    assert len(arrived) == 3 and arrived[0] < arrived[2] - 0.3, f"held back: {arrived}"
    answer = ask("GET", "/v1/shelves/1:watch?count=2", headers={"accept": "text/event-stream"})
    assert (answer.status, answer.media) == (200, "text/event-stream"), answer.headers
    assert answer.body == (b'data: {"name":"shelves/1"}\n\ndata: {"name":"shelves/1","books":"1"}\n\n'
                           b"event: end\ndata: {}\n\n"), answer.body
    nothing = ask("GET", "/v1/shelves/1:watch")
    assert (nothing.status, nothing.body) == (200, b""), nothing.body
    many = ask("GET", "/v1/shelves/1:watch?count=5000")
    assert len(many.body.splitlines()) == 5000

    # Before the first message it is an answer of its own, later a last line or event.
    early = ask("GET", "/v1/fail/5:later?detailed=true")
    assert (early.status, early.json["grpc_status"], len(early.json["details"])) == (404, "NOT_FOUND", 2), early.body
    late = ask("GET", "/v1/fail/14:later?after=2").body.splitlines()
    assert [json.loads(line) for line in late[:2]] == [{}, {"books": "1"}], late
    problem = json.loads(late[2])["@problem"]
    assert (problem["status"], problem["grpc_status"]) == (503, "UNAVAILABLE"), problem
    event = ask("GET", "/v1/fail/14:later?after=1", headers={"accept": "text/event-stream"}).body
    assert event.startswith(b'data: {}\n\nevent: problem\ndata: {"status":503,'), event
    print("  streams: well")


def native():
    channel = grpc.insecure_channel(ADDRESS)
    library = library_pb2_grpc.LibraryStub(channel)
    assert library.GetShelf(pb.GetShelfRequest(name="a"), timeout=10).name == "a"
    assert [shelf.books for shelf in library.WatchShelf(pb.WatchRequest(count=3), timeout=10)] == [0, 1, 2]
    assert library.FillShelf((pb.Shelf() for _ in range(5)), timeout=10).books == 5
    try:
        library.Fail(pb.FailRequest(code=5), timeout=10)
        raise AssertionError("it did not fail")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND, error
    # What is not offered is not there for them either.
    try:
        library.Internal(pb.GetShelfRequest(), timeout=10)
        raise AssertionError("Internal was called")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error
    # Each is sent after the answer to the one before: nothing waits for the end.
    sent = queue.Queue()
    both = grpc.insecure_channel(ADDRESS).stream_stream(
        "/library.v1.Mirror/Both", pb.Everything.SerializeToString, pb.Everything.FromString)
    answers = both(iter(sent.get, None), timeout=10, metadata=(("x-face", "web"),))
    for number in range(3):
        sent.put(pb.Everything(an_int32=number))
        assert next(answers).an_int32 == number
    sent.put(None)
    assert list(answers) == []
    print("  gRPC itself: well")


def hostile():
    """Nothing that is sent takes the gateway down, or is answered 5xx by naru."""
    bodies = [b"\x00" * 5, b"\xff" * 64, b"[" * 100000, b'{"filter":' * 90 + b"1" + b"}" * 90, b'"\xff"', b"\x80\x00\x00\x00\x00"]
    media = ["application/json", "application/grpc", "application/grpc-web", "application/grpc-web-text", "text/plain"]
    statuses = set()

    def send(body, kind):
        for target in ("/v1/shelves", "/mirror/library.v1.Mirror/Reflect", "/library.v1.Mirror/Reflect"):
            for face in ("rest", "web"):
                status = ask("POST", target, body, {"content-type": kind, "x-face": face}).status
                # gRPC itself passes, and grpcio breaks off calls whose frames are none.
                if not (kind == "application/grpc" and status == 502):
                    statuses.add(status)

    threads = [threading.Thread(target=send, args=(body, kind)) for body in bodies for kind in media]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert statuses <= {200, 400, 404, 405, 415, 422}, statuses
    assert ask("GET", "/v1/shelves/1").status == 200
    print("  hostile bodies: well")


one_message()
json_as_googles()
errors()
streams()
native()
hostile()
