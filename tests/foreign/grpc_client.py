"""Calls tests/foreign/grpc_service.py through the address given; any surprise is an exception."""
import queue
import sys
import time

import grpc

channel = grpc.insecure_channel(sys.argv[1])

answer, call = channel.unary_unary("/naru.Test/One").with_call(b"hello", timeout=10)
assert answer == b"one hello", answer
assert dict(call.trailing_metadata())["served-by"].startswith("grpc-1-"), call.trailing_metadata()

began = time.monotonic()
arrived = [(item, time.monotonic() - began) for item in channel.unary_stream("/naru.Test/Many")(b"n", timeout=10)]
assert [item for item, _ in arrived] == [b"n 0", b"n 1", b"n 2"], arrived
assert arrived[0][1] < arrived[2][1] - 0.15, f"held back: {arrived}"

# Each request is sent only after the answer to the one before: nothing may wait for the end of the stream.
sent = queue.Queue()
answers = channel.stream_stream("/naru.Test/Both")(iter(sent.get, None), timeout=10)
for number in range(5):
    sent.put(b"%d" % number)
    assert next(answers) == b"echo %d" % number
sent.put(None)
assert list(answers) == []

try:
    channel.unary_unary("/naru.Test/Fails")(b"", timeout=10)
    raise AssertionError("it did not fail")
except grpc.RpcError as error:
    assert error.code() == grpc.StatusCode.NOT_FOUND and error.details() == "no such booking", error

large = b"x" * 3_000_000
assert channel.unary_unary("/naru.Test/One")(large, timeout=20) == b"one " + large
print("gRPC is well")
