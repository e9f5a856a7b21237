"""A Qdrant server over real sockets that misbehaves on request.

Behind the REST routes this project uses stands qdrant-client's emulator; in front of them a list of faults, each spent
on the next requests it fits.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel
from qdrant_client import QdrantClient, models

from tests.qdrant_snapshots import described, packed, unpack, uploaded

Kind = Literal["answer", "hang_up", "half_a_body", "slow", "lost_answer"]


@dataclass(slots=True)
class Fault:
    """What goes wrong, on which requests, how many times."""

    kind: Kind = "answer"
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b'{"status": {"error": "made up by the test"}}'
    seconds: float = 0.0
    times: int = 1
    method: str = ""  # empty: any
    path: str = ""  # a part of the path


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived, without its body: those are read by the client's own models, which refuse what no server knows."""

    method: str
    path: str
    key: str | None
    query: str = ""


class FaultyQdrant:
    """The double: `url` to talk to, `requests` that came, `fail` to plan what goes wrong."""

    def __init__(self, *, key: str | None = None) -> None:
        self.key = key
        self.requests: list[Request] = []
        self.created: dict[str, Any] = {}  # the body that made each collection: the emulator forgets most of it
        self.snapshots: dict[str, bytes] = {}  # by name; those that were made and not removed
        self.elsewhere: dict[str, int] = {}  # shards of a collection that lie on other nodes
        self.statuses: list[str] = []  # what the next looks at a collection see; then always green
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self.engine = QdrantClient(location=":memory:", force_disable_check_same_thread=True)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def fail(self, fault: Fault) -> None:
        """Let the next fitting requests go wrong."""
        with self._lock:
            self._faults.append(fault)

    def heal(self) -> None:
        """Forget the faults that are left."""
        with self._lock:
            self._faults.clear()

    def count(self, method: str, ending: str) -> int:
        """How many requests of this method had a path with this ending."""
        return sum(seen.method == method and seen.path.endswith(ending) for seen in self.requests)

    def next_fault(self, method: str, path: str) -> Fault | None:
        """The fault this request runs into, spent once."""
        with self._lock:
            for fault in self._faults:
                if fault.times > 0 and fault.method in ("", method) and fault.path in path:
                    fault.times -= 1
                    return fault
        return None

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.engine.close()

    def carry_out(self, method: str, path: str, body: Any) -> Any:
        """What the emulator answers; KeyError for a route it does not know, ValueError where a server says 404."""
        with self._lock:
            if method == "PUT" and _shape(path) == "collections/*":
                self.created[_collection(path)] = body
            if "snapshots" in path or path.endswith("/cluster"):
                return self._snapshot(method, path, body)
            answer = _ROUTES[method, _shape(path)](self.engine, _collection(path), body)
            if isinstance(answer, models.CollectionInfo) and self.statuses and answer.points_count:
                answer.status = models.CollectionStatus(self.statuses.pop(0))
            return answer

    def _snapshot(self, method: str, path: str, body: Any) -> Any:
        name, ending = _collection(path), path.rsplit("/", 1)[-1]
        match method, ending:
            case "GET", "cluster":
                return self._placement(name)
            case "POST", "snapshots":
                content = packed(self.engine, name, self.created[name])
                made = f"{name}-{len(self.snapshots)}.snapshot"
                self.snapshots[made] = content
                return described(made, content)
            case "POST", "upload":
                self.created[name] = unpack(self.engine, name, body)
                return True
            case "DELETE", _:
                return self.snapshots.pop(ending, None) is not None
            case _:
                return self.snapshots[ending]

    def _placement(self, name: str) -> Any:
        self.engine.get_collection(name)
        here = [models.LocalShardInfo(shard_id=0, points_count=1, state=models.ReplicaState.ACTIVE)]
        count = 1 + self.elsewhere.get(name, 0)
        return models.CollectionClusterInfo(
            peer_id=1, shard_count=count, local_shards=here, remote_shards=[], shard_transfers=[]
        )


@contextmanager
def faulty_qdrant(*, key: str | None = None) -> Iterator[FaultyQdrant]:
    """A running double, stopped at the end."""
    double = FaultyQdrant(key=key)
    try:
        yield double
    finally:
        double.close()


def _shape(path: str) -> str:
    parts = path.strip("/").split("/")
    return "/".join(["*" if place == 1 else part for place, part in enumerate(parts)])


def _collection(path: str) -> str:
    parts = path.strip("/").split("/")
    return parts[1] if len(parts) > 1 else ""


def _create(engine: QdrantClient, name: str, body: Any) -> bool:
    asked = models.CreateCollection.model_validate(body)
    return engine.create_collection(
        name,
        vectors_config=asked.vectors,
        sparse_vectors_config=asked.sparse_vectors,
        metadata=asked.metadata,
    )


def _query(engine: QdrantClient, name: str, body: Any) -> Any:
    asked = models.QueryRequest.model_validate(body)
    query: Any = asked.query.nearest if isinstance(asked.query, models.NearestQuery) else asked.query
    return engine.query_points(
        name,
        query=query,
        using=asked.using,
        limit=asked.limit or 10,
        query_filter=asked.filter,
        with_payload=asked.with_payload or False,
    )


