"""People taken out of a release: in place on a server; where files are shared, by a copy that takes its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from indexing.champions import rename_release
from indexing.errors import ReadOnlyIndex
from indexing.index import IndexPoint
from indexing.passages import PASSAGE_BITS, point_id
from indexing.releases import Release, collection_name, new_release_id
from indexing.workspace import Workspace

Covers = Callable[..., bool]


@dataclass(frozen=True, slots=True)
class _Leaving:
    """What is to go from one collection."""

    people: frozenset[int]  # ordinals
    works: frozenset[int]  # points of others, in repositories of those who leave

    def holds(self, point: IndexPoint) -> bool:
        return point.fields.person in self.people or point.point_id in self.works


def erase_from_release(release: Release, workspace: Workspace, covers: Covers) -> Release | None:
    """The release that now stands for this one, None when it goes on as it is. Hold `workspace.building()`.

    A copy keeps everything but the people: ordinals, weights, document frequencies, the moment it counts years from. So
    everybody else is found as before.
    """
    index = workspace.store.open(release.collection)
    try:
        leaving = _leaving(index.points(), covers)
        if not leaving.people and not leaving.works:
            return None
        try:
            index.delete_people(sorted(leaving.people))
            index.delete_points(sorted(leaving.works))
        except ReadOnlyIndex:
            return _copied(release, index.points(), leaving, workspace)
    finally:
        index.close()
    return None


def _leaving(points: Iterator[IndexPoint], covers: Covers) -> _Leaving:
    people, works = set[int](), set[int]()
    owners: dict[str, bool] = {}
    for point in points:
        if point.point_id == point_id(point.fields.person, 0):
            if covers(point.login, point.payload.get("login"), point.payload.get("node_id")):
                people.add(point.fields.person)
            continue
        owner = str(point.payload.get("full_name", "")).partition("/")[0]
        if owner not in owners:
            owners[owner] = covers(owner)
        if owners[owner]:
            works.add(point.point_id)
    return _Leaving(frozenset(people), frozenset(works))


def _copied(release: Release, points: Iterator[IndexPoint], leaving: _Leaving, workspace: Workspace) -> Release:
    """Build the copy, record it, let it take the old one's place, and remove the old one."""
    new_id = new_release_id(release.model_version)
    kept = [point for point in points if not leaving.holds(point)]
    works = list(release.works)
    for person in leaving.people:
        works[person] = 0
    for point in leaving.works:
        works[point >> PASSAGE_BITS] -= point >> PASSAGE_BITS not in leaving.people
    copy = replace(
        release,
        id=new_id,
        collection=collection_name(new_id),
        people=release.people - len(leaving.people),
        passages=sum(point.dense is not None for point in kept),
        works=tuple(works),
    )
    workspace.note_unfinished(copy.id)
    workspace.store.build(copy.collection, kept, dimension=copy.dimension, manifest=copy.to_dict())
    registry = workspace.registry
    registry.record(copy)
    workspace.note_finished()
    if registry.resolve(str(release.model_version)).release_id == release.id:
        registry.make_current(release.model_version, copy.id)
    retire(release, copy, workspace)
    return copy


def retire(release: Release, copy: Release, workspace: Workspace) -> None:
    """Remove a release that another stands for, from what is noted of it too: here, as champion and as pinned."""
    rename_release(workspace.registry, release.id, copy.id)
    served = workspace.last_served()
    if served is not None and served.id == release.id:
        workspace.remember_served(copy)
    workspace.store.drop(release.collection)
    workspace.registry.remove(release.id)
