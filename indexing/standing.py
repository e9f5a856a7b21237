"""The person-level stage: how much of the plan a person covers, how active they are, and what they lack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from indexing.candidates import Plan, Seniority
from indexing.index import Area, Payload, PersonFields, keeps
from indexing.payloads import person_fields, read_marker, written_day
from indexing.ranking import coverage, experience, prior
from indexing.relaxation import Condition
from indexing.releases import RankingConstants
from indexing.wanted import Wanted

_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges people against one plan, by what their markers hold."""

    skills: frozenset[str]
    areas: tuple[Area, ...]
    seniority: Seniority | None
    constants: RankingConstants
    today: int  # days since 1970-01-01

    @property
    def most(self) -> float:
        """The most that this stage adds to anybody."""
        return self.constants.prior_weight + (self.constants.rerank_weight if self.wishes else 0.0)

    @property
    def wishes(self) -> int:
        """How many things are wanted: each skill, one place, a seniority."""
        return len(self.skills) + bool(self.areas) + (self.seniority is not None)

    def parts(self, marker: Payload) -> tuple[float, float]:
        """What the person's standing and fit add to the score."""
        active_day = written_day(marker.get("last_active_at"))
        standing = self.constants.prior_weight * prior(marker.get("followers"), active_day, today=self.today)
        return standing, self.constants.rerank_weight * coverage(self.wishes, self._met(marker))

    def _met(self, marker: Payload) -> float:
        met = float(len(self.skills.intersection(marker.get("skills", ()))))
        met += any(_lives_in(marker, area) for area in self.areas)
        if self.seniority is not None:
            since = written_day(marker.get("created_at"))
            met += experience(self.seniority, since, marker.get("stars"), today=self.today)
        return met


def judge_of(plan: Plan, wanted: Wanted, constants: RankingConstants, created: str) -> Judge:
    """The judge of a plan; time stands still at the release, so that it judges the same for ever."""
    today = date.fromisoformat(created[:10]).toordinal() - _EPOCH
    return Judge(frozenset(wanted.skills), wanted.areas, plan.seniority, constants, today)


def lacking(person: int, marker: Payload, conditions: Sequence[Condition]) -> tuple[str, ...]:
    """Which of the loosened conditions this person does not meet, in words; skills apart, which are told by name."""
    if not conditions:
        return ()
    fields: PersonFields = person_fields(read_marker(marker), person)
    return tuple(one.said for one in conditions if one.name != "required" and not keeps(fields, one.asked))


def _lives_in(marker: Payload, area: Area) -> bool:
    known = ((area.country, "country"), (area.region, "region"), (area.city, "city"))
    return all(wanted is None or str(marker.get(name, "")).casefold() == wanted.casefold() for wanted, name in known)
