"""The index port in memory: exact, simple to read, and the measure of the others.

With a folder it keeps collections in plain files too, so that processes and restarts can be tried without an engine.
Every point is looked at in every search: fit for tests and some ten thousand passages.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from indexing.encoder import FloatArray
from indexing.errors import CollectionNotFound, IndexUnavailable, InputError
from indexing.index import CountedField, Filters, Hits, IndexPoint, Payload, PersonFields, SparseVector, keeps
from indexing.memory_contents import Contents, contents_of, count_values, is_marker
from indexing.owned_folders import alone, checked_name, claim, remove_if_abandoned
from indexing.passages import person_of
from indexing.vectors import checked_dense, checked_point, checked_sparse

_NO_FILTERS = Filters()
_BUILDING = ".building"
_RELEASE, _POINTS = "release.json", "points.jsonl"


class _Collection:
    """A built collection and what was deleted from it since; shared by all who open it."""

    def __init__(self, contents: Contents, dimension: int, manifest: Mapping[str, Any]) -> None:
        self.contents = contents
        self.dimension = dimension
        self.manifest = manifest


class MemoryIndex:
    """One opened collection."""

    def __init__(self, collection: _Collection, changed: Callable[[], None]) -> None:
        self._collection: _Collection | None = collection
        self._changed = changed

    def search_dense(
        self, vector: FloatArray, *, limit: int, filters: Filters = _NO_FILTERS, exact: bool = False
    ) -> Hits:
        """The passages nearest to a unit vector; every search is exact."""
        opened = self._opened()
        query = checked_dense(vector, opened.dimension)
        contents = opened.contents
        return _best(contents, contents.dense_ids, contents.dense @ query, limit, filters)

    def search_sparse(self, vector: SparseVector, *, limit: int, filters: Filters = _NO_FILTERS) -> Hits:
        """The passages with the largest inner product above 0."""
        contents = self._opened().contents
        checked_sparse(vector)
        known = [
            (contents.terms[t], w) for t, w in zip(vector.indices, vector.values, strict=True) if t in contents.terms
        ]
        weights = np.zeros(len(contents.terms), np.float32)
        for row, weight in known:
            weights[row] = weight
        scores = np.asarray(weights @ contents.sparse, np.float32)
        found = scores > 0
        return _best(contents, contents.sparse_ids[found], scores[found], limit, filters)

    def count_people(self, filters: Filters = _NO_FILTERS) -> int:
        """How many people the filters keep."""
        return sum(keeps(fields, filters) for fields in self._opened().contents.people.values())

    def count_values(self, field: CountedField, *, limit: int, filters: Filters = _NO_FILTERS) -> dict[str, int]:
        """The values that most people have, and how many of those whom the filters keep."""
        people = self._opened().contents.people.values()
        return dict(count_values(people, field, filters)[: max(0, limit)])

    def count_passages(self) -> int:
        """How many points have a dense vector."""
        return len(self._opened().contents.dense_ids)

    def find_people(self, logins: Sequence[str]) -> dict[str, int]:
        """The ordinals of those logins (any case) that are here, keyed as they were asked."""
        points = self._opened().contents.points.values()
        known = {p.login.casefold(): p.fields.person for p in points if p.login is not None and is_marker(p)}
        return {login: known[login.casefold()] for login in logins if login.casefold() in known}

    def read(self, points: Sequence[int]) -> list[Payload | None]:
        """Payloads in the order asked; None where there is no such point."""
        known = self._opened().contents.points
        return [known[int(point)].payload if int(point) in known else None for point in points]

    def read_dense(self, points: Sequence[int]) -> list[FloatArray | None]:
        """Dense vectors in the order asked; None where the point is missing or has none."""
        known = self._opened().contents.points
        return [known[int(point)].dense if int(point) in known else None for point in points]

    def points(self) -> Iterator[IndexPoint]:
        """Every point, in ascending id."""
        known = self._opened().contents.points
        yield from (known[number] for number in sorted(known))

    def delete_people(self, people: Sequence[int]) -> int:
        """Remove all points of these ordinals, return how many people went."""
        opened = self._opened()
        gone = {int(person) for person in people}
        kept = [point for point in opened.contents.points.values() if point.fields.person not in gone]
        removed = len(gone & opened.contents.people.keys())
        opened.contents = contents_of(kept, opened.dimension)
        self._changed()
        return removed

    def delete_points(self, points: Sequence[int]) -> None:
        """Remove single points."""
        opened, gone = self._opened(), {int(point) for point in points}
        kept = [point for point in opened.contents.points.values() if point.point_id not in gone]
        opened.contents = contents_of(kept, opened.dimension)
        self._changed()

    def close(self) -> None:
        """Let go of the collection."""
        self._collection = None

    def _opened(self) -> _Collection:
        if self._collection is None:
            raise IndexUnavailable("The collection has been closed; open it again.")
        return self._collection


def _best(contents: Contents, ids: NDArray[np.uint64], scores: FloatArray, limit: int, filters: Filters) -> Hits:
    if not filters.is_empty:
        # Fields are a person's, so any of its points tells them; a person without a marker has them too.
        everybody = {point.fields.person: point.fields for point in contents.points.values()}
        kept = {person for person, fields in everybody.items() if keeps(fields, filters)}
        chosen = np.fromiter((person_of(int(point)) in kept for point in ids), np.bool_, len(ids))
        ids, scores = ids[chosen], scores[chosen]
    order = np.lexsort((ids, -scores))[: max(0, limit)]
    return Hits(ids[order], scores[order])


class MemoryStore:
    """Collections in this process, and in files below `folder` when one is given."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._collections: dict[str, _Collection] = {}

    def build(
        self, collection: str, points: Iterable[IndexPoint], *, dimension: int, manifest: Mapping[str, Any]
    ) -> None:
        """Take in all points, and only then let the collection be seen."""
        if checked_name(collection) in self.names():
            raise InputError(
                f"The collection {collection} exists already; drop it or take another name.", field="collection"
            )
        checked = [checked_point(point, dimension) for point in points]
        # Through JSON, as an engine would keep it: what is read is nobody's live object.
        built = _Collection(contents_of(checked, dimension), dimension, json.loads(json.dumps(dict(manifest))))
        self._write(collection, built)
        self._collections[collection] = built

    def open(self, collection: str, *, hnsw_ef: int | None = None) -> MemoryIndex:
        """Open for searching, exact at any depth."""
        built = self._known(collection)
        return MemoryIndex(built, lambda: self._write(collection, built))

    def manifest(self, collection: str) -> Mapping[str, Any]:
        """The manifest the collection was built with."""
        return self._known(collection).manifest

    def names(self) -> list[str]:
        """Complete collections, sorted."""
        if self._folder is None:
            return sorted(self._collections)
        return sorted(path.parent.name for path in self._folder.glob(f"[!.]*/{_RELEASE}"))

    def drop(self, collection: str) -> None:
        """Remove a collection."""
        self._collections.pop(collection, None)
        if self._folder is not None and (self._folder / collection).exists():
            with alone(self._folder):
                hidden = claim(self._folder, _BUILDING)
                (self._folder / collection).rename(hidden.path / "dropped")
            hidden.remove()

    def save(self, collection: str, folder: Path) -> None:
        """Write its points as lines of JSON."""
        _write(self._known(collection), folder)

    def recover(self, collection: str, folder: Path) -> None:
        """Build it again from these lines."""
        saved = _read(folder)
        points = saved.contents.points.values()
        self.build(collection, points, dimension=saved.dimension, manifest=saved.manifest)

    def sweep(self) -> list[str]:
        """Remove what killed builds left behind."""
        if self._folder is None:
            return []
        with alone(self._folder):
            debris = list(self._folder.glob(f"{_BUILDING}-*"))
            return sorted(path.name for path in debris if remove_if_abandoned(path))

    def is_held(self, collection: str) -> bool:
        """Never: there are no files but the collection's own."""
        return False

    def is_open(self, collection: str) -> bool:
        """Never by another process."""
        return False

    def is_healthy(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Forget everything that is not in files."""
        self._collections.clear()

    def _known(self, collection: str) -> _Collection:
        if collection not in self.names():
            raise CollectionNotFound(collection)
        if collection not in self._collections and self._folder is not None:
            self._collections[collection] = _read(self._folder / collection)
        return self._collections[collection]

    def _write(self, collection: str, built: _Collection) -> None:
        if self._folder is None:
            return
        with alone(self._folder):
            folder = claim(self._folder, _BUILDING)
        with folder:
            _write(built, folder.path)
            self.drop(collection)
            with alone(self._folder):
                folder.publish(self._folder / collection)


def _write(built: _Collection, folder: Path) -> None:
    described = {"dimension": built.dimension, "manifest": built.manifest}
    (folder / _RELEASE).write_text(json.dumps(described), encoding="utf-8")
    with (folder / _POINTS).open("wb") as stream:
        for point in built.contents.points.values():
            stream.write(orjson.dumps(asdict(point), option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")


def _read(folder: Path) -> _Collection:
    described = json.loads((folder / _RELEASE).read_text(encoding="utf-8"))
    with (folder / _POINTS).open("rb") as stream:
        points = [_point(orjson.loads(line)) for line in stream]
    return _Collection(contents_of(points, described["dimension"]), described["dimension"], described["manifest"])


def _point(stored: dict[str, Any]) -> IndexPoint:
    fields, sparse = stored["fields"], stored["sparse"]
    lists = {name: tuple(fields[name]) for name in ("languages", "topics", "skills")}
    return IndexPoint(
        point_id=stored["point_id"],
        fields=PersonFields(**{**fields, **lists}),
        payload=stored["payload"],
        login=stored["login"],
        dense=None if stored["dense"] is None else np.array(stored["dense"], np.float32),
        sparse=None if sparse is None else SparseVector(tuple(sparse["indices"]), tuple(sparse["values"])),
    )
