"""The collections of Qdrant Edge: shards under this machine's home.

    collections/{name}/       shard/, release.json, files.json: written once, renamed into place, never opened
    collections/.building-*   a build under way, or what a killed one left
    clones/*                  one process's own hard-linked copy of a shard

Edge replaces some files of a shard that it opens, so the master is never opened. Bytes are shared between clones: a
write in one would change the others, and none is ever written. A dropped collection lives on in the clones of those
who have it open.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from qdrant_edge import EdgeShard

from indexing.edge_index.build import BUILDER_LOCK, SHARD, build_shard
from indexing.edge_index.collection import EdgeIndex, translated
from indexing.edge_index.inventory import Inventory, first_damage, take_inventory
from indexing.edge_index.models import EdgeSettings
from indexing.errors import CollectionNotFound, InputError, ReleaseRefused
from indexing.index import IndexPoint
from indexing.owned_folders import OwnedFolder, alone, checked_name, claim, remove_if_abandoned, sync
from indexing.releases import graph_links

_RELEASE = "release.json"
_FILES = "files.json"
_BUILDING = ".building"


class EdgeStore:
    """All collections under one home, shared by the processes of one machine."""

    def __init__(self, home: Path, *, settings: EdgeSettings | None = None) -> None:
        self._home = home
        self._collections = home / "collections"
        self._clones = home / "clones"
        self._settings = settings or EdgeSettings()

    def build(
        self, collection: str, points: Iterable[IndexPoint], *, dimension: int, manifest: Mapping[str, Any]
    ) -> None:
        """Write a whole collection in a child process, and only then let it be seen."""
        with alone(self._home):
            self._refuse_existing(collection)
            folder = claim(self._collections, f"{_BUILDING}-{collection}")
        with folder:
            settings = _sized(self._settings, manifest)
            build_shard(folder.path, points, dimension=dimension, settings=settings)
            (folder.path / BUILDER_LOCK).unlink(missing_ok=True)
            described = {"dimension": dimension, "manifest": dict(manifest)}
            _write_json(folder.path / _FILES, take_inventory(folder.path / SHARD))
            _write_json(folder.path / _RELEASE, described)
            sync(folder.path)
            with alone(self._home):
                self._refuse_existing(collection)
                folder.publish(self._collections / collection)

    def open(self, collection: str, *, hnsw_ef: int | None = None) -> EdgeIndex:
        """Open this process's own copy. ReleaseRefused when a file of it is damaged."""
        with alone(self._home):
            described = self._described(collection)
            inventory: Inventory = _read_json(self._master(collection) / _FILES)
            clone = claim(self._clones, collection)
            try:
                shutil.copytree(self._master(collection) / SHARD, clone.path / SHARD, copy_function=_link)
            except BaseException:
                clone.remove()
                raise
        try:
            shard = _load(clone, inventory, collection)
        except BaseException:
            clone.remove()
            raise
        ef = hnsw_ef or described["manifest"].get("ranking", {}).get("hnsw_ef", self._settings.hnsw_ef)
        return EdgeIndex(
            shard,
            collection=collection,
            dimension=described["dimension"],
            settings=replace(self._settings, hnsw_ef=int(ef)),
            on_close=clone.remove,
        )

    def manifest(self, collection: str) -> Mapping[str, Any]:
        """The manifest the collection was built with."""
        manifest: Mapping[str, Any] = self._described(collection)["manifest"]
        return manifest

    def names(self) -> list[str]:
        """Complete collections, sorted."""
        return sorted(path.parent.name for path in self._collections.glob(f"[!.]*/{_RELEASE}"))

    def drop(self, collection: str) -> None:
        """Remove a collection; whoever has it open keeps it until they close it."""
        with alone(self._home):
            master = self._master(collection)
            if not master.exists():
                return
            hidden = claim(self._collections, f"{_BUILDING}-{collection}")
            master.rename(hidden.path / "dropped")
        hidden.remove()

    def save(self, collection: str, folder: Path) -> None:
        """Copy the master, which nothing writes to once it is built. Hold off who may drop it."""
        self._described(collection)
        shutil.copytree(self._master(collection), folder, dirs_exist_ok=True)

    def recover(self, collection: str, folder: Path) -> None:
        """Copy it back under a hidden name, and only then let it be seen."""
        with alone(self._home):
            self._refuse_existing(collection)
            hidden = claim(self._collections, f"{_BUILDING}-{collection}")
        with hidden:
            shutil.copytree(folder, hidden.path, dirs_exist_ok=True)
            sync(hidden.path)
            with alone(self._home):
                self._refuse_existing(collection)
                hidden.publish(self._collections / collection)

    def sweep(self) -> list[str]:
        """Remove builds, clones and half-removed collections whose process is gone; returns their folders' names."""
        with alone(self._home):
            debris = [*self._collections.glob(f"{_BUILDING}-*"), *self._clones.glob("*")]
            return sorted(path.name for path in debris if remove_if_abandoned(path, BUILDER_LOCK))

    def is_held(self, collection: str) -> bool:
        """Whether a process still has a clone of a dropped collection."""
        return not self._master(collection).exists() and any(self._clones.glob(f"{collection}*"))

    def is_open(self, collection: str) -> bool:
        """Whether a process, this one or another, has a clone of it; those of dead ones are removed first."""
        self.sweep()
        return any(self._clones.glob(f"{checked_name(collection)}-*"))

    def is_healthy(self) -> bool:
        """Whether collections can be read and written here now."""
        return self._home.is_dir() and os.access(self._home, os.R_OK | os.W_OK)

    def close(self) -> None:
        """Nothing is held: indexes opened here are closed one by one."""

    def _master(self, collection: str) -> Path:
        return self._collections / checked_name(collection)

    def _described(self, collection: str) -> dict[str, Any]:
        try:
            described: dict[str, Any] = _read_json(self._master(collection) / _RELEASE)
        except FileNotFoundError as error:
            raise CollectionNotFound(collection) from error
        except ValueError as error:
            raise ReleaseRefused(
                f"{_RELEASE} of collection {collection} is not JSON; build the release again."
            ) from error
        return described

    def _refuse_existing(self, collection: str) -> None:
        if self._master(collection).exists():
            raise InputError(
                f"The collection {collection} exists already; drop it or take another name.", field="collection"
            )


