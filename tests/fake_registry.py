"""A registry in memory: what a test put there, what happened to it, and failures on demand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from indexing.errors import (
    AliasNotMoved,
    Busy,
    FingerprintMismatch,
    InvalidModelFolder,
    ModelFilesCorrupt,
    RegistryUnavailable,
    ReleaseNotFound,
    ReleaseRefused,
)
from indexing.registry import Champion, ModelVersion
from indexing.releases import CHAMPION, RELEASE_ID, Release, version_of
from indexing.tuning import Tuning


class MemoryRegistry:
    """Implements ModelRegistry; `events` lists every call, `is_down` makes all of them fail."""

    def __init__(self) -> None:
        self.events: list[tuple[str, ...]] = []
        self.is_down = False
        self.aliases: dict[str, int] = {}
        self._versions: dict[int, ModelVersion] = {}
        self._folders: dict[int, dict[str, bytes]] = {}
        self._releases: dict[str, Release] = {}
        self._tunings: dict[int, str] = {}
        self._sources: dict[int, Path] = {}
        self._failures: dict[str, list[Exception]] = {}
        self._notes: dict[str, str] = {}

    def fail_next(self, method: str, error: Exception | None = None) -> None:
        """Let the next call of a method raise: what is given, or what MLflow going away looks like."""
        if error is None:
            is_move = method in ("make_current", "make_champion")
            error = AliasNotMoved("MLflow did not move it.") if is_move else RegistryUnavailable("MLflow is away.")
        self._failures.setdefault(method, []).append(error)

    def happened(self, method: str) -> list[tuple[str, ...]]:
        """The arguments of every call of a method, oldest first."""
        return [event[1:] for event in self.events if event[0] == method]

    def champion(self) -> Champion | None:
        """The served version and its release."""
        self._called("champion")
        version = self._versions.get(self.aliases.get(CHAMPION, 0))
        return Champion(version.version, version.release_id) if version and version.release_id else None

    def versions(self) -> list[ModelVersion]:
        """Every version, newest first."""
        self._called("versions")
        return [
            replace(
                version,
                aliases=tuple(sorted(alias for alias, named in self.aliases.items() if named == version.version)),
                releases=self._releases_of(version.version),
            )
            for version in sorted(self._versions.values(), key=lambda version: -version.version)
        ]

    def resolve(self, reference: str) -> Champion:
        """A version number, an alias or a release id."""
        self._called("resolve", reference)
        if RELEASE_ID.fullmatch(reference):
            if reference not in self._releases:
                raise ReleaseNotFound(reference)
            return Champion(version_of(reference), reference)
        digits = reference.removeprefix("v")
        number = int(digits) if digits.isascii() and digits.isdigit() else self.aliases.get(reference, 0)
        version = self._get(number, reference)
        if version.release_id is None:
            raise ReleaseNotFound(reference, known=f"version {number}; `vivier index --version {number}` builds one")
        return Champion(number, version.release_id)

    def release(self, release_id: str) -> Release:
        """A recorded manifest."""
        self._called("release", release_id)
        if release_id not in self._releases:
            raise ReleaseNotFound(release_id)
        return self._releases[release_id]

    def register(self, model_folder: Path, onnx_folder: Path, *, name: str, tuning: Tuning | None = None) -> int:
        """Keep the ONNX folder's files as a new version."""
        self._called("register", name)
        manifest = onnx_folder / "encoder.json"
        if not manifest.exists() or not (model_folder / "modules.json").exists():
            raise InvalidModelFolder("encoder.json or modules.json is missing.")
        fingerprint = str(json.loads(manifest.read_text(encoding="utf-8"))["fingerprint"])
        files = {file.relative_to(onnx_folder).as_posix(): file for file in onnx_folder.rglob("*") if file.is_file()}
        number = len(self._versions) + 1
        self._folders[number] = {path: file.read_bytes() for path, file in files.items()}
        size = {"onnx_bytes": float(sum(map(len, self._folders[number].values())))}
        self._versions[number] = ModelVersion(
            number, name, fingerprint, "2026-01-01T00:00:00+00:00", None, metrics=size
        )
        self._sources[number] = model_folder
        if tuning is not None:
            self._tunings[number] = tuning.to_json()
        return number

    def tuning(self, version: int) -> Tuning:
        """What the version was registered with, through JSON as a real one keeps it."""
        self._called("tuning", str(version))
        self._get(version)
        return Tuning.from_json(self._tunings.get(version, "{}"))

    def find(self, fingerprint: str, *, tuning: Tuning | None = None) -> int | None:
        """The newest version with this fingerprint, and with this tuning when one is given."""
        self._called("find", fingerprint)
        same = (known.version for known in self._versions.values() if known.fingerprint == fingerprint)
        return max((number for number in same if tuning in (None, self.tuning(number))), default=None)

    def fetch_model(self, version: int, destination: Path) -> Path:
        """Write the version's ONNX folder."""
        self._called("fetch_model", str(version))
        if destination.exists():
            return destination
        self._get(version)
        if not self._folders[version]:
            raise ModelFilesCorrupt(f"Version {version} has no ONNX folder.")
        for path, content in self._folders[version].items():
            (destination / path).parent.mkdir(parents=True, exist_ok=True)
            (destination / path).write_bytes(content)
        return destination

    def fetch_source(self, version: int, destination: Path) -> Path:
        """Write the version's sentence-transformers folder."""
        self._called("fetch_source", str(version))
        self._get(version)
        shutil.copytree(self._sources[version], destination, dirs_exist_ok=True)
        return destination

    def record(self, release: Release) -> None:
        """Keep a manifest, once."""
        self._called("record", release.id)
        version = self._get(release.model_version, release.id)
        if version_of(release.id) != release.model_version:
            raise ReleaseRefused(f"Release {release.id} cannot belong to version {release.model_version}.")
        if version.fingerprint != release.fingerprint:
            raise FingerprintMismatch(f"Release {release.id} has another fingerprint than its version.")
        if self._releases.setdefault(release.id, release) != release:
            raise ReleaseRefused(f"Release {release.id} is recorded with another manifest.")

    def make_current(self, version: int, release_id: str) -> None:
        """Set the version's release tag."""
        self._called("make_current", str(version), release_id)
        known = self._get(version, release_id)
        if release_id not in self._releases_of(version):
            raise ReleaseNotFound(release_id)
        self._versions[version] = replace(known, release_id=release_id)

    def make_champion(self, version: int) -> None:
        """Set the alias `champion`."""
        self._called("make_champion", str(version))
        if self._get(version).release_id is None:
            raise ReleaseNotFound(str(version), known=f"`vivier index --version {version}` builds one")
        self.aliases[CHAMPION] = version

    def measured(self, version: int, measures: Mapping[str, float]) -> None:
        """Keep measures with a version."""
        self._called("measured", str(version))
        known = self._get(version)
        self._versions[version] = replace(known, metrics={**known.metrics, **measures})

    def remove(self, release_id: str) -> None:
        """Forget a manifest."""
        self._called("remove", release_id)
        if self._get(version_of(release_id), release_id).release_id == release_id:
            raise Busy(f"{release_id} is current.")
        self._releases.pop(release_id, None)

    def notes(self) -> dict[str, str]:
        """What was written down."""
        self._called("notes")
        return dict(self._notes)

    def note(self, name: str, text: str | None) -> None:
        """Write something down, or take it away."""
        self._called("note", name)
        self._notes.pop(name, None)
        if text is not None:
            self._notes[name] = text

    def is_healthy(self) -> bool:
        """Whether `is_down` is unset."""
        self.events.append(("is_healthy",))
        return not self.is_down

    def revision(self) -> str | None:
        """The whole state, in words."""
        if self.is_down:
            return None
        current = sorted((version.version, version.release_id) for version in self._versions.values())
        return repr((sorted(self.aliases.items()), current, sorted(self._releases), sorted(self._notes.items())))

    def _called(self, method: str, *arguments: str) -> None:
        self.events.append((method, *arguments))
        if self.is_down:
            raise RegistryUnavailable("MLflow does not answer.")
        if self._failures.get(method):
            raise self._failures[method].pop(0)

    def _get(self, version: int, reference: str | None = None) -> ModelVersion:
        if version not in self._versions:
            raise ReleaseNotFound(str(version) if reference is None else reference)
        return self._versions[version]

    def _releases_of(self, version: int) -> tuple[str, ...]:
        return tuple(sorted((name for name in self._releases if version_of(name) == version), reverse=True))
