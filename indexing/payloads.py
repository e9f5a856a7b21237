"""How a profile lies in a collection: the person on the marker point, each work on its passage's point.

Profiles live in the collection, so a replica on a server needs no local file.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexing.evidence import fields_of_work, terms_said
from indexing.index import Payload, PersonFields
from indexing.profiles import Profile, Work

MAP = "map"  # of a marker: two coordinates

_EPOCH = date(1970, 1, 1).toordinal()
_PROFILE_TIMES = ("created_at", "updated_at", "fetched_at", "last_active_at")
_WORK_TIMES = ("created_at", "last_active_at", "fetched_at")
# Read one by one: `asdict` copies every moment and every work of a person, two thirds of the time that points take.
_PROFILE_FIELDS = tuple(field.name for field in fields(Profile) if field.name != "works")
_WORK_FIELDS = tuple(field.name for field in fields(Work))


def day_of(moment: datetime | None) -> int | None:
    """Days since 1970-01-01, None when unknown."""
    return None if moment is None else (moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days


def written_day(moment: str | None) -> int | None:
    """Days since 1970-01-01 of a moment as payloads hold it (ISO 8601, UTC), None when unknown."""
    return None if moment is None else date.fromisoformat(moment[:10]).toordinal() - _EPOCH


def person_fields(profile: Profile, person: int) -> PersonFields:
    """What filters look at, for every point of this person."""
    return PersonFields(
        person=person,
        country=profile.country,
        region=profile.region.casefold() if profile.region else None,
        city=profile.city.casefold() if profile.city else None,
        languages=tuple(sorted(language.casefold() for language in profile.languages)),
        topics=tuple(sorted(topic.casefold() for topic in profile.topics)),
        skills=tuple(sorted(skill.casefold() for skill in profile.skills)),
        followers=profile.followers,
        active_day=day_of(profile.last_active_at),
        hireable=profile.hireable,
    )


def marker_payload(profile: Profile, place: NDArray[np.float64] | None = None) -> dict[str, Any]:
    """The person without the works, how many works there are, and the place on the map; what is unknown is left out."""
    payload = {name: getattr(profile, name) for name in _PROFILE_FIELDS}
    packed = _packed(payload, _PROFILE_TIMES) | {"works": len(profile.works)}
    return packed if place is None or np.isnan(place).any() else packed | {MAP: place.tolist()}


def work_payload(work: Work) -> dict[str, Any]:
    """One work as JSON-able values, and the terms of what may be quoted of it; unknown fields are left out."""
    # The terms too: to split and stem the sentences of twenty works took a tenth of a search.
    payload = {name: getattr(work, name) for name in _WORK_FIELDS}
    return _packed(payload, _WORK_TIMES) | {"said": terms_said(fields_of_work(work))}


def read_marker(payload: Payload) -> Profile:
    """The profile on a marker, without its works."""
    values = _unpacked(payload, _PROFILE_TIMES, but=("works", MAP))
    values["skills"] = tuple(values.get("skills", ()))
    return Profile(**values)


def place_of_marker(payload: Payload) -> tuple[float, float] | None:
    """Where the person lies on the release's map; None without a passage, and in releases built before maps."""
    place = payload.get(MAP)
    return None if place is None else (float(place[0]), float(place[1]))


def read_work(payload: Payload) -> Work:
    """The work on a passage's point."""
    values = _unpacked(payload, _WORK_TIMES, but=("said",))
    values["topics"] = tuple(values.get("topics", ()))
    return Work(**values)


def _packed(values: dict[str, Any], times: tuple[str, ...]) -> dict[str, Any]:
    packed = {name: value for name, value in values.items() if value not in (None, "", (), {})}
    for name in times:
        if name in packed:
            packed[name] = packed[name].isoformat()
    return {name: _own(value) for name, value in packed.items()}


def _own(value: Any) -> Any:
    """A collection of the payload's own, as JSON has it."""
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, dict) else value


def _unpacked(payload: Payload, times: tuple[str, ...], *, but: tuple[str, ...]) -> dict[str, Any]:
    values = {name: value for name, value in payload.items() if name not in but}
    for name in times:
        if name in values:
            values[name] = datetime.fromisoformat(values[name])
    return values
