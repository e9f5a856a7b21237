"""Evidence quotes to the letter."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexing.evidence import MAX_QUOTE, QueryWords, best_quote, evidence_of_person, evidence_of_work
from indexing.profiles import Profile, Work
from indexing.skills import load_catalogue
from tests.registries import make_release

WEIGHTS = QueryWords("motor control", (), make_release(), load_catalogue())


def test_the_sentence_that_shares_most_with_the_query_is_quoted() -> None:
    work = Work("ada/drv", "drv", "owner", description="A small driver. Field-oriented motor control for BLDC. MIT.")
    proof = evidence_of_work(work, WEIGHTS, score=0.4)
    assert proof.quote == "Field-oriented motor control for BLDC."
    assert proof.field == "description"
    assert proof.score == 0.4


def test_a_skill_is_quoted_by_whatever_name_it_goes() -> None:
    words = QueryWords("orchestration de conteneurs", ("Kubernetes",), make_release(), load_catalogue())
    work = Work("ada/ops", "ops", "owner", description="Notes of an evening. Operators for k8s clusters. MIT.")
    assert evidence_of_work(work, words, score=0.4).quote == "Operators for k8s clusters."


def test_a_name_is_quoted_when_there_is_nothing_else() -> None:
    proof = evidence_of_work(Work("ada/motor", "motor", "owner"), WEIGHTS, score=0.1)
    assert (proof.field, proof.quote) == ("name", "motor")


def test_a_person_without_own_words_gives_no_evidence() -> None:
    assert evidence_of_person(Profile("ada"), WEIGHTS, score=0.1) is None


@given(st.text(max_size=2_000))
def test_every_quote_is_a_verbatim_piece_of_its_field(text: str) -> None:
    quote = best_quote([("bio", text)], WEIGHTS)
    if quote is None:
        assert not text.strip()
    else:
        assert quote.text in text
        assert 0 < len(quote.text) <= MAX_QUOTE
