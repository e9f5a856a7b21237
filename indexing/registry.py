"""The registry port: model versions, their releases, and which one is the champion.

Each version has one tag, `release`, that names its current release; the alias `champion` names the served version.
Nothing else decides what is served.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from indexing.releases import Release
from indexing.tuning import Tuning


@dataclass(frozen=True, slots=True)
class Champion:
    """What should serve: read in one call."""

    version: int
    release_id: str


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One registered version, as `/models/info` shows it."""

    version: int
    name: str  # what it was made from, e.g. all-MiniLM-L6-v2
    fingerprint: str
    created: str  # ISO 8601, UTC
    release_id: str | None  # the current release, None before the first
    releases: tuple[str, ...] = ()  # every release built, newest first
    aliases: tuple[str, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)


class ModelRegistry(Protocol):
    """The store of versions. RegistryUnavailable from any method when it does not answer."""

    def champion(self) -> Champion | None:
        """The served version and its current release, in one call; None before the first publication."""

    def versions(self) -> list[ModelVersion]:
        """Every version, newest first."""

    def resolve(self, reference: str) -> Champion:
        """A version number, an alias or a release id as (version, release). ReleaseNotFound when there is none."""

    def release(self, release_id: str) -> Release:
        """The manifest of a release. ReleaseNotFound when it was never recorded."""

    def register(self, model_folder: Path, onnx_folder: Path, *, name: str, tuning: Tuning | None = None) -> int:
        """Log a sentence-transformers folder with its ONNX folder beside it as a new version; returns the version.

        Without a tuning the version is built and ranked as the code has it at the time of each build.
        """

    def tuning(self, version: int) -> Tuning:
        """What the version was registered with, for good; the code's own numbers when it was with nothing."""

    def find(self, fingerprint: str, *, tuning: Tuning | None = None) -> int | None:
        """The newest version with this fingerprint, if any, and with this tuning when one is given.

        One encoder under two tunings is two versions with one fingerprint, and one embedding cache.
        """

    def fetch_model(self, version: int, destination: Path) -> Path:
        """Copy the version's ONNX folder to `destination` (made whole or not at all) and return it."""

    def fetch_source(self, version: int, destination: Path) -> Path:
        """Copy the version's sentence-transformers folder to an empty or new `destination` and return it."""

    def record(self, release: Release) -> None:
        """Keep a release's manifest beside its version, without publishing it."""

    def make_current(self, version: int, release_id: str) -> None:
        """Let the version's one `release` tag name this release, and read it back. AliasNotMoved when it did not."""

    def make_champion(self, version: int) -> None:
        """Let the alias `champion` name this version, and read it back. AliasNotMoved when it did not."""

    def measured(self, version: int, measures: Mapping[str, float]) -> None:
        """Keep measures with a version, in place of those of the same names. ReleaseNotFound when there is none."""

    def remove(self, release_id: str) -> None:
        """Remove a release's manifest; nothing happens when there is none. Busy when its version names it current."""

    def notes(self) -> Mapping[str, str]:
        """What was written down beside the versions, by name; see `champions`. Decides nothing of what is served."""

    def note(self, name: str, text: str | None) -> None:
        """Write something down in place of what the name held; None takes it away, also when there is nothing."""

    def is_healthy(self) -> bool:
        """Whether the registry answers now."""

    def revision(self) -> str | None:
        """Equal to an earlier one: nothing here has changed since. None where only asking would tell."""
