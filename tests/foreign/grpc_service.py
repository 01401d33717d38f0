"""A gRPC service of Google's own library: one, many, both ways, and an error. Started by naru; listens on HOST:PORT."""
import concurrent.futures
import os
import time

import grpc


def one(request, context):
    context.set_trailing_metadata((("served-by", os.environ["NARU_INSTANCE"]),))
    return b"one " + request


def many(request, context):
    for number in range(3):
        yield b"%s %d" % (request, number)
        time.sleep(0.1)


def both(requests, context):
    for request in requests:
        yield b"echo " + request


def fails(request, context):
    context.abort(grpc.StatusCode.NOT_FOUND, "no such booking")


HANDLERS = grpc.method_handlers_generic_handler(
    "naru.Test",
    {
        "One": grpc.unary_unary_rpc_method_handler(one),
        "Many": grpc.unary_stream_rpc_method_handler(many),
        "Both": grpc.stream_stream_rpc_method_handler(both),
        "Fails": grpc.unary_unary_rpc_method_handler(fails),
    },
)

server = grpc.server(concurrent.futures.ThreadPoolExecutor(8))
server.add_generic_rpc_handlers((HANDLERS,))
server.add_insecure_port(f"{os.environ['HOST']}:{os.environ['PORT']}")
server.start()
server.wait_for_termination()
