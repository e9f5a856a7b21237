"""From a need as people write it to a plan and to filters an index understands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from indexing.candidates import Conditions, Need, Plan
from indexing.errors import InvalidNeed
from indexing.index import Filters, ProfileIndex
from indexing.places import city_key, country_code
from indexing.skills import Catalogue

_EPOCH = date(1970, 1, 1)
_LISTS = ("required", "preferred", "excluded", "languages", "places", "like")
_VALUES = {"seniority": str, "active_since": str, "min_followers": int}


def understand(need: Need, catalogue: Catalogue) -> Plan:
    """The plan of a need: skills named in it are preferred, its conditions filter, the rest is searched as words."""
    mentions = catalogue.find(need.query)
    named = tuple(dict.fromkeys(mention.skill.name for mention in mentions))
    languages = tuple(dict.fromkeys(mention.skill.name for mention in mentions if mention.skill.kind == "language"))
    conditions = need.conditions
    plan = Plan(
        preferred=named,
        languages=languages,
        places=(*conditions.countries, *conditions.cities),
        active_since=conditions.active_since,
        min_followers=conditions.min_followers,
        steps=("read the skills named", "apply the filters given", "search all the words", "rank people"),
    )
    return _overridden(plan, need.overrides)


def _overridden(plan: Plan, overrides: dict[str, object]) -> Plan:
    """The plan with the caller's parts in place of ours."""
    changes: dict[str, object] = {}
    for name, value in overrides.items():
        if name in _LISTS and isinstance(value, list | tuple) and all(isinstance(entry, str) for entry in value):
            changes[name] = tuple(value)
        elif name in _VALUES and (value is None or isinstance(value, _VALUES[name])):
            changes[name] = value
        else:
            known = ", ".join((*_LISTS, *_VALUES))
            raise InvalidNeed(f"plan.{name} cannot be set to this; known parts: {known}.", field=f"plan.{name}")
    _day(changes.get("active_since"), field="plan.active_since")
    return replace(plan, **changes)  # type: ignore[arg-type]  # names and types were checked above


def resolve(conditions: Conditions, index: ProfileIndex, catalogue: Catalogue, *, within: str = "filters.") -> Filters:
    """An index's filters for conditions as people write them; InvalidNeed names the value that is not understood.

    `within` is where the caller found the conditions, so that the name is the one the caller knows.
    """
    excluded = index.find_people(conditions.exclude) if conditions.exclude else {}
    return Filters(
        countries=_read_each(f"{within}countries", conditions.countries, country_code),
        cities=_read_each(f"{within}cities", conditions.cities, lambda word: _casefolded(city_key(word))),
        languages=tuple(dict.fromkeys(_language(language, catalogue) for language in conditions.languages)),
        topics=tuple(topic.strip().casefold() for topic in conditions.topics),
        min_followers=conditions.min_followers,
        active_since_day=_day(conditions.active_since, field=f"{within}active_since"),
        hireable=conditions.hireable,
        exclude_people=tuple(sorted(excluded.values())),
    )


def _language(word: str, catalogue: Catalogue) -> str:
    """The language as profiles spell it ("golang" is "go"); a language the catalogue lacks stays as written."""
    skill = catalogue.normalise(word)
    return (skill.name if skill is not None and skill.kind == "language" else word.strip()).casefold()


def _read_each(field: str, words: Sequence[str], read: Callable[[str], str | None]) -> tuple[str, ...]:
    found = []
    for place, word in enumerate(words):
        key = read(word)
        if key is None:
            raise InvalidNeed(
                f"{field}[{place}]: no such place is known; give a name in French or English, or an ISO code.",
                field=f"{field}[{place}]",
            )
        found.append(key)
    return tuple(dict.fromkeys(found))


def _casefolded(word: str | None) -> str | None:
    return None if word is None else word.casefold()


def _day(written: object, *, field: str) -> int | None:
    if written is None:
        return None
    try:
        return (date.fromisoformat(str(written)) - _EPOCH).days
    except ValueError as error:
        raise InvalidNeed(f"{field} is not a date; write it as 2026-01-31.", field=field) from error
