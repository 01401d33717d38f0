"""The library of crates/convert/tests/grpc/library.proto by Google's own gRPC library. Started by naru; listens on HOST:PORT."""
import concurrent.futures
import os
import time

import grpc
from google.api import httpbody_pb2
from google.protobuf import any_pb2, empty_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

import library_pb2 as pb
import library_pb2_grpc


def fail(context, request):
    """Ends the call with the code asked for, with details where these are asked for."""
    message = f"code {request.code}: 없음 100%"
    if not request.detailed:
        context.abort(next(code for code in grpc.StatusCode if code.value[0] == request.code), message)
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason="FULL", domain="library.example"))
    unknown = any_pb2.Any(type_url="example/what.Ever", value=b"ab")
    status = status_pb2.Status(code=request.code, message=message, details=[detail, unknown])
    context.abort_with_status(rpc_status.to_status(status))


class Library(library_pb2_grpc.LibraryServicer):
    def GetShelf(self, request, context):
        asked = dict(context.invocation_metadata())
        context.send_initial_metadata((("x-seen-tenant", asked.get("x-tenant", "")),))
        left = context.time_remaining()
        context.set_trailing_metadata((("x-left", "none" if left is None or left > 1e6 else f"{left:.3f}"),))
        return pb.Shelf(name=request.name, themes=["deep"] if request.deep else [], books=9007199254740993)

    def ListShelves(self, request, context):
        return pb.Shelves(said=str(request), shelves=[pb.Shelf(kind=kind) for kind in request.kinds])

    def CreateShelf(self, request, context):
        return pb.Shelf(name=request.shelf.name, themes=[request.place, *request.mask.paths], kind=request.shelf.kind)

    UpdateShelf = CreateShelf

    def DeleteShelf(self, request, context):
        return empty_pb2.Empty()

    def ClearShelf(self, request, context):
        return pb.Shelf(name=request.name, themes=["cleared"])

    def PurgeShelf(self, request, context):
        return pb.Shelf(name=request.name, themes=["purged"])

    def GetThemes(self, request, context):
        return pb.Shelf(name=request.name, themes=["가", "b"])

    def GetFile(self, request, context):
        return httpbody_pb2.HttpBody(content_type="text/plain; charset=utf-8", data=request.name.encode())

    def PutFile(self, request, context):
        return pb.Shelf(name=request.content_type, books=len(request.data))

    def WatchShelf(self, request, context):
        for number in range(request.count):
            yield pb.Shelf(name=request.name, books=number)
            time.sleep(request.every / 1000)

    def FillShelf(self, requests, context):
        return pb.Shelf(books=sum(1 for _ in requests))

    def Fail(self, request, context):
        fail(context, request)

    def FailLater(self, request, context):
        for number in range(request.after):
            yield pb.Shelf(books=number)
        fail(context, request)

    def Internal(self, request, context):
        return pb.Shelf(name="nobody outside may see this")


class Mirror(library_pb2_grpc.MirrorServicer):
    def Reflect(self, request, context):
        return request

    def Repeat(self, request, context):
        for _ in range(request.an_int32):
            yield request

    def Metadata(self, request, context):
        return pb.Shelf(themes=sorted(f"{name}: {value}" for name, value in context.invocation_metadata()))

    def Both(self, requests, context):
        yield from requests


server = grpc.server(concurrent.futures.ThreadPoolExecutor(16))
library_pb2_grpc.add_LibraryServicer_to_server(Library(), server)
library_pb2_grpc.add_MirrorServicer_to_server(Mirror(), server)
server.add_insecure_port(f"{os.environ['HOST']}:{os.environ['PORT']}")
server.start()
server.wait_for_termination()
