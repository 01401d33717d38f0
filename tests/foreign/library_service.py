"""A part of crates/convert/tests/grpc/library.proto by Google's own gRPC library, its messages coded by hand, as Debian has no
compiler of them for Python in the package. Started by naru; listens on HOST:PORT."""
import concurrent.futures
import os
import threading

import grpc

cleared = threading.Event()


def get(request, context):
    # The name is field 1 of the request and of a shelf.
    context.set_trailing_metadata((("x-cost", "3"),))
    return request


def watch(request, context):
    """Sends one, and the rest when the shelf has been cleared."""
    yield request
    cleared.wait(60)
    yield request + b"\x18\x01"
    context.abort(grpc.StatusCode.UNAVAILABLE, "closed for today")


def clear(request, context):
    cleared.set()
    return request


def fail(request, context):
    context.abort(grpc.StatusCode.NOT_FOUND, "no such shelf")


HANDLERS = grpc.method_handlers_generic_handler(
    "library.v1.Library",
    {
        "GetShelf": grpc.unary_unary_rpc_method_handler(get),
        "WatchShelf": grpc.unary_stream_rpc_method_handler(watch),
        "ClearShelf": grpc.unary_unary_rpc_method_handler(clear),
        "Fail": grpc.unary_unary_rpc_method_handler(fail),
    },
)

server = grpc.server(concurrent.futures.ThreadPoolExecutor(8))
server.add_generic_rpc_handlers((HANDLERS,))
server.add_insecure_port(f"{os.environ['HOST']}:{os.environ['PORT']}")
server.start()
server.wait_for_termination()