def _scroll(engine: QdrantClient, name: str, body: Any) -> Any:
    asked = models.ScrollRequest.model_validate(body)
    records, following = engine.scroll(
        name,
        asked.filter,
        limit=asked.limit or 10,
        offset=asked.offset,
        with_payload=asked.with_payload or False,
        with_vectors=asked.with_vector or False,
    )
    return {"points": records, "next_page_offset": following}


def _retrieve(engine: QdrantClient, name: str, body: Any) -> Any:
    asked = models.PointRequest.model_validate(body)
    return engine.retrieve(
        name, asked.ids, with_payload=asked.with_payload or False, with_vectors=asked.with_vector or False
    )


def _delete_points(engine: QdrantClient, name: str, body: Any) -> Any:
    selector = models.PointIdsList if "points" in body else models.FilterSelector
    return engine.delete(name, selector.model_validate(body))


def _update_collection(engine: QdrantClient, name: str, body: Any) -> bool:
    models.UpdateCollection.model_validate(body)
    return engine.update_collection(name, metadata=body.get("metadata"))


def _upsert(engine: QdrantClient, name: str, body: Any) -> Any:
    return engine.upsert(name, models.PointsList.model_validate(body).points)


def _count(engine: QdrantClient, name: str, body: Any) -> Any:
    return engine.count(name, models.CountRequest.model_validate(body).filter)


def _facet(engine: QdrantClient, name: str, body: Any) -> Any:
    asked = models.FacetRequest.model_validate(body)
    return engine.facet(name, asked.key, facet_filter=asked.filter, limit=asked.limit or 10)


def _index_made(engine: QdrantClient, name: str, body: Any) -> Any:
    models.CreateFieldIndex.model_validate(body)
    engine.get_collection(name)
    return {"operation_id": 0, "status": "completed"}


_ROUTES: Mapping[tuple[str, str], Any] = {
    ("GET", "collections"): lambda engine, name, body: engine.get_collections(),
    ("GET", "collections/*"): lambda engine, name, body: engine.get_collection(name),
    ("PUT", "collections/*"): _create,
    ("PATCH", "collections/*"): _update_collection,
    ("DELETE", "collections/*"): lambda engine, name, body: engine.delete_collection(name),
    ("PUT", "collections/*/index"): _index_made,
    ("PUT", "collections/*/points"): _upsert,
    ("POST", "collections/*/points"): _retrieve,
    ("POST", "collections/*/points/query"): _query,
    ("POST", "collections/*/points/scroll"): _scroll,
    ("POST", "collections/*/points/count"): _count,
    ("POST", "collections/*/points/delete"): _delete_points,
    ("POST", "collections/*/facet"): _facet,
}


def _jsonable(answer: Any) -> Any:
    if isinstance(answer, BaseModel):
        return answer.model_dump(mode="json")
    if isinstance(answer, dict):
        return {name: _jsonable(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [_jsonable(value) for value in answer]
    return answer


def _handler(double: FaultyQdrant) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            self._serve()

        do_PUT = do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names http.server looks for

        def _serve(self) -> None:
            path, query = urlsplit(self.path).path, urlsplit(self.path).query
            body = self._body()
            double.requests.append(Request(self.command, path, self.headers.get("api-key"), query))
            if double.key is not None and self.headers.get("api-key") != double.key:
                self._reply(401, b"Invalid API key or JWT")
                return
            fault = double.next_fault(self.command, path)
            if fault is None:
                self._reply(*self._answer(path, body))
            else:
                self._misbehave(fault, path, body)

        def _body(self) -> Any:
            if self.headers.get("Transfer-Encoding") == "chunked":
                raise AssertionError("a server would take it, this double does not")
            length, kind = int(self.headers.get("Content-Length") or 0), self.headers.get("Content-Type") or ""
            content = self.rfile.read(length)
            if kind.startswith("multipart/"):
                return uploaded(kind, content)
            return json.loads(content) if content else None

        def _answer(self, path: str, body: Any) -> tuple[int, bytes]:
            try:
                result = double.carry_out(self.command, path, body)
            except KeyError:
                return 404, b'{"status": {"error": "no such route"}}'
            except ValueError as error:
                status = 409 if "already exists" in str(error) else 404
                return status, json.dumps({"status": {"error": str(error)}}).encode()
            if isinstance(result, bytes):
                return 200, result
            answer = {"result": _jsonable(result), "status": "ok", "time": 0.0}
            return 200, json.dumps(answer).encode()

        def _misbehave(self, fault: Fault, path: str, body: Any) -> None:
            match fault.kind:
                case "answer":
                    self._reply(fault.status, fault.body, fault.headers)
                case "slow":
                    time.sleep(fault.seconds)
                    self._reply(*self._answer(path, body))
                case "lost_answer":
                    self._answer(path, body)
                    self._hang_up()
                case "hang_up":
                    self._hang_up()
                case "half_a_body":
                    status, content = self._answer(path, body)
                    self._reply(status, content[: len(content) // 2], length=len(content))
                    self._hang_up()

        def _hang_up(self) -> None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

        def _reply(
            self, status: int, content: bytes, headers: Mapping[str, str] | None = None, length: int | None = None
        ) -> None:
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content) if length is None else length))
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
            except OSError:  # the caller has given up waiting; that is what the test wanted
                self.close_connection = True

    return Handler
