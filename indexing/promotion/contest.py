"""Two open releases asked the same, turn about: what each finds, how fast, and who enters and leaves its first ten."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from indexing.candidates import Answer, Candidate, Need, ScoreParts, Timings
from indexing.comparison import Arrival, Side, compare, lacking, look
from indexing.errors import InvalidNeed, RawDataError
from indexing.evaluation.judgements import Judgement
from indexing.evaluation.systems import Ranking
from indexing.hidden_people import HiddenPeople
from indexing.open_release import OpenRelease
from indexing.rank_overlap import rank_biased_overlap
from indexing.search import search_people
from indexing.skills import load_catalogue

Which = Literal["champion", "candidate"]
BOTH: tuple[Which, Which] = ("champion", "candidate")
SHOWN = 10  # people a reader looks at
TIMED = 200  # searches of each release that are timed at least; fewer queries are asked again
MOST_ROUNDS = 5
WARM_UPS = 3
PERSISTENCE = 0.9  # of the overlap, as `comparison` has it


@dataclass(frozen=True, slots=True)
class Asked:
    """One search that both releases get."""

    id: str
    need: Need
    judgement: Judgement | None = None  # None: a search that somebody made and that was kept


@dataclass(frozen=True, slots=True)
class Entrant:
    """Somebody who is in the first ten of one release only, as that release shows them."""

    arrival: Arrival
    parts: ScoreParts
    matched: tuple[str, ...]
    missing: tuple[str, ...]
    quote: str | None  # of the strongest passage


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the two answered to one search."""

    asked: Asked
    rankings: Mapping[Which, Ranking]  # casefolded logins, as deep as evaluations look
    shown: Mapping[Which, tuple[tuple[str | None, int | None], ...]]  # country and followers of the first ten
    timings: Mapping[Which, Timings]
    overlap: float  # of the first ten
    entered: tuple[Entrant, ...]
    left: tuple[Entrant, ...]


@dataclass(frozen=True, slots=True)
class Contest:
    """Every outcome, and the timings of all rounds."""

    judged: tuple[Outcome, ...]
    kept: tuple[Outcome, ...]
    timings: Mapping[Which, tuple[Timings, ...]]  # in the same order on both sides
    refused: int  # kept searches that one of the releases cannot answer


def hold(
    asked: Sequence[Asked],
    releases: Mapping[Which, OpenRelease],
    *,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Contest:
    """Ask both releases everything, one after the other and in turns, so that noise of the machine hits both."""
    contestants = {which: _Contestant(opened) for which, opened in releases.items()}
    for one in asked[:WARM_UPS]:
        for contestant in contestants.values():
            contestant.warm(one)
    rounds = min(MOST_ROUNDS, max(1, -(-TIMED // max(1, len(asked)))))
    total = rounds * len(asked)
    outcomes: list[Outcome] = []
    refused = 0
    for number, one in enumerate(asked):
        on_progress(number, total)
        try:
            outcomes.append(_ask(one, contestants, number))
        except InvalidNeed as error:
            if one.judgement is not None:
                place = one.judgement.place
                raise RawDataError(
                    f"{place}: the search refuses this query ({error}) Mend the line or take it out.", field=place
                ) from error
            refused += 1
    timings: dict[Which, list[Timings]] = {which: [outcome.timings[which] for outcome in outcomes] for which in BOTH}
    for again in range(1, rounds):
        for number, outcome in enumerate(outcomes):
            on_progress(again * len(asked) + number, total)
            for which in _turns(number + again):
                timings[which].append(contestants[which].time(outcome.asked))
    on_progress(total, total)
    return Contest(
        judged=tuple(outcome for outcome in outcomes if outcome.asked.judgement is not None),
        kept=tuple(outcome for outcome in outcomes if outcome.asked.judgement is None),
        timings={which: tuple(found) for which, found in timings.items()},
        refused=refused,
    )


class _Contestant:
    """One release, and the searches it was just asked for."""

    def __init__(self, opened: OpenRelease) -> None:
        self.opened = opened
        self._search = partial(search_people, catalogue=load_catalogue(), hidden=HiddenPeople().of(opened))
        self._answers: list[Answer] = []

    def warm(self, asked: Asked) -> None:
        """Let the first searches touch what every search touches."""
        try:
            self._search(asked.need, self.opened)
        except InvalidNeed:
            return  # said when it is asked in earnest
        finally:
            self.opened.forget_queries()

    def time(self, asked: Asked) -> Timings:
        """Ask once more, as if for the first time."""
        self.opened.forget_queries()
        return self._search(asked.need, self.opened).timings

    def look(self, asked: Asked, label: str) -> tuple[Side, Answer, Answer]:
        """The first ten as people get them and are timed, and the hundred around them."""
        self._answers.clear()
        self.opened.forget_queries()
        side = look(asked.need, self.opened, self._noted, label=label)
        shown, around = self._answers
        return side, shown, around

    def _noted(self, need: Need, opened: OpenRelease) -> Answer:
        self._answers.append(self._search(need, opened))
        return self._answers[-1]


def _ask(asked: Asked, contestants: Mapping[Which, _Contestant], number: int) -> Outcome:
    asked = replace(asked, need=replace(asked.need, limit=SHOWN, offset=0, explain=True))
    found = {which: contestants[which].look(asked, f"the {which}") for which in _turns(number)}
    sides = {which: side for which, (side, _, _) in found.items()}
    before = lacking(sides["champion"], sides["candidate"], contestants["champion"].opened)
    after = lacking(sides["candidate"], sides["champion"], contestants["candidate"].opened)
    between = compare(before, after)
    return Outcome(
        asked,
        rankings={which: _logins(around) for which, (_, _, around) in found.items()},
        shown={
            which: tuple((one.profile.country, one.profile.followers) for one in shown.candidates)
            for which, (_, shown, _) in found.items()
        },
        timings={which: shown.timings for which, (_, shown, _) in found.items()},
        overlap=rank_biased_overlap(before.logins, after.logins, p=PERSISTENCE),
        entered=_entrants(between.entered, after),
        left=_entrants(between.left, before),
    )


def _turns(number: int) -> tuple[Which, ...]:
    return BOTH if number % 2 == 0 else BOTH[::-1]


def _logins(answer: Answer) -> Ranking:
    return tuple(one.profile.login.casefold() for one in answer.candidates)


def _entrants(arrivals: Sequence[Arrival], side: Side) -> tuple[Entrant, ...]:
    shown: dict[str, Candidate] = {one.profile.login: one for one in side.answer.candidates}
    found = []
    for arrival in arrivals:
        one = shown[arrival.login]
        matched = (*one.matched.skills, *one.matched.languages, *one.matched.topics)
        quote = one.evidence[0].quote if one.evidence else None
        found.append(Entrant(arrival, one.parts, tuple(dict.fromkeys(matched)), one.missing, quote))
    return tuple(found)
