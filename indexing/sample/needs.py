"""Formal needs behind the queries: which work, under which conditions, and how well a person answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from indexing.errors import InputError
from indexing.sample.draws import stamp
from indexing.sample.truth import Record, Truth
from indexing.sample.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Conditions:
    """What else must hold, or had better hold; an empty condition always does.

    `active_since` is a day and `account_before` a year; `speaks` is the language of somebody's own words.
    """

    countries: tuple[str, ...] = ()
    cities: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    without_languages: tuple[str, ...] = ()
    without_fields: tuple[str, ...] = ()
    speaks: str = ""
    active_since: str = ""
    account_before: int = 0
    min_stars: int = 0

    def hold(self, record: Record, wanted: tuple[str, ...]) -> bool:
        """Whether all of them hold for someone, languages being those of the work asked for."""
        home = record.person.home
        pushed = "" if record.last_push is None or not self.active_since else stamp(record.last_push)
        return (
            (not self.countries or home.country in self.countries)
            and (not self.cities or home.city in self.cities)
            and (not self.outside or home.country not in (None, *self.outside))
            and (not self.languages or any(_writes(record, field, self.languages) for field in wanted))
            and not any((field, name) in record.languages for field in wanted for name in self.without_languages)
            and not any(field in record.fields for field in self.without_fields)
            and (not self.speaks or record.person.tongue in (self.speaks, "both"))
            and pushed >= self.active_since
            and (not self.account_before or record.person.created.year < self.account_before)
            and record.stars >= self.min_stars
        )


@dataclass(frozen=True, slots=True)
class Need:
    """Any of the fields, or all of them together, or one kind of work (`field/work`), under conditions.

    A condition of `must` that fails makes a person irrelevant; one of `prefer` costs a grade.
    """

    fields: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    works: tuple[str, ...] = ()
    must: Conditions = Conditions()
    prefer: Conditions = Conditions()

    @property
    def wanted(self) -> tuple[str, ...]:
        """Every field the need speaks of."""
        return (*self.fields, *self.together, *(work.partition("/")[0] for work in self.works))


def read_need(raw: Mapping[str, Any], vocabulary: Vocabulary) -> Need:
    """A need as written in a JSON file; an unknown word in it is an error, not a condition that never holds."""
    parts: dict[str, Any] = {
        key: _conditions(value) if key in ("must", "prefer") else tuple(value) for key, value in raw.items()
    }
    unknown = set(parts) - {part.name for part in fields(Need)}
    if unknown:
        raise InputError(f"A need has no part called {sorted(unknown)[0]!r}.", field="need")
    need = Need(**parts)
    works = {f"{field.key}/{work.key}" for field in vocabulary.fields.values() for work in field.works}
    for word in (*need.wanted, *need.works):
        if word not in vocabulary.fields and word not in vocabulary.homonyms and word not in works:
            raise InputError(f"The sample has no field or work called {word!r}.", field="need")
    return need


def relevant(need: Need, truth: Truth, vocabulary: Vocabulary) -> dict[str, int]:
    """The people who answer a need, by login, with their gains from 1 to 3."""
    gains = {}
    for key in need.wanted:
        for record in truth.of_field(key):
            gain = _gain(need, record)
            if gain:
                gains[record.person.login] = gain
    for key, homonym in vocabulary.homonyms.items():
        # Their trade borders on this field, so they are not wrong there, only far from its middle.
        if homonym.kin in need.fields:
            gains |= {rec.person.login: 1 for rec in truth.of_field(key) if need.must.hold(rec, (key,))}
    return dict(sorted(gains.items(), key=lambda pair: (-pair[1], pair[0])))


def _gain(need: Need, record: Record) -> int:
    grades = [record.grade(field) for field in need.fields]
    grades += [record.work_grade(*work.split("/")) for work in need.works]
    if need.together:
        grades.append(_joint_grade(record, need.together))
    gain = max(grades, default=0)
    if not gain or not need.must.hold(record, need.wanted):
        return 0
    return gain if need.prefer.hold(record, need.wanted) else max(1, gain - 1)


def _joint_grade(record: Record, together: tuple[str, ...]) -> int:
    """Both fields in one person: 3 with several things in each, 2 with a thing of their own in each, 1 with a hand."""
    least = min(record.fields.get(field, 0) for field in together)
    return 3 if least >= 4 else 2 if least >= 2 else least


def _writes(record: Record, field: str, languages: tuple[str, ...]) -> bool:
    """Whether a third of someone's work in the field, and one whole thing at least, is in one of the languages."""
    units = sum(record.languages.get((field, language), 0) for language in languages)
    return units >= 2 and 3 * units >= record.fields.get(field, 0)


def _conditions(raw: Mapping[str, Any]) -> Conditions:
    known = {part.name for part in fields(Conditions)}
    unknown = set(raw) - known
    if unknown:
        raise InputError(f"A need has no condition called {sorted(unknown)[0]!r}.", field="need")
    parts: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
    return Conditions(**parts)
