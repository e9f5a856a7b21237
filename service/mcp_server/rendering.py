"""The contract's JSON as the tools give it: the parts that an assistant needs, with people's text cut and marked."""

from __future__ import annotations

from typing import Any, TypeVar

import orjson
from pydantic import BaseModel

from service.answers import ModelVersionOut
from service.mcp_server import outputs
from service.mcp_server.people_text import all_written, link, written
from service.schemas import RelaxedOut

MOST_CHARACTERS = 30_000  # of an answer as JSON, some 8,000 tokens; 20 people with three short quotes each are 25,000
MOST_EVIDENCE = 3  # for each person of a list
MOST_EVIDENCE_OF_ONE = 10
MOST_REPOSITORIES = 30
MOST_VERSIONS = 50
_MOST_RELEASES = 20  # of one version
_MOST_METRICS = 20
_WORD, _NAME, _LINE, _QUOTE, _BIO = 60, 100, 160, 300, 600
_MOST_WORDS = 12
A = TypeVar("A", bound=BaseModel)


def person(found: dict[str, Any], *, most_evidence: int = MOST_EVIDENCE) -> outputs.PersonOut:
    """One candidate."""
    place, matched = found["location"], found["matched"]
    return outputs.PersonOut(
        rank=found["rank"],
        login=written(found["login"], _NAME) or "?",
        url=link(found["url"]),
        country=place["country"],
        city=place["city"],
        score=round(found["score"], 4),
        score_parts={name: round(part, 4) for name, part in found["score_parts"].items()},
        skills=_words(matched["skills"]),
        missing=_words(found["missing"]),
        matched_languages=_words(matched["languages"]),
        languages=[_language(one["name"], one["share"]) for one in found.get("languages", [])],
        evidence=[_evidence(one) for one in found["evidence"][:most_evidence]],
        untrusted_text=outputs.PersonText(
            name=written(found["name"], _NAME),
            headline=written(found["headline"], _LINE),
            location=written(place["raw"], _NAME),
            topics=_words(matched["topics"]),
        ),
    )


def plan(found: dict[str, Any]) -> outputs.PlanOut:
    """What was understood."""
    lists = ("required", "preferred", "excluded", "languages", "places", "like", "ignored")
    return outputs.PlanOut(
        **{name: all_written(found[name], _NAME, count=30) for name in lists},
        **{name: found[name] for name in ("seniority", "active_since", "min_followers", "hireable")},
    )


def relaxed(found: list[dict[str, Any]]) -> list[RelaxedOut]:
    """What was loosened."""
    return [
        RelaxedOut(
            filter=one["filter"], why=written(one["why"], _QUOTE) or "", before=one["before"], after=one["after"]
        )
        for one in found
    ]


def side(answer: dict[str, Any]) -> outputs.SideOut:
    """One release's answer, in short."""
    return outputs.SideOut(
        release=answer["release"]["id"],
        matched=answer["pool"]["matched"],
        people=[
            outputs.PlaceOut(rank=one["rank"], login=written(one["login"], _NAME) or "?", score=round(one["score"], 4))
            for one in answer["candidates"]
        ],
    )


def difference(found: dict[str, Any], *, before: int | None, after: int | None) -> outputs.DifferenceOut:
    """Somebody who entered, left or moved."""
    return outputs.DifferenceOut(
        login=written(found["login"], _NAME) or "?",
        before=before,
        after=after,
        part=found["part"],
        untrusted_text=outputs.DifferenceText(
            why=written(found["why"], _QUOTE), repo=written(found.get("repo"), _LINE)
        ),
    )


def version(found: dict[str, Any]) -> ModelVersionOut:
    """One registered version."""
    return ModelVersionOut(
        version=found["version"],
        name=written(found["name"], _NAME) or "",
        fingerprint=found["fingerprint"],
        created=found["created"],
        aliases=_words(found["aliases"]),
        metrics=dict(sorted(found["metrics"].items())[:_MOST_METRICS]),
        release=found["release"],
        releases=found["releases"][-_MOST_RELEASES:],
        people=found["people"],
        loadable=found["loadable"],
        reason=written(found["reason"], _QUOTE),
    )


def profile(found: dict[str, Any]) -> outputs.ProfileOut:
    """One person and their repositories."""
    place, works = found["location"], found["repositories"]
    facts = ("hireable", "followers", "stars", "last_active_at", "fetched_at")
    left_out = len(works) - MOST_REPOSITORIES
    return outputs.ProfileOut(
        login=written(found["login"], _NAME) or "?",
        url=link(found["url"]),
        country=place["country"],
        city=place["city"],
        **{name: found[name] for name in facts},
        skills=all_written(found["skills"], _WORD, count=40),
        languages=[_language(name, share) for name, share in list(found["languages"].items())[:_MOST_WORDS]],
        repositories=[_work(one) for one in works[:MOST_REPOSITORIES]],
        untrusted_text=outputs.ProfileText(
            name=written(found["name"], _NAME),
            headline=written(found["headline"], _LINE),
            company=written(found["company"], _NAME),
            location=written(place["raw"], _NAME),
            bio=written(found["bio"], _BIO),
        ),
        release=found["release"]["id"],
        cut=[f"{left_out} of {len(works)} repositories are left out."] if left_out > 0 else [],
    )


def fitting(answer: A, *lists: str) -> A:
    """The answer with the last entries of the longest of its lists left out until it is short enough, saying so."""
    left_out = dict.fromkeys(lists, 0)
    while len(orjson.dumps(answer.model_dump()).decode()) > MOST_CHARACTERS:
        longest = max(lists, key=lambda name: len(getattr(answer, name)))
        entries = getattr(answer, longest)
        if not entries:
            break
        left_out[longest] += 1
        answer = answer.model_copy(update={longest: entries[:-1]})
    said = [
        f"The last {count} of {name} are left out; ask for fewer at a time."
        for name, count in left_out.items()
        if count
    ]
    return answer.model_copy(update={"cut": [*getattr(answer, "cut", []), *said]}) if said else answer


def _evidence(found: dict[str, Any]) -> outputs.EvidenceOut:
    return outputs.EvidenceOut(
        url=link(found["url"]),
        field=found["field"],
        score=round(found["score"], 4),
        fetched_at=found["fetched_at"],
        untrusted_text=outputs.EvidenceText(
            claim=written(found["claim"], _LINE),
            repo=written(found["repo"], _LINE),
            quote=written(found["quote"], _QUOTE),
        ),
    )


def _work(found: dict[str, Any]) -> outputs.WorkOut:
    return outputs.WorkOut(
        url=link(found["url"]),
        **{name: found[name] for name in ("role", "stars", "commits", "last_active_at")},
        language=written(found["language"], _WORD),
        untrusted_text=outputs.WorkText(
            name=written(found["full_name"], _LINE),
            description=written(found["description"], _QUOTE),
            topics=_words(found["topics"]),
        ),
    )


def _language(name: str, share: float) -> outputs.LanguageOut:
    return outputs.LanguageOut(name=written(name, _WORD) or "?", share=round(share, 3))


def _words(texts: list[str]) -> list[str]:
    return all_written(texts, _WORD, count=_MOST_WORDS)
