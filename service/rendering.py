"""Domain values as the JSON of the contract; plain dictionaries, because orjson writes those in microseconds."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from indexing.candidates import Answer, Candidate
from indexing.comparison import Comparison
from indexing.facets import Facets
from indexing.places import coordinates_of
from indexing.profiles import Profile, Work, person_url, repository_url
from indexing.registry import ModelVersion
from service.live_release import LiveRelease
from service.release_loading import STAGES, Loading

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MAX_HEADLINE = 160
MAX_LANGUAGES = 6  # of a candidate: a bar that is still read


def release(live: LiveRelease) -> dict[str, Any]:
    """Which release answered."""
    served = live.opened.release
    return {
        "id": served.id,
        "model_version": served.model_version,
        "collection": served.collection,
        "generation": live.generation,
        "data_rev": served.data_rev,
        "fingerprint": served.fingerprint,
    }


def answer(found: Answer, live: LiveRelease, search_id: str) -> dict[str, Any]:
    """The body of `POST /agent_search`."""
    timings = found.timings
    return {
        "search_id": search_id,
        "plan": flat(found.plan),
        "candidates": [candidate(one) for one in found.candidates],
        "relaxed": [flat(one) for one in found.relaxed],
        "nearest": flat(found.nearest) if found.nearest else None,
        "pool": flat(found.pool),
        "release": release(live),
        "took_ms": {
            stage: round(getattr(timings, stage), 3) for stage in ("plan", "encode", "search", "rank", "total")
        },
    }


def comparison(found: Comparison) -> dict[str, Any]:
    """What differs between two answers."""
    lists = {name: [flat(one) for one in getattr(found, name)] for name in ("entered", "left", "moved")}
    return lists | {"rbo": found.rbo}


def facets(found: Facets, live: LiveRelease) -> dict[str, Any]:
    """The body of `POST /agent_search/facets`."""
    lists = flat(found)
    pool = {name: lists.pop(name) for name in ("matched", "total")}
    return {
        "facets": {name: [flat(one) for one in values] for name, values in lists.items()},
        "pool": pool,
        "release": release(live),
    }


def flat(value: DataclassInstance) -> dict[str, Any]:
    """The fields of a flat value; `asdict` copies every one of them, which costs more than the rest of an answer."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def candidate(found: Candidate) -> dict[str, Any]:
    """One person found."""
    profile = found.profile
    return {
        "rank": found.rank,
        "login": profile.login,
        "url": person_url(profile),
        "name": profile.name,
        "headline": _headline(profile),
        "location": location(profile),
        "languages": [
            {"name": name, "share": round(share, 4)}
            for name, share in sorted(profile.languages.items(), key=lambda one: (-one[1], one[0]))[:MAX_LANGUAGES]
        ],
        "map": None if found.place is None else {"x": found.place[0], "y": found.place[1]},
        "score": found.score,
        "score_parts": {
            "dense": found.parts.dense,
            "sparse": found.parts.sparse,
            "prior": found.parts.prior,
            "rerank": found.parts.rerank,
        },
        "matched": {
            "skills": list(found.matched.skills),
            "languages": list(found.matched.languages),
            "topics": list(found.matched.topics),
        },
        "missing": list(found.missing),
        "evidence": [
            {
                "claim": one.claim,
                "repo": one.repo,
                "url": one.url,
                "field": one.field,
                "quote": one.quote,
                "words": one.words,
                "score": one.score,
                "fetched_at": one.fetched_at,
            }
            for one in found.evidence
        ],
    }


def location(profile: Profile) -> dict[str, Any]:
    """The place as written and as understood."""
    latitude, longitude = coordinates_of(profile.country, profile.region, profile.city) or (None, None)
    return {
        "raw": profile.location,
        "country": profile.country,
        "region": profile.region,
        "city": profile.city,
        "latitude": latitude,
        "longitude": longitude,
    }


def profile(person: Profile, works: list[Work], live: LiveRelease) -> dict[str, Any]:
    """The body of `GET /profiles/{login}`."""
    return {
        "login": person.login,
        "url": person_url(person),
        "name": person.name,
        "headline": _headline(person),
        "company": person.company,
        "location": location(person),
        "bio": person.bio or None,
        "hireable": person.hireable,
        "followers": person.followers,
        "stars": person.stars,
        "last_active_at": _moment(person.last_active_at),
        "fetched_at": _moment(person.fetched_at),
        "languages": person.languages,
        "topics": person.topics,
        "skills": list(person.skills),
        "repositories": [_work(work) for work in works],
        "release": release(live),
    }


def model_version(known: ModelVersion, *, loadable: bool, reason: str | None, people: int | None) -> dict[str, Any]:
    """One line of `GET /models/info`."""
    return {
        "version": known.version,
        "name": known.name,
        "fingerprint": known.fingerprint,
        "created": known.created,
        "aliases": list(known.aliases),
        "metrics": dict(known.metrics),
        "release": known.release_id,
        "releases": list(known.releases),
        "people": people,
        "loadable": loadable,
        "reason": reason,
    }


def loading(known: Loading) -> dict[str, Any]:
    """A release on its way to serve."""
    return {
        "release": known.release.id,
        "model_version": known.release.model_version,
        "stage": known.stage,
        "stages": list(STAGES),
        "since": known.since.isoformat(),
    }


def _work(work: Work) -> dict[str, Any]:
    return {
        "full_name": work.full_name,
        "url": repository_url(work),
        "role": work.role,
        "description": work.description or None,
        "language": work.language,
        "topics": list(work.topics),
        "stars": work.stars,
        "commits": work.commits,
        "last_active_at": _moment(work.last_active_at),
    }


def _headline(person: Profile) -> str | None:
    """The first line of the person's own words, else the company."""
    line = person.bio.strip().split("\n", 1)[0].strip()
    return (line[:MAX_HEADLINE] if line else person.company) or None


def _moment(moment: Any) -> str | None:
    return moment.isoformat() if moment else None
