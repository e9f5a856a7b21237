"""Who was champion when, and which releases are pinned: notes in the registry, which every process sees.

They decide nothing: the alias and the tag `release` alone say what is served. A move of the alias is written down
before it is made and again when it is done, so that no kill leaves a champion of whom nothing is known.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from indexing.errors import AliasNotMoved, InputError, VivierError
from indexing.registry import Champion, ModelRegistry

LOG = logging.getLogger("vivier.champions")
REIGN, PIN = "reign/", "pin/"
KEPT = 50  # reigns that are remembered
Cause = Literal["index", "load", "promotion", "refresh", "rollback", "probation"]
BACKWARDS = ("rollback", "probation")  # these undo what came before them


@dataclass(frozen=True, slots=True)
class Reign:
    """A release that became the champion, and what made it so."""

    release_id: str
    since: str  # ISO 8601, UTC
    cause: str
    before: str | None  # the champion until then
    note: str = field(default="", repr=False)
    is_done: bool = True  # else the alias was about to move, and nobody wrote down that it did


def crown(registry: ModelRegistry, target: Champion, *, cause: Cause) -> str | None:
    """Move the version's release tag and the alias to the target and read them back; a failure undoes both.

    Returns the registry's revision at which it named the target, None where it has none (an MLflow server).
    """
    served, current = registry.champion(), _current(registry, target.version)
    reign = None if served == target else _announce(registry, target, served, cause)
    try:
        registry.make_current(target.version, target.release_id)
        registry.make_champion(target.version)
        if reign is not None:
            _write(registry, reign, is_done=True)
        revision = registry.revision()  # before the reading: whatever moves later has another
        now = registry.champion()
        if now != target:
            raise AliasNotMoved(
                f"The alias names {now.release_id if now else 'nothing'} after it was moved to {target.release_id}; "
                "load the release again, or the one it names."
            )
        return revision
    except VivierError:
        try:
            _put_back(registry, target, served=served, current=current)
            if reign is not None and registry.champion() != target:
                registry.note(reign.note, None)
        except VivierError as error:
            # Nothing more can be done here: the watcher follows whatever the alias names in the end.
            LOG.warning("what was moved in the registry could not be put back: %s", error)
        raise


def reigns(registry: ModelRegistry) -> list[Reign]:
    """Every champion that is remembered, newest first; a move that a kill interrupted counts if the alias moved."""
    champion = registry.champion()
    served = champion.release_id if champion else None
    found = _written(registry)
    return [reign for place, reign in enumerate(found) if reign.is_done or (place == 0 and reign.release_id == served)]


def served_before(registry: ModelRegistry, *, loadable: Collection[str]) -> str | None:
    """The release to go back to, None when there is none: what served before the champion, each rollback a step."""
    champion = registry.champion()
    steps: list[str] = []
    for reign in reversed(reigns(registry)):
        if not steps and reign.before:
            steps.append(reign.before)
        if reign.cause in BACKWARDS and reign.release_id in steps:
            steps = steps[: len(steps) - steps[::-1].index(reign.release_id)]
        else:
            steps.append(reign.release_id)
    served = champion.release_id if champion else None
    if served in steps:
        steps = steps[: len(steps) - steps[::-1].index(served)]
    return next((step for step in reversed(steps) if step != served and step in loadable), None)


def pin(registry: ModelRegistry, reference: str) -> str:
    """Keep a release from being removed; returns its id."""
    release_id = registry.resolve(reference).release_id
    registry.note(PIN + release_id, _now())
    return release_id


def unpin(registry: ModelRegistry, reference: str) -> str:
    """Let a release be removed again; returns its id. InputError when it was not pinned."""
    release_id = reference if PIN + reference in registry.notes() else registry.resolve(reference).release_id
    if release_id not in pins(registry):
        raise InputError(f"{release_id} is not pinned; `vivier releases` shows which are.", field="reference")
    registry.note(PIN + release_id, None)
    return release_id


def pins(registry: ModelRegistry) -> dict[str, str]:
    """The pinned releases, and since when."""
    return {name.removeprefix(PIN): since for name, since in registry.notes().items() if name.startswith(PIN)}


def rename_release(registry: ModelRegistry, old: str, new: str) -> None:
    """Let every note about a release be about the one that took its place. A kill leaves a note twice at most."""
    for name, text in registry.notes().items():
        if old in name or old in text:
            registry.note(name.replace(old, new), text.replace(old, new))
            if old in name:
                registry.note(name, None)


def _announce(registry: ModelRegistry, target: Champion, served: Champion | None, cause: Cause) -> Reign:
    """Write down who is about to become champion; what killed moves left open is settled first."""
    before = served.release_id if served else None
    for place, reign in enumerate(_written(registry)):
        if place >= KEPT - 1 or not (reign.is_done or reign.release_id == before):
            registry.note(reign.note, None)
        elif not reign.is_done:
            _write(registry, reign, is_done=True)
    moment = _now()
    # The name says the order: in UTC, to the microsecond.
    name = f"{REIGN}{moment.translate(str.maketrans('', '', '-:+'))}-{secrets.token_hex(2)}"
    reign = Reign(target.release_id, moment, cause, before, name, is_done=False)
    _write(registry, reign, is_done=False)
    return reign


def _write(registry: ModelRegistry, reign: Reign, *, is_done: bool) -> None:
    written = {
        "release": reign.release_id,
        "since": reign.since,
        "cause": reign.cause,
        "before": reign.before,
        "done": is_done,
    }
    registry.note(reign.note, json.dumps(written))


def _written(registry: ModelRegistry) -> list[Reign]:
    """The reigns as they stand in the notes, newest first."""
    found = []
    for name, text in sorted(registry.notes().items(), reverse=True):
        if name.startswith(REIGN):
            try:
                one: dict[str, Any] = json.loads(text)
                found.append(Reign(one["release"], one["since"], one["cause"], one["before"], name, bool(one["done"])))
            except (ValueError, KeyError, TypeError):
                LOG.warning("a note about a champion cannot be read: %s", name)
    return found


def _put_back(registry: ModelRegistry, target: Champion, *, served: Champion | None, current: str | None) -> None:
    """Undo our own moves only: what another process moved since is its load, and the last load wins."""
    if served is not None and served.version != target.version and registry.champion() == target:
        registry.make_champion(served.version)
    if current not in (None, target.release_id) and _current(registry, target.version) == target.release_id:
        registry.make_current(target.version, str(current))


def _current(registry: ModelRegistry, version: int) -> str | None:
    return next((known.release_id for known in registry.versions() if known.version == version), None)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
