"""From a need as people write it to its plan, and from conditions to what an index filters by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from indexing.candidates import Conditions, Need, Plan
from indexing.errors import InvalidNeed
from indexing.index import Filters, ProfileIndex
from indexing.needs import read_need
from indexing.places import city_key, country_code
from indexing.skills import Catalogue

_EPOCH = date(1970, 1, 1)
_LISTS = ("required", "preferred", "excluded", "languages", "places", "like", "ignored")
_VALUES = {"seniority": str, "active_since": str, "min_followers": int, "hireable": bool, "words": str}
_SENIORITIES = ("junior", "senior", "lead")


def understand(need: Need, catalogue: Catalogue, *, today: date) -> Plan:
    """The plan of a need, with the caller's parts in place of ours. InvalidNeed names a part that cannot be set."""
    return _overridden(read_need(need.query, catalogue, today=today), need.overrides)


def _overridden(plan: Plan, overrides: dict[str, object]) -> Plan:
    changes: dict[str, object] = {}
    for name, value in overrides.items():
        if name == "steps":
            continue  # a plan that comes back as it went out
        if name in _LISTS and isinstance(value, list | tuple) and all(isinstance(entry, str) for entry in value):
            changes[name] = tuple(value)
        elif name in _VALUES and (value is None or type(value) is _VALUES[name]):
            changes[name] = "" if name == "words" and value is None else value
        else:
            known = ", ".join((*_LISTS, *_VALUES))
            raise InvalidNeed(f"plan.{name} cannot be set to this; known parts: {known}.", field=f"plan.{name}")
    if changes.get("seniority") not in (None, *_SENIORITIES):
        raise InvalidNeed(f"plan.seniority is one of {', '.join(_SENIORITIES)}, or null.", field="plan.seniority")
    day_of(changes.get("active_since"), field="plan.active_since")
    if not changes:
        return plan
    plan = replace(plan, **changes)  # type: ignore[arg-type]  # names and types were checked above
    unmentioned = tuple(one for one in plan.languages if one not in (*plan.required, *plan.preferred))
    return replace(plan, preferred=(*plan.preferred, *unmentioned), steps=(*plan.steps, f"set {', '.join(changes)}"))


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
        active_since_day=day_of(conditions.active_since, field=f"{within}active_since"),
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


def day_of(written: object, *, field: str) -> int | None:
    """Days since 1970-01-01 of an ISO date, None for none. InvalidNeed names the field of what is no date."""
    if written is None:
        return None
    try:
        return (date.fromisoformat(str(written)) - _EPOCH).days
    except ValueError as error:
        raise InvalidNeed(f"{field} is not a date; write it as 2026-01-31.", field=field) from error
