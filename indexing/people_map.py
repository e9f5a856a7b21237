"""The map of a release: where people lie by what they built, and where they live."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from indexing.open_release import OpenRelease
from indexing.passages import point_id
from indexing.payloads import place_of_marker
from indexing.places import coordinates_of

MOST_POINTS = 5_000
_READ_AT_ONCE = 250  # markers: Edge holds the interpreter's lock while it reads


@dataclass(frozen=True, slots=True)
class MapPoint:
    """One person on the map; coordinates of places are degrees, None where no place is known."""

    person: int  # ordinal
    login: str
    x: float
    y: float
    country: str | None
    latitude: float | None
    longitude: float | None
    language: str | None  # most of the work


def map_of(opened: OpenRelease, *, limit: int = MOST_POINTS) -> tuple[MapPoint, ...]:
    """People spread evenly over a release, at most so many; none in a release built before there were maps."""
    everybody = len(opened.release.works)  # ordinals stay when people are erased
    people = np.unique(np.linspace(0, max(0, everybody - 1), min(everybody, limit)).astype(np.int64)).tolist()
    points: list[MapPoint] = []
    for start in range(0, len(people), _READ_AT_ONCE):
        chunk = people[start : start + _READ_AT_ONCE]
        markers = opened.index.read([point_id(person, 0) for person in chunk])
        for person, marker in zip(chunk, markers, strict=True):
            place = None if marker is None else place_of_marker(marker)
            if marker is None or place is None:
                continue
            country = marker.get("country")
            latitude, longitude = coordinates_of(country, marker.get("region"), marker.get("city")) or (None, None)
            languages: dict[str, float] = marker.get("languages", {})
            most = min(languages, key=lambda name: (-languages[name], name), default=None)
            points.append(MapPoint(person, marker["login"], *place, country, latitude, longitude, most))
    return tuple(points)


def spread(points: tuple[MapPoint, ...], *, limit: int, hidden: frozenset[int]) -> tuple[MapPoint, ...]:
    """At most so many of the points, evenly over all, without the hidden."""
    shown = [point for point in points if point.person not in hidden]
    chosen = np.unique(np.linspace(0, max(0, len(shown) - 1), min(len(shown), limit)).astype(np.int64))
    return tuple(shown[place] for place in chosen.tolist())
