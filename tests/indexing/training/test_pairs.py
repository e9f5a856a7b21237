"""Pairs join what belongs to one person, and a batch holds nobody who could answer for another."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from indexing.errors import RawDataError
from indexing.passages import work_text
from indexing.profiles import Profile
from indexing.training.pairs import PairMiner, Passages
from tests.builders import make_profile, make_work
from tests.fakes import HashEncoder
from tests.indexing.training.trades import people_of_trades


def mined(people: list[Profile], *, count: int = 30, size: int = 8, seed: int = 1) -> list[list[object]]:
    texts = list(dict.fromkeys(work_text(work) for person in people for work in person.works))
    passages = Passages(texts, HashEncoder().encode_passages(texts))
    return [list(batch) for batch in PairMiner(people, passages, seed=seed).batches(count=count, size=size)]


def owners(people: list[Profile]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for person in people:
        for work in person.works:
            for text in (work.description, work_text(work), work_text(replace(work, description=""))):
                found.setdefault(text, set()).add(person.login)
        found.setdefault(person.bio, set()).add(person.login)
    return found


def test_a_pair_belongs_to_one_person_and_its_negative_to_another() -> None:
    """The negative is near and of somebody who shares no repository with the person."""
    people = people_of_trades()
    of = owners(people)
    for pair in (pair for batch in mined(people) for pair in batch):
        assert of[pair.anchor] & of[pair.positive]
        assert pair.anchor not in pair.positive
        assert not of[pair.negative] & of[pair.anchor]


def test_no_two_pairs_of_a_batch_come_from_people_who_share_a_repository() -> None:
    """Every other passage of a batch counts as wrong, so none may be right."""
    shared = make_work("engine", owner="person-000", description="a shared engine for both of them")
    people = [
        make_profile(p.login, works=[*p.works, shared]) if n < 20 else p for n, p in enumerate(people_of_trades())
    ]
    circle = {person.login for person in people[:20]}
    of = owners(people)
    for batch in mined(people):
        persons = [next(iter(of[pair.anchor])) for pair in batch]
        assert len(set(persons)) == len(persons)
        assert sum(bool(of[pair.anchor] & circle) for pair in batch) <= 1


def test_who_has_sixty_works_trains_a_few_times_as_much_as_who_has_four() -> None:
    """The square root of the works: nobody drowns the others."""
    busy = people_of_trades(1, works=60)
    people = [*busy, *people_of_trades(40)[1:]]
    of = owners(people)
    counts = Counter(next(iter(of[pair.anchor])) for batch in mined(people, count=400, size=4) for pair in batch)
    ordinary = np.mean([count for login, count in counts.items() if login != "person-000"])
    assert 2 < counts["person-000"] / ordinary < 6


def test_equal_seeds_give_equal_pairs() -> None:
    """What a resumed training goes on with is what it would have come to."""
    people = people_of_trades()
    assert mined(people, seed=3) == mined(people, seed=3)
    assert mined(people, seed=3) != mined(people, seed=4)


def test_a_corpus_without_descriptions_is_refused() -> None:
    """There is nothing to ask for, and the sentence says so."""
    with pytest.raises(RawDataError, match="described repository"):
        mined([make_profile("ada-lumen"), make_profile("bob-tide")])


def test_a_pair_shows_no_text_in_its_repr() -> None:
    """A repr ends up in logs."""
    assert "engine" not in repr(mined(people_of_trades())[0][0])
