"""Which releases are kept, and how the others go: never one that is served, pinned, on probation, or open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from indexing.champions import pins, served_before
from indexing.errors import Busy, ReleaseNotFound
from indexing.promotion.change import loadable
from indexing.promotion.probation import under_way
from indexing.releases import collection_name
from indexing.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Pruned:
    """What retention did."""

    removed: tuple[str, ...]
    kept_open: tuple[str, ...]  # due to go, but another process has them open


def reasons_to_keep(workspace: Workspace) -> dict[str, str]:
    """Releases that may not be removed, and why, in words that follow their id."""
    registry = workspace.registry
    versions = registry.versions()
    found: dict[str, str] = {}
    before = served_before(registry, loadable=loadable(workspace))
    if before is not None:
        found[before] = "is what `vivier rollback` goes back to"
    for version in versions:
        if version.release_id is not None:
            found[version.release_id] = f"is the release that version {version.version} names as its own"
    probation = under_way(registry)
    if probation is not None:
        found[probation.previous] = "is what a probation may go back to"
        found[probation.release_id] = "is on probation"
    found |= dict.fromkeys(pins(registry), "is pinned; `vivier unpin` lets it go")
    champion = registry.champion()
    if champion is not None:
        found[champion.release_id] = "is what is served"
    return found


def remove(reference: str, workspace: Workspace) -> str:
    """Remove one release: its collection and its manifest; returns its id. Busy, with the reason, when it must stay."""
    release_id = workspace.registry.resolve(reference).release_id
    with workspace.building():
        reason = reasons_to_keep(workspace).get(release_id)
        if reason is not None:
            raise Busy(f"{release_id} cannot be removed: it {reason}.")
        if workspace.store.is_open(collection_name(release_id)):
            raise Busy(f"{release_id} cannot be removed: another process has it open; try again when it has let go.")
        _remove(release_id, workspace)
    return release_id


def prune(workspace: Workspace, *, keep: int, say: Callable[[str], None] = lambda text: None) -> Pruned:
    """Remove what is beyond the newest so many of each version. Busy while a release is being built."""
    removed, kept_open = [], []
    with workspace.building():
        stay = reasons_to_keep(workspace)
        for version in workspace.registry.versions():
            for release_id in version.releases[keep:]:  # newest first
                if release_id in stay:
                    continue
                if workspace.store.is_open(collection_name(release_id)):
                    kept_open.append(release_id)
                    continue
                _remove(release_id, workspace)
                removed.append(release_id)
                say(f"Removed {release_id}: version {version.version} keeps its {keep} newest releases.")
    return Pruned(tuple(removed), tuple(kept_open))


def _remove(release_id: str, workspace: Workspace) -> None:
    """The collection first: a manifest without one is found again by the next attempt, the reverse is not."""
    try:
        collection = workspace.registry.release(release_id).collection
    except ReleaseNotFound:
        collection = collection_name(release_id)
    workspace.store.drop(collection)
    workspace.registry.remove(release_id)
