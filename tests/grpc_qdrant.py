"""A Qdrant server that speaks gRPC over a real socket, as far as a count goes, and fails on request."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from qdrant_client import grpc as messages

COUNT = 7


class GrpcQdrant(messages.PointsServicer, messages.CollectionsServicer):
    """Answers counts with COUNT and writes down what else it is asked; `codes` are what the next counts end with."""

    def __init__(self) -> None:
        self.codes: list[grpc.StatusCode] = []
        self.trailers: tuple[tuple[str, str], ...] = ()
        self.calls: list[dict[str, str]] = []  # the metadata of each
        self.remaining: list[float] = []  # seconds that each call still had
        self.received: list[Any] = []  # creations, indexes, points and searches, as they came
        self.hang = threading.Event()
        self.hang.set()
        self.port = 0

    def Count(self, request: Any, context: Any) -> Any:  # noqa: N802 - Qdrant's name
        """One count, or the next failure."""
        self.calls.append({name: str(value) for name, value in context.invocation_metadata()})
        self.remaining.append(float(context.time_remaining()))
        self.hang.wait(10)
        if self.codes:
            context.set_trailing_metadata(self.trailers)
            context.abort(self.codes.pop(0), "made up by the test")
        return messages.CountResponse(result=messages.CountResult(count=COUNT), time=0.0)

    def Create(self, request: Any, _: Any) -> Any:  # noqa: N802 - Qdrant's name
        """A collection that is made."""
        self.received.append(request)
        return messages.CollectionOperationResponse(result=True)

    def CreateFieldIndex(self, request: Any, _: Any) -> Any:  # noqa: N802 - Qdrant's name
        """An index that is made."""
        return self._done(request)

    def Upsert(self, request: Any, _: Any) -> Any:  # noqa: N802 - Qdrant's name
        """Points that are written."""
        return self._done(request)

    def Query(self, request: Any, _: Any) -> Any:  # noqa: N802 - Qdrant's name
        """A search that finds nobody."""
        self.received.append(request)
        return messages.QueryResponse()

    def _done(self, request: Any) -> Any:
        self.received.append(request)
        return messages.PointsOperationResponse(result=messages.UpdateResult(status=messages.UpdateStatus.Completed))


@contextmanager
def grpc_qdrant() -> Iterator[GrpcQdrant]:
    """A running double, stopped at the end."""
    double = GrpcQdrant()
    with ThreadPoolExecutor(4) as threads:
        server = grpc.server(threads)
        messages.add_PointsServicer_to_server(double, server)
        messages.add_CollectionsServicer_to_server(double, server)
        double.port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield double
        finally:
            double.hang.set()
            server.stop(None).wait()
