"""Evidence quotes to the letter."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexing.evidence import (
    MAX_QUOTE,
    QueryWords,
    best_quote,
    evidence_of_person,
    evidence_of_work,
    fields_of_work,
    terms_said,
)
from indexing.payloads import read_work, work_payload
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


@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=4), st.text(min_size=1, max_size=20))
def test_terms_kept_with_a_work_quote_as_its_text_does(description: str, topics: list[str], name: str) -> None:
    work = Work(f"ada/{name}", name, "owner", description=description, topics=tuple(topics))
    payload = work_payload(work)
    assert payload["said"] == terms_said(fields_of_work(read_work(payload)))
    again = evidence_of_work(read_work(payload), WEIGHTS, score=0.1, said=payload["said"])
    assert again == evidence_of_work(work, WEIGHTS, score=0.1)
