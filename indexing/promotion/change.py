"""Changing what is served: through the service that runs, so that its lane does it; without one, in the registry."""

from __future__ import annotations

from collections.abc import Callable

from indexing.champions import Cause, crown, served_before
from indexing.errors import AliasNotMoved, InputError, ReleaseNotFound, Unavailable
from indexing.promotion.running_service import RunningService
from indexing.registry import Champion, ModelRegistry
from indexing.workspace import Workspace

Say = Callable[[str], None]


def usable(service: RunningService | None, release_id: str, *, is_named: bool, say: Say) -> RunningService | None:
    """The service when it answers and has our registry; None when nobody answers there.

    One that was named and has another registry is an InputError: to go on without it would surprise.
    """
    if service is None or not service.answers():
        where = f" at {service.url}" if service is not None else ""
        say(f"No service answers{where}: the alias moves in the registry, and services take it when they look there.")
        return None
    if service.knows(release_id):
        return service
    problem = f"The service at {service.url} does not know {release_id}: it has another registry"
    if is_named:
        raise InputError(f"{problem}. Name the service of this one with --service.", field="service")
    say(f"{problem}, so it is left alone; the alias moves in this one.")
    return None


def move(target: Champion, registry: ModelRegistry, service: RunningService | None, *, cause: Cause) -> None:
    """Let the target be the champion; what fails before the alias moved has changed nothing."""
    if service is None:
        crown(registry, target, cause=cause)
        return
    try:
        service.load(target.release_id, cause=cause)
    except Unavailable:
        if registry.champion() != target:
            raise
        # It switched and the answer was lost: what the registry says counts.
    now = registry.champion()
    if now != target:
        raise AliasNotMoved(
            f"The service at {service.url} switched, but the registry names {now.release_id if now else 'nothing'}: "
            "somebody else loaded a release, or the two have different registries."
        )


def way_back(reference: str | None, workspace: Workspace) -> Champion:
    """The release to roll back to: the one named, else the one served before. ReleaseNotFound, InputError."""
    registry = workspace.registry
    champion = registry.champion()
    if reference is not None:
        target = registry.resolve(reference)
    else:
        before = served_before(registry, loadable=loadable(workspace))
        if before is None:
            raise ReleaseNotFound("the release served before", known="none that is still here; name one")
        target = registry.resolve(before)
    if champion == target:
        raise InputError(f"{target.release_id} is what is served already.", field="reference")
    return target


def loadable(workspace: Workspace) -> frozenset[str]:
    """Releases whose manifest and collection are both here."""
    collections = frozenset(workspace.store.names())
    recorded = (release_id for version in workspace.registry.versions() for release_id in version.releases)
    return frozenset(one for one in recorded if f"profiles-{one}" in collections)
