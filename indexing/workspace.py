"""Where one installation keeps things: the home's folders, the registry, the collections, the caches."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from filelock import FileLock, Timeout

from indexing.encoder import Encoder
from indexing.errors import Busy, CollectionNotFound, ModelFilesCorrupt
from indexing.index import CollectionStore
from indexing.open_release import OpenRelease, Pair, open_release, verify_pair
from indexing.owned_folders import alone, remove_abandoned
from indexing.registry import ModelRegistry
from indexing.releases import Release, collection_name
from indexing.tombstones import NO_TOMBSTONES, Tombstones
from indexing.whole_files import remove_leftovers, write_bytes_whole, write_whole

SCRATCH = ".scratch-"
SERVED = "served.json"


@dataclass(frozen=True, slots=True)
class Workspace:
    """Everything a build or a service needs from outside, as ports and folders."""

    home: Path
    processed: Path  # data/processed: profiles and embedding caches
    registry: ModelRegistry
    store: CollectionStore
    load_encoder: Callable[[Path], Encoder]
    tombstones: Tombstones = field(default=NO_TOMBSTONES, kw_only=True)

    @property
    def models(self) -> Path:
        """Model folders by fingerprint."""
        return self.home / "models"

    def verify(self, release: Release, *, registry_is_away: bool = False) -> Pair:
        """Fetch and check a pair without opening it; see `verify_pair`."""
        registry = None if registry_is_away else self.registry
        return verify_pair(release, registry=registry, store=self.store, models=self.models)

    def open(self, pair: Pair) -> OpenRelease:
        """Open a verified pair; see `open_release`."""
        return open_release(pair, store=self.store, load_encoder=self.load_encoder, tombstones=self.tombstones)

    def has_collection(self, release: Release) -> bool:
        """Whether the release's collection is still there."""
        try:
            self.store.manifest(release.collection)
        except CollectionNotFound:
            return False
        return True

    def remember_served(self, release: Release, *, confirmed: str | None = None) -> None:
        """Keep the served release's manifest, so that a start with the registry away serves it again.

        `confirmed` is a revision of the registry at which it said that this is the champion.
        """
        note = orjson.dumps({"release": release.to_dict(), "confirmed": confirmed})  # json takes ten times as long
        write_bytes_whole(self.home / SERVED, note)

    def last_served(self) -> Release | None:
        """The release this home served last, None when it never did. ModelFilesCorrupt when that cannot be read."""
        note = self._served_note()
        return Release.from_dict(note["release"]) if note else None

    def confirmed_champion(self, revision: str | None) -> Release | None:
        """The release this home served last, if the registry named it the champion at this revision."""
        try:
            note = self._served_note()
            if note is None or revision is None or note["confirmed"] != revision:
                return None
            return Release.from_dict(note["release"])
        except ModelFilesCorrupt:
            return None  # the registry knows better

    def _served_note(self) -> dict[str, Any] | None:
        path = self.home / SERVED
        if not path.exists():
            return None
        try:
            note = orjson.loads(path.read_bytes())
            return {"release": note["release"], "confirmed": note["confirmed"]}
        except (ValueError, TypeError, KeyError) as error:
            raise ModelFilesCorrupt(f"{SERVED} cannot be read ({error}); load a release again.") from error

    @contextmanager
    def building(self) -> Iterator[None]:
        """The right to build here; what a killed build left behind is removed first. Busy when another has it."""
        self.home.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.home / "build.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise Busy(
                "Another `vivier index`, an erasure or a backup is running on this VIVIER_HOME; wait until it is done."
            ) from error
        try:
            self._remove_unfinished()
            yield
        finally:
            lock.release()

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder for the time of a build, under the home so that a kill leaves nothing elsewhere."""
        with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=self.home) as folder:
            yield Path(folder)

    def note_unfinished(self, release_id: str) -> None:
        """Write down which release is being built, before its collection can be seen."""
        write_whole(self.home / "unfinished", release_id)

    def note_finished(self) -> None:
        """The release is recorded; nothing is unfinished any more."""
        (self.home / "unfinished").unlink(missing_ok=True)

    def _remove_unfinished(self) -> None:
        self.store.sweep()
        for scratch in self.home.glob(f"{SCRATCH}*"):  # only who has the right to build makes one
            shutil.rmtree(scratch, ignore_errors=True)
        if self.models.exists():
            with alone(self.models):
                remove_abandoned(self.models)
        for folder in (self.home, self.processed, self.processed / "rejected", *self.models.glob("*")):
            remove_leftovers(folder)
        note = self.home / "unfinished"
        if note.exists():
            release_id = note.read_text(encoding="utf-8").strip()
            if not any(release_id in version.releases for version in self.registry.versions()):
                self.store.drop(collection_name(release_id))
            note.unlink()
