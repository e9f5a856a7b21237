"""Facets: for each condition that a search may be given, its values and how many people each would leave."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from indexing.candidates import Conditions, Need
from indexing.index import CountedField, Filters
from indexing.open_release import OpenRelease
from indexing.places import city_key, country_name
from indexing.preparation import count_unhidden, excluding, prepare
from indexing.query import day_of, resolve
from indexing.skills import Catalogue
from indexing.wanted import narrowed

MOST_VALUES = 50  # of countries, cities, languages and topics: those that most people have
# Months before today, and what that is called in English and in French.
PERIODS = ((3, "3 months", "3 mois"), (12, "1 year", "1 an"), (24, "2 years", "2 ans"), (60, "5 years", "5 ans"))
FOLLOWERS = (10, 100, 1_000)

Label = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a condition, as `Conditions` takes it back, and who would be left with it."""

    value: str | int | bool
    label: str
    label_fr: str
    people: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facets:
    """The values of every condition, with the people whom the whole need keeps; nothing is loosened."""

    countries: tuple[FacetValue, ...]
    cities: tuple[FacetValue, ...]
    languages: tuple[FacetValue, ...]
    topics: tuple[FacetValue, ...]
    active_since: tuple[FacetValue, ...]
    min_followers: tuple[FacetValue, ...]
    hireable: tuple[FacetValue, ...]
    matched: int
    total: int


def count_facets(
    need: Need,
    opened: OpenRelease,
    catalogue: Catalogue,
    *,
    hidden: frozenset[int] = frozenset(),
    today: date | None = None,
) -> Facets:
    """How many people each value would leave: its own condition left out, every other of the need held.

    A value that the need has is always among them, with 0 when nobody has it. `hidden` ordinals are in no count.
    """
    today = today or datetime.now(UTC).date()
    given = resolve(need.conditions, opened.index, catalogue)
    # Whoever wrote what is refused is looked for among all whom any value could bring, so `relax`.
    bare = replace(need, conditions=Conditions(exclude=need.conditions.exclude), relax=True)
    _, _, wanted = prepare(bare, opened, catalogue, hidden=hidden, today=today)
    counting = _Counting(opened, wanted.filters, given, hidden)

    def country(code: str) -> str:
        return country_name(code, "fr")

    def spelled(word: str) -> str:
        return _spelled(word, catalogue) or word

    return Facets(
        countries=counting.values("country", "countries", country_name, country),
        cities=counting.values("city", "cities", _city, _city),
        languages=counting.values("languages", "languages", lambda word: _language(word, catalogue)),
        topics=counting.values("topics", "topics", spelled),
        active_since=_active_since(counting, today, need.conditions.active_since),
        min_followers=_min_followers(counting, need.conditions.min_followers),
        hireable=_hireable(counting, need.conditions.hireable),
        matched=counting.people(given),
        total=opened.people - len(hidden),
    )


@dataclass(frozen=True, slots=True)
class _Counting:
    """What is counted: what the plan asks, and what its caller's own conditions ask."""

    opened: OpenRelease
    understood: Filters
    given: Filters
    hidden: frozenset[int]

    def people(self, given: Filters) -> int:
        """How many people are left with these conditions in place of those given."""
        return count_unhidden(self.opened, narrowed(self.understood, given), self.hidden)

    def values(
        self, field: CountedField, name: str, label: Label, label_fr: Label | None = None
    ) -> tuple[FacetValue, ...]:
        """The values of a field that most people have, and those that were given for the condition."""
        without = narrowed(self.understood, replace(self.given, **{name: ()}))  # type: ignore[arg-type]  # a list's name
        counts = self.opened.index.count_values(field, limit=MOST_VALUES, filters=excluding(without, self.hidden))
        chosen: Sequence[str] = getattr(self.given, name)
        for value in chosen:
            if value not in counts:
                one = replace(self.given, **{name: (value,)})  # type: ignore[arg-type]
                counts[value] = self.people(one) if len(counts) >= MOST_VALUES else 0
        french = label_fr or label
        return tuple(
            FacetValue(value, label(value), french(value), people, value in chosen)
            for value, people in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        )


def _active_since(counting: _Counting, today: date, chosen: str | None) -> tuple[FacetValue, ...]:
    """The latest first."""
    known = {_months_before(today, months).isoformat(): (english, french) for months, english, french in PERIODS}
    if chosen is not None:
        known.setdefault(chosen, (f"since {chosen}", f"depuis le {chosen}"))
    found = []
    for since in sorted(known, reverse=True):
        day = day_of(since, field="filters.active_since")
        people = counting.people(replace(counting.given, active_since_day=day))
        found.append(FacetValue(since, *known[since], people, since == chosen))
    return tuple(found)


def _min_followers(counting: _Counting, chosen: int | None) -> tuple[FacetValue, ...]:
    """The fewest first."""
    found = []
    for least in sorted({*FOLLOWERS, *(() if chosen is None else (chosen,))}):
        people = counting.people(replace(counting.given, min_followers=least))
        found.append(FacetValue(least, f"{least:,}+", f"{least:,}+".replace(",", "\u202f"), people, least == chosen))
    return tuple(found)


def _hireable(counting: _Counting, chosen: bool | None) -> tuple[FacetValue, ...]:
    """Open to work; who says that they are not only when that was asked."""
    labels = {True: ("open to work", "ouvert aux offres"), False: ("not open to work", "pas ouvert aux offres")}
    return tuple(
        FacetValue(flag, *labels[flag], counting.people(replace(counting.given, hireable=flag)), flag is chosen)
        for flag in ((True, False) if chosen is False else (True,))
    )


def _months_before(day: date, months: int) -> date:
    """The same day some months before, the month's last where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _city(folded: str) -> str:
    return city_key(folded) or folded


def _language(folded: str, catalogue: Catalogue) -> str:
    """The language as it is written; one that the catalogue lacks with capitals."""
    return _spelled(folded, catalogue) or folded.title()


def _spelled(folded: str, catalogue: Catalogue) -> str | None:
    """The word as the catalogue writes it, if it has it: "typescript" is "TypeScript", "game-engine" "Game engine".

    A word that names the same skill by another name stays itself: two topics must not become one label.
    """
    skill = catalogue.normalise(folded)
    if skill is None:
        return None
    forms = (skill.name, *skill.cased, *skill.strict, *skill.weak, *skill.aliases)
    plain = folded.replace("-", " ")
    return next((form for form in forms if form != folded and form.casefold().replace("-", " ") == plain), None)
