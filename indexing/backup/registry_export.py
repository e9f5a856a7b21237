"""A registry as files, through its port: how an MLflow server is backed up, and an empty registry filled again.

Only what decides and describes releases: versions with their models, tuning and measures, manifests, current releases,
notes (the history of champions, pins) and the champion. Runs of evaluations and trainings are for MLflow's own backup.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from indexing.backup.manifest import Progress
from indexing.errors import InputError
from indexing.registry import ModelRegistry
from indexing.releases import Release
from indexing.tuning import Tuning
from indexing.whole_files import write_whole

_WRITTEN, _ONNX, _SOURCE = "registry.json", "onnx", "source"


@dataclass(frozen=True, slots=True)
class Exported:
    """A registry's contents, read back from files."""

    folder: Path
    versions: tuple[Mapping[str, Any], ...]  # by number, ascending
    releases: Mapping[str, Release]
    notes: Mapping[str, str]
    champion: int


def export_registry(registry: ModelRegistry, folder: Path, progress: Progress) -> None:
    """Write a registry's versions into an empty folder."""
    champion = registry.champion()
    versions = sorted(registry.versions(), key=lambda one: one.version)
    _refuse_gaps([one.version for one in versions])
    for done, version in enumerate(versions):
        progress("registry", done, len(versions))
        place = folder / str(version.version)
        registry.fetch_model(version.version, place / _ONNX)
        registry.fetch_source(version.version, place / _SOURCE)
    progress("registry", len(versions), len(versions))
    releases = [registry.release(release_id).to_dict() for one in versions for release_id in one.releases]
    described = [asdict(one) | {"tuning": registry.tuning(one.version).to_json()} for one in versions]
    written = {"champion": champion.version if champion else None, "versions": described, "releases": releases}
    write_whole(folder / _WRITTEN, json.dumps(written | {"notes": dict(registry.notes())}))


def read_export(folder: Path) -> Exported:
    """What `export_registry` wrote."""
    written = json.loads((folder / _WRITTEN).read_text(encoding="utf-8"))
    releases = [Release.from_dict(one) for one in written["releases"]]
    return Exported(
        folder,
        tuple(written["versions"]),
        {one.id: one for one in releases},
        written["notes"],
        int(written["champion"]),
    )


def fill_registry(registry: ModelRegistry, exported: Exported, progress: Progress) -> None:
    """Register every version under its old number and record every release; nothing is served yet.

    Killed, it goes on from the versions that are there. InputError when the registry has others than these.
    """
    known = {one.version: one for one in registry.versions()}
    for done, saved in enumerate(exported.versions):
        progress("register", done, len(exported.versions))
        number = int(saved["version"])
        if number in known:
            if known[number].fingerprint != saved["fingerprint"]:
                raise _not_empty(number)
            continue
        place = exported.folder / str(number)
        tuning = Tuning.from_json(saved["tuning"])
        given = registry.register(
            place / _SOURCE, place / _ONNX, name=saved["name"], tuning=None if tuning == Tuning() else tuning
        )
        if given != number:
            raise _not_empty(given)
        if saved["metrics"]:
            registry.measured(number, saved["metrics"])
    progress("register", len(exported.versions), len(exported.versions))
    for release in exported.releases.values():
        registry.record(release)


def point_registry(registry: ModelRegistry, exported: Exported) -> None:
    """Bring back what serves: current releases, notes, and last of all the champion."""
    for saved in exported.versions:
        if saved["release_id"] is not None:
            registry.make_current(int(saved["version"]), saved["release_id"])
    for name, text in exported.notes.items():
        registry.note(name, text)
    registry.make_champion(exported.champion)


def _refuse_gaps(numbers: list[int]) -> None:
    if numbers != list(range(1, len(numbers) + 1)):
        raise InputError(
            f"The registry's versions are {', '.join(map(str, numbers))}: an empty registry numbers from 1 without a "
            "gap, so this one can only be backed up with MLflow's own database."
        )


def _not_empty(number: int) -> InputError:
    return InputError(
        f"The registry has a version {number} that is not the backup's; name an empty one in MLFLOW_TRACKING_URI.",
        field="MLFLOW_TRACKING_URI",
    )
