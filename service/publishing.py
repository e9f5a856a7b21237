"""Moving what the registry names as served, and putting it back when that goes wrong."""

from __future__ import annotations

import logging

from indexing.errors import AliasNotMoved, VivierError
from indexing.registry import Champion, ModelRegistry

LOG = logging.getLogger("vivier.service")


def point_registry(registry: ModelRegistry, target: Champion) -> str | None:
    """Move the version's release tag and the alias to the target and read them back; a failure undoes both.

    Returns the registry's revision at which it named the target, None where it has none (an MLflow server).
    """
    served, current = registry.champion(), _current(registry, target.version)
    try:
        registry.make_current(target.version, target.release_id)
        registry.make_champion(target.version)
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
        except VivierError as error:
            # Nothing more can be done here: the watcher follows whatever the alias names in the end.
            LOG.warning("what was moved in the registry could not be put back: %s", error)
        raise


def _put_back(registry: ModelRegistry, target: Champion, *, served: Champion | None, current: str | None) -> None:
    """Undo our own moves only: what another process moved since is its load, and the last load wins."""
    if served is not None and served.version != target.version and registry.champion() == target:
        registry.make_champion(served.version)
    if current not in (None, target.release_id) and _current(registry, target.version) == target.release_id:
        registry.make_current(target.version, str(current))


def _current(registry: ModelRegistry, version: int) -> str | None:
    return next((known.release_id for known in registry.versions() if known.version == version), None)
