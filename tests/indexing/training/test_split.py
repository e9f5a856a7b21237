"""Nothing that is judged is ever trained on, and nobody's texts are on both sides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indexing.enrich import enrich
from indexing.evaluation.judgements import Judgement, read_judgements
from indexing.profiles import Profile
from indexing.raw_data import read_raw
from indexing.training.held_out import HeldOut, names_of, project_name, words
from indexing.training.split import Split, split_people, split_text, texts_of
from tests.builders import make_profile, make_work
from tests.indexing.training.trades import people_of_trades

ROOT = Path(__file__).parents[3]
SHIPPED = [ROOT / "data" / "judgements" / name for name in ("sample.jsonl", "written.jsonl")]
EXPERTS = ROOT.parent / "shared" / "data" / "experts"


def judged(query: str, judged_id: str = "one", kind: str = "task") -> Judgement:
    return Judgement(judged_id, kind, query, {"ada-lumen": 1}, None, judged_id, "line 1")


def corpus(folder: Path, scratch: Path) -> list[Profile]:
    files = [folder / f"github_{name}.csv" for name in ("users", "repos", "contributions")]
    return enrich(read_raw(*files, rejected_folder=scratch))


def assert_nothing_judged_is_trained_on(split: Split, judgements: tuple[Judgement, ...]) -> None:
    queries = [f" {' '.join(words(judgement.query))} " for judgement in judgements]
    hidden = {project_name(name) for name in names_of(judgements).values()}
    for text in texts_of(split.training):
        normalised = f" {' '.join(words(text))} "
        assert not any(query in normalised for query in queries)
    for person in split.training:
        assert not hidden & {project_name(work.name) for work in person.works}


@pytest.mark.parametrize(
    "text",
    [
        "A fast parser of tide tables, for sailors",
        "a FAST parser -- of tide tables for sailors!",
        "tides. A fast parser of tide tables for sailors and others. Topics: sea.",
        "parser of tide tables, for sailors",
        "A very fast parser of tide tables for sailors",
    ],
)
def test_a_judged_query_is_recognised_in_other_clothes(text: str) -> None:
    """Equal, in other case, inside a passage, as a part, or with a word put in."""
    assert HeldOut([judged("A fast parser of tide tables for sailors")]).covers_text(text)


def test_another_text_on_the_same_subject_may_be_trained_on() -> None:
    """Only the text is held out, not what it is about."""
    assert not HeldOut([judged("A fast parser of tide tables for sailors")]).covers_text("Draws tide tables as a chart")


def test_a_query_of_one_word_is_held_out_wherever_it_stands() -> None:
    """A text that contains a judged query is not trained on, however short the query is."""
    held_out = HeldOut([judged("Kubernetes")])
    assert held_out.covers_text("An operator for kubernetes clusters")
    assert not held_out.covers_text("An operator for clusters")


@pytest.mark.parametrize("name", ["r-targets", "targets", "Targets", "r_targets", "python-targets", "targets-dev"])
def test_a_hidden_project_is_recognised_under_other_names(name: str) -> None:
    """What packagers put around a name does not bring the project back."""
    held_out = HeldOut([judged("A pipeline toolkit", "project:r-targets", "project")])
    assert held_out.covers_work(make_work(name))
    assert not held_out.covers_work(make_work("moving-target"))


def test_nobody_set_apart_shares_a_repository_or_a_text_with_training() -> None:
    """What validation asks for was never seen."""
    shared = make_work("engine", owner="person-000", description="a shared engine for everybody here")
    people = [
        make_profile(p.login, works=[*p.works, shared]) if n < 3 else p for n, p in enumerate(people_of_trades(200))
    ]
    split = split_people(people, HeldOut([]), seed=1)
    trained = {work.full_name for person in split.training for work in person.works}
    apart = {work.full_name for person in split.searched for work in person.works}
    assert split.hidden
    assert not trained & apart
    assert not {hidden.query for hidden in split.hidden} & set(texts_of([*split.training, *split.searched]))
    logins = {person.login for person in split.searched}
    assert all(hidden.owners <= logins for hidden in split.hidden)


def test_a_split_depends_on_the_seed_and_not_on_who_else_is_there() -> None:
    """The same people are set apart in a larger corpus."""
    few, many = people_of_trades(100), people_of_trades(150)
    apart = [{p.login for p in split_people(people, HeldOut([]), seed=4).searched} for people in (few, many)]
    assert apart[0] == apart[1] & {person.login for person in few}
    assert apart[0] != {p.login for p in split_people(few, HeldOut([]), seed=5).searched}


def test_the_split_is_written_down_by_hash_alone() -> None:
    """The file says what is where and shows nobody's words, names or logins."""
    people = people_of_trades(60)
    text = split_text(split_people(people, HeldOut([judged("a engine server query data")]), seed=1))
    lines = [json.loads(line) for line in text.splitlines()]
    assert {line["part"] for line in lines} == {"train", "validation", "held_out"} or len(lines) > 100
    assert all(len(line.get("repository", line.get("text"))) == 32 for line in lines)
    assert not any(word in text for word in ("person-", "engine", "search"))


def test_nothing_judged_of_the_shipped_sample_is_trained_on(tmp_path: Path) -> None:
    """All 406 shipped queries against every text that the sample gives to training."""
    judgements = read_judgements(SHIPPED)
    split = split_people(corpus(ROOT / "data" / "samples", tmp_path), HeldOut(judgements), seed=1)
    assert len(split.training) > 1_000
    assert_nothing_judged_is_trained_on(split, judgements)


@pytest.mark.slow
@pytest.mark.skipif(not EXPERTS.exists(), reason="the experts corpus is not on this machine")
def test_nothing_judged_of_the_experts_corpus_is_trained_on(tmp_path: Path) -> None:
    """Projects hidden from the corpus are not there by another name either."""
    judgements = read_judgements([*SHIPPED, EXPERTS / "judgements.dev.jsonl"])
    split = split_people(corpus(EXPERTS, tmp_path), HeldOut(judgements), seed=1)
    assert len(split.training) > 5_000
    assert_nothing_judged_is_trained_on(split, judgements)