def _sized(settings: EdgeSettings, manifest: Mapping[str, Any]) -> EdgeSettings:
    """The settings for a collection as large as the manifest says.

    No graph where every search is a scan: it would be half of optimising.
    """
    passages = int(manifest.get("passages", settings.scan_below_points + 1))
    if passages <= settings.scan_below_points:
        return replace(settings, hnsw_m=0)
    scanned = min(int(passages * settings.scan_below_share), settings.scan_at_most_points)
    return replace(
        settings,
        hnsw_m=graph_links(int(manifest.get("hnsw_m", settings.hnsw_m)), passages),
        scan_below_points=max(settings.scan_below_points, scanned),
    )


def _load(clone: OwnedFolder, inventory: Inventory, collection: str) -> EdgeShard:
    # Edge opens a truncated file of vectors without a word and answers from what is left, or crashes later.
    damaged = first_damage(clone.path / SHARD, inventory)
    if damaged is not None:
        raise ReleaseRefused(f"{damaged} of collection {collection} is damaged; build the release again.")
    with translated(f"open {collection}"):
        return EdgeShard.load(str(clone.path / SHARD))


def _link(source: str, target: str) -> None:
    """A hard link; a copy where the file system has none, and of the small files that Edge replaces."""
    if not source.endswith(".json"):
        try:
            os.link(source, target)
        except OSError:
            shutil.copy2(source, target)
    else:
        shutil.copy2(source, target)


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
