"""Offline evaluation: judgements read, measures by hand, intervals by law, and a throw-away release in memory."""

from __future__ import annotations

import ast
import gzip
import io
import json
import math
import os
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import indexing
from indexing.errors import InputError, RawDataError, RegistryUnavailable, VivierError
from indexing.evaluation import Installation, Task, check_writable, deliver, evaluate
from indexing.evaluation.comparison import compare
from indexing.evaluation.corpora import KEPT, corpus_folder
from indexing.evaluation.intervals import bootstrap, chance
from indexing.evaluation.judgements import Judgement, read_judgements
from indexing.evaluation.known_model import KnownModel, OneModelRegistry
from indexing.evaluation.measures import MEASURES, measure
from indexing.evaluation.parity import compare_languages, language_pairs
from indexing.evaluation.systems import fuse_by_rank
from indexing.evaluation.throwaway import BUILT_WITH, build_key
from indexing.evaluation.tracking import attach, headline
from indexing.pipeline import Sources
from indexing.releases import FieldWeights, RankingConstants
from indexing.run_log import Tracker
from indexing.skills import load_catalogue
from indexing.terms import collect_statistics, passage_terms, passage_vector
from indexing.tuning import UNTUNED, Tuning
from indexing.workspace import Workspace
from tests.builders import repo_row, user_row, write_raw_files
from tests.worlds import World, make_encoder_folder

GOOD = {"id": "motors:en", "kind": "task", "query": "motor control", "relevant": {"Cyr-Volt": 3, "bo-quill": 1}}


def make_judgement(name: str = "motors:en", **changes: Any) -> Judgement:
    """A judged query whose answer is `x`, unless `relevant` says otherwise."""
    known = {"kind": "task", "query": name, "relevant": {"x": 1}, "language": None, "pair": name, "place": "a line 1"}
    return Judgement(name, **(known | changes))


def written(path: Path, *rows: object) -> Path:
    """A judgements file; texts are written as they are."""
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


# Judgements


def test_judgements_are_read_with_their_language_and_pair(tmp_path: Path) -> None:
    french = {**GOOD, "id": "motors:fr", "query": "commande de moteurs"}
    named = {**GOOD, "id": "q7", "language": "fr", "pair": "seven"}
    plain = written(tmp_path / "plain.jsonl", GOOD, "", french)
    packed = tmp_path / "packed.jsonl.gz"
    packed.write_bytes(gzip.compress(b"\xef\xbb\xbf" + json.dumps(named).encode()))
    found = read_judgements([plain, packed])
    assert [(one.id, one.language, one.pair) for one in found] == [
        ("motors:en", "en", "motors"),
        ("motors:fr", "fr", "motors"),
        ("q7", "fr", "seven"),
    ]
    assert found[0].relevant == {"cyr-volt": 3, "bo-quill": 1}  # a login means the same in any case
    assert found[1].place == "plain.jsonl line 3"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("{not json", "it is not JSON"),
        ("[1]", "not a JSON object"),
        ({**GOOD, "id": 7}, '"id" must be a text'),
        ({**GOOD, "query": " "}, '"query" must be a text'),
        ({"id": "a", "query": "b", "relevant": {"c": 1}}, '"kind" must be a text'),
        ({**GOOD, "relevant": ["ada"]}, '"relevant" must map logins to gains'),
        ({**GOOD, "relevant": {"ada": 0.5}}, 'the gain of "ada" must be a whole number'),
        ({**GOOD, "relevant": {"ada": True}}, 'the gain of "ada" must be a whole number'),
        ({**GOOD, "relevant": {"ada": 99}}, 'the gain of "ada" must be a whole number'),
        ({**GOOD, "relevant": {"ada": 0}}, "nobody with a gain above 0"),
        (GOOD, "stands in judged.jsonl line 1 already"),
    ],
)
def test_a_bad_row_is_named_with_its_file_and_line(tmp_path: Path, row: object, says: str) -> None:
    with pytest.raises(RawDataError) as refused:
        read_judgements([written(tmp_path / "judged.jsonl", GOOD, row)])
    assert str(refused.value).startswith("judged.jsonl line 2: ")
    assert says in str(refused.value)
    assert str(refused.value).endswith("Mend the line or take it out.")


def test_a_file_without_judgements_or_without_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RawDataError, match="no judged query"):
        read_judgements([written(tmp_path / "empty.jsonl")])
    (tmp_path / "latin.jsonl").write_bytes('{"id": "é"}'.encode("latin-1"))
    with pytest.raises(RawDataError, match="not UTF-8"):
        read_judgements([tmp_path / "latin.jsonl"])
    with pytest.raises(RawDataError, match="does not exist"):
        read_judgements([tmp_path / "nowhere.jsonl"])


# Measures


def test_measures_are_what_the_hand_computes() -> None:
    graded = make_judgement(relevant={"x": 3, "y": 1})
    found, missed = measure([graded, make_judgement("b")], [("y", "q", "x"), ("q",)])
    gained = 1 / math.log2(2) + 7 / math.log2(4)  # 2^1 - 1 at rank 1, 2^3 - 1 at rank 3
    best = 7 / math.log2(2) + 1 / math.log2(3)
    assert found.tolist() == pytest.approx([gained / best, 1.0, 1.0, 1.0])
    assert missed.tolist() == [0.0] * len(MEASURES)


def test_whoever_the_corpus_lacks_was_not_found() -> None:
    (found,) = measure([make_judgement(relevant={"x": 1, "elsewhere": 1})], [("q", "x")])
    best = 1 + 1 / math.log2(3)
    assert found.tolist() == pytest.approx([(1 / math.log2(3)) / best, 0.5, 0.5, 0.5])


def test_ranks_beyond_ten_and_a_hundred_count_where_they_should() -> None:
    ranking = tuple(f"q{number:03}" for number in range(99))
    eleventh = (*ranking[:10], "x", *ranking[10:])
    (found,) = measure([make_judgement()], [eleventh])
    assert found.tolist() == pytest.approx([0.0, 0.0, 1.0, 1 / 11])


def test_nobody_found_at_all_is_a_row_of_zeros() -> None:
    assert measure([make_judgement(), make_judgement("b")], [(), ("x",)]).tolist() == [[0.0] * 4, [1.0] * 4]


@given(
    st.lists(st.sampled_from("abcdefgh"), unique=True),
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 3), min_size=1),
)
def test_measures_lie_between_0_and_1(ranking: list[str], relevant: dict[str, int]) -> None:
    values = measure([make_judgement(relevant=relevant)], [tuple(ranking)])
    assert values.min() >= 0
    assert values.max() <= 1 + 1e-12


def test_reciprocal_rank_fusion_adds_reciprocal_ranks() -> None:
    # x: 1/61 + 1/62; y: 1/62 + 1/61, the same, so by login; z: 1/63
    assert fuse_by_rank(("x", "y", "z"), ("y", "x")) == ("x", "y", "z")
    assert fuse_by_rank(("a", "b"), ("c", "b")) == ("b", "a", "c")


# Intervals and significance


def test_a_mean_without_spread_has_no_interval() -> None:
    sure = bootstrap(np.full((7, 2), 0.25))
    assert sure.low.tolist() == sure.mean.tolist() == sure.high.tolist() == [0.25, 0.25]


def test_an_interval_is_as_wide_as_theory_says_and_the_same_each_time() -> None:
    values = np.random.default_rng(1).normal(size=(400, 1))
    sure, again = bootstrap(values), bootstrap(values)
    half = 1.96 * values.std() / math.sqrt(400)
    assert sure.low[0] == pytest.approx(values.mean() - half, abs=0.01)
    assert sure.high[0] == pytest.approx(values.mean() + half, abs=0.01)
    assert (sure.low.tolist(), sure.high.tolist()) == (again.low.tolist(), again.high.tolist())


def test_the_test_agrees_with_scipys_exact_one() -> None:
    first, second = np.random.default_rng(2).uniform(size=(2, 11))
    exact = scipy.stats.permutation_test(
        (first, second), lambda a, b, axis: (a - b).mean(axis), permutation_type="samples", vectorized=True
    )
    assert chance((first - second)[:, None])[0] == pytest.approx(exact.pvalue, abs=0.015)


def test_no_difference_is_chance_and_always_winning_is_not() -> None:
    both = np.column_stack([np.zeros(40), np.full(40, 0.1)])
    certain, impossible = chance(both)
    assert certain == 1.0
    assert impossible < 0.001


# The report


def test_a_comparison_says_everything_by_kind_and_language_too() -> None:
    judgements = [
        make_judgement("a:en", kind="field", language="en"),
        make_judgement("b:fr", kind="task", language="fr"),
        make_judgement("c:fr", kind="task", language="fr"),
    ]
    first, second, nobody = ("x", "q"), ("q", "x"), ()
    runs: dict[str, list[tuple[str, ...]]] = {
        "bm25": [first, first, nobody],
        "dense": [second, nobody, nobody],
        "hybrid": [second, first, second],
        "full": [first, first, nobody],
    }
    found = compare(judgements, runs)
    at_two = round(1 / math.log2(3), 6)
    assert found["queries"] == 3
    assert found["systems"]["full"] == pytest.approx(dict.fromkeys(MEASURES, 2 / 3), abs=1e-5)
    assert found["by_kind"]["task"]["hybrid"]["ndcg@10"] == pytest.approx((1 + at_two) / 2, abs=1e-5)
    assert found["by_language"]["en"]["dense"]["mrr"] == 0.5
    assert list(found["references"]) == ["rrf"]
    assert list(found["significance"]) == ["full_vs_bm25", "full_vs_dense", "full_vs_hybrid", "full_vs_rrf"]
    assert found["significance"]["full_vs_bm25"]["ndcg@10"] == {
        "difference": 0.0, "interval": [0.0, 0.0], "p": 1.0, "won": 0, "lost": 0}  # fmt: skip
    assert found["groups"]["kind"]["task"]["queries"] == 2
    assert found["won_and_lost"]["full_vs_hybrid"] == {
        "won": [{"id": "a:en", "difference": pytest.approx(1 - at_two, abs=1e-5)}],
        "lost": [{"id": "c:fr", "difference": pytest.approx(-at_two, abs=1e-5)}],
    }
    low, high = found["intervals"]["hybrid"]["ndcg@10"]
    assert low <= found["systems"]["hybrid"]["ndcg@10"] <= high


def test_parity_compares_the_two_lists_of_every_pair() -> None:
    judgements = [
        make_judgement("a:en", language="en", pair="a"),
        make_judgement("a:fr", language="fr", pair="a"),
        make_judgement("b:en", language="en", pair="b"),
        make_judgement("b:fr", language="fr", pair="b"),
        make_judgement("c:en", language="en", pair="c"),  # never asked in French
    ]
    found = compare_languages(judgements, [("x", "y"), ("y", "x"), ("x", "y"), ("x", "y"), ("x",)])
    assert found["pairs"] == 2
    assert found["rbo@20_by_pair"] == {"a": 0.9, "b": 1.0}
    assert found["rbo@20"] == pytest.approx(0.95)
    assert found["share_of_pairs_at_least_0.7"] == 1.0
    assert found["ndcg@10"] == {"en": 1.0, "fr": pytest.approx((1 + 1 / math.log2(3)) / 2, abs=1e-5)}
    assert found["fr_minus_en"]["difference"] == pytest.approx(found["ndcg@10"]["fr"] - 1, abs=1e-5)


def test_parity_without_pairs_says_how_to_mark_them() -> None:
    with pytest.raises(RawDataError, match="x:en"):
        language_pairs([make_judgement("a:en", language="en", pair="a")])


# Kept corpora


def test_the_corpora_used_last_are_kept_and_one_in_use_is_never_dropped(tmp_path: Path) -> None:
    with corpus_folder(tmp_path, "in-use") as first:
        _age(first, 1_000)
        for number in range(KEPT + 2):
            with corpus_folder(tmp_path, f"corpus-{number}") as folder:
                (folder / "collection").touch()
            _age(folder, 900 - number)
        assert (tmp_path / "in-use").exists()
    with corpus_folder(tmp_path, "one-more"):
        kept = {folder.name for folder in tmp_path.iterdir() if folder.is_dir()}
    assert kept == {"corpus-3", "corpus-4", "corpus-5", "corpus-6", "one-more"}


def test_the_lock_that_a_killed_evaluation_left_holds_nothing(tmp_path: Path) -> None:
    for number in range(KEPT):
        with corpus_folder(tmp_path, f"corpus-{number}") as folder:
            pass
        FileLock(folder / ".use-dead.lock").acquire().lock.release()
        _age(folder, 900 - number)
    with corpus_folder(tmp_path, "one-more"):
        assert not (tmp_path / "corpus-0").exists()


def _age(folder: Path, seconds: int) -> None:
    then = (folder / "used").stat().st_mtime - seconds
    os.utime(folder / "used", (then, then))


# A throw-away release


class Bench:
    """A small corpus, judgements for it, and an installation in memory with one registered version."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.world.add_version("salt")
        self.built = World(folder / "throwaway")  # its store and encoders: what the evaluation builds with
        raw = write_raw_files(
            folder,
            users=[user_row(login) for login in ("ada", "bo", "cy")],
            repos=[
                repo_row("ada/tides", description="Predicts tides from harmonic constituents."),
                repo_row("bo/motor", description="Motor control firmware."),
                repo_row("cy/motor-notes", description="Notes on motor control and tides."),
            ],
        )
        judged = written(
            folder / "judged.jsonl",
            {"id": "t", "kind": "task", "query": "predicts tides", "relevant": {"ADA": 2, "gone": 1}},
            {"id": "m:en", "kind": "task", "query": "motor control firmware", "relevant": {"bo": 3}},
            {"id": "m:fr", "kind": "field", "query": "motor firmware", "relevant": {"bo": 3}},
        )
        self.task = Task(Sources(raw.users, raw.repos), [judged])
        self.warnings: list[str] = []

    @property
    def installation(self) -> Installation:
        """What the command line gives an evaluation."""
        return Installation(
            self.world.workspace, self._workspace_at, ensure_version=self._ensure, warn=self.warnings.append
        )

    def run(self) -> dict[str, Any]:
        """One evaluation."""
        return evaluate(self.task, self.installation)

    def encoded(self) -> int:
        """Passages of the corpus encoded so far, each once for the cache."""
        return sum(text.startswith(("tides.", "motor")) for one in self.built.encoders for text in one.encoded)

    def _workspace_at(self, folder: Path) -> Workspace:
        return replace(self.built.workspace, home=folder, processed=folder / "processed")

    def _ensure(self, version: int | None) -> int:
        self.world.registry.versions()
        return version or 1


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_an_evaluation_measures_the_search_that_serves_and_publishes_nothing(bench: Bench) -> None:
    report = bench.run()
    assert report["systems"]["full"]["mrr"] == 1.0
    assert report["systems"]["full"]["recall@100"] == pytest.approx((0.5 + 1 + 1) / 3, abs=1e-5)
    assert report["corpus"]["people"] == 3
    assert report["release"]["ranking"]["bm25_k1"] == RankingConstants().bm25_k1
    assert report["judgements"]["logins_not_in_corpus"] == 1
    for method in ("record", "make_current", "make_champion", "register"):
        assert len(bench.world.registry.happened(method)) == (method == "register")  # the one of the set-up
    assert bench.world.store.names() == []


def test_a_second_evaluation_builds_nothing_and_finds_the_same(bench: Bench) -> None:
    first = bench.run()
    (collection,) = bench.built.store.names()
    second = bench.run()
    assert bench.built.store.names() == [collection]
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


def test_a_collection_that_is_gone_is_built_again_from_the_kept_vectors(bench: Bench) -> None:
    bench.run()
    (collection,) = bench.built.store.names()
    bench.built.store.drop(collection)
    report = bench.run()
    (again,) = bench.built.store.names()
    assert again != collection
    assert report["systems"]["full"]["mrr"] == 1.0


def test_a_build_that_was_killed_leaves_nothing_behind(bench: Bench) -> None:
    bench.run()
    (collection,) = bench.built.store.names()
    (home,) = (folder for folder in (bench.world.workspace.home / "evaluations").iterdir() if folder.is_dir())
    for note in (home / "built").iterdir():
        note.unlink()
    (home / "unfinished").write_text(collection.removeprefix("profiles-"), encoding="utf-8")
    bench.run()
    assert collection not in bench.built.store.names()
    assert len(bench.built.store.names()) == 1
    assert not (home / "unfinished").exists()


def test_constants_that_only_weigh_need_no_new_build_and_those_in_the_index_do(
    bench: Bench,
) -> None:
    model = KnownModel(1, bench.world.workspace.models / "f", _manifest(bench))
    only_weighs = Tuning(RankingConstants(prior_weight=0.5, hnsw_ef=64))
    assert build_key(replace(model, tuning=only_weighs)) == build_key(model)
    entering = [Tuning(RankingConstants(bm25_b=0.5)), Tuning(field_weights=FieldWeights(name=2.0)), Tuning(hnsw_m=8)]
    assert len({build_key(replace(model, tuning=tuning)) for tuning in (UNTUNED, *entering)}) == 4


def test_no_other_constants_enter_the_index() -> None:
    """Fails when a passage's vector comes to depend on one that `build_key` does not know."""
    entering = {"bm25_k1": 1.2, "bm25_b": 0.75}
    others = {each.name: each.default * 2 + 1 for each in fields(RankingConstants) if each.name not in entering}
    terms = passage_terms("Motor control firmware in Rust: motors, tested.", load_catalogue())
    statistics = collect_statistics([[terms]])
    usual, changed = RankingConstants(**entering), RankingConstants(**entering, **others)
    assert passage_vector(terms, statistics, usual) == passage_vector(terms, statistics, changed)


def test_with_the_registry_away_the_model_served_last_is_evaluated(bench: Bench) -> None:
    bench.world.registry.is_down = True
    with pytest.raises(RegistryUnavailable):
        bench.run()
    bench.world.registry.is_down = False
    release = bench.world.add_release(1, served=True)
    bench.world.workspace.remember_served(release)
    bench.world.registry.is_down = True
    report = bench.run()
    assert report["release"]["fingerprint"] == release.fingerprint
    assert "served last" in bench.warnings[0]
    bench.task = replace(bench.task, versions=(2,))
    with pytest.raises(RegistryUnavailable):
        bench.run()


def test_the_throwaway_registry_can_be_read_and_never_written(bench: Bench) -> None:
    registry = OneModelRegistry(KnownModel(1, Path("models/f"), _manifest(bench)))
    assert registry.champion() is None
    for write in (
        lambda: registry.make_champion(1),
        lambda: registry.make_current(1, "v1-x"),
        lambda: registry.register(Path(), Path(), name="x"),
        lambda: registry.resolve("champion"),
    ):
        with pytest.raises(VivierError, match="publishes nothing"):
            write()


def test_a_query_that_the_search_refuses_is_named(bench: Bench, tmp_path: Path) -> None:
    unpaired = replace(bench.task, parity=True, judgements=[written(tmp_path / "one.jsonl", GOOD)])
    with pytest.raises(RawDataError, match="both English and French"):
        evaluate(unpaired, bench.installation)
    assert bench.built.store.names() == []  # said before anything was built


def test_what_builds_a_collection_is_all_in_the_build_key() -> None:
    """A module that the build comes to import must be listed, or a kept collection outlives a change of it."""
    # Carry no decision about what is in a collection: plumbing, or what is in the key as a value.
    plumbing = set("errors owned_folders whole_files releases tuning model_folder registry open_release work".split())
    reached, waiting = set[str](), ["build", "edge_index", "enrich", "tongue_cache"]
    while waiting:
        part = waiting.pop()
        if part not in reached and part not in plumbing:
            reached.add(part)
            waiting += _imported_by(part)
    assert reached == set(BUILT_WITH)


def _imported_by(part: str) -> set[str]:
    root = Path(indexing.__file__).parent
    files = sorted((root / part).rglob("*.py")) if (root / part).is_dir() else [root / f"{part}.py"]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    modules = [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return {module.split(".")[1] for module in modules if module.startswith("indexing.")}


def _manifest(bench: Bench) -> Any:
    from indexing.model_folder import read_manifest

    return read_manifest(make_encoder_folder(bench.world.workspace.home / "made" / "other", "other"))


# Delivery


def test_an_mlflow_that_does_not_answer_costs_a_sentence(bench: Bench, tmp_path: Path) -> None:
    def away() -> Any:
        raise RegistryUnavailable("MLflow at http://nowhere does not answer.")

    report, out, printed, warnings = bench.run(), tmp_path / "new" / "report.json", io.StringIO(), list[str]()
    report["won_and_lost"]["full_vs_bm25"]["lost"] = [{"id": "t", "difference": -0.5}]
    console = Console(file=printed, width=80)
    check_writable(out)
    tracker = Tracker(open=away, warn=warnings.append)
    registry = bench.world.registry
    deliver(report, bench.task, out=out, as_json=False, tracker=tracker, registry=registry, console=console)
    (said,) = warnings
    assert said.endswith("3 queries is not logged to MLflow: MLflow at http://nowhere does not answer.")
    assert registry.happened("measured") == []  # what is not logged is not kept with the version either
    assert json.loads(out.read_text(encoding="utf-8")) == report
    for words in ("full", "rrf", "1 of 3 judged people are not in the corpus", "predicts tides"):
        assert words in printed.getvalue()
    assert "…" not in printed.getvalue()  # nothing is cut at the width of an ordinary terminal


def test_measures_are_kept_with_the_version_after_the_corpus_s_name(bench: Bench) -> None:
    report, warnings = bench.run(), list[str]()
    registry = bench.world.registry
    attach(registry, 1, headline(report), corpus="two words@home", warn=warnings.append)
    (version,) = registry.versions()
    assert version.metrics["two words_home/mrr"] == 1.0
    assert version.metrics["two words_home/ndcg_10"] == report["systems"]["full"]["ndcg@10"]
    assert version.metrics["two words_home/ndcg_10_en"] == 1.0
    assert "onnx_bytes" in version.metrics  # beside what was known of it
    registry.is_down = True
    attach(registry, 1, {}, corpus="samples", warn=warnings.append)
    assert warnings == ["The measures were not kept with version 1: MLflow does not answer."]


def test_a_place_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out, says in ((tmp_path, "is a folder"), (tmp_path / "file" / "report.json", "cannot be made")):
        with pytest.raises(InputError, match=says):
            check_writable(out)


def test_parity_is_measured_for_every_version(bench: Bench) -> None:
    bench.world.add_version("pepper")
    bench.task = replace(bench.task, parity=True)
    report = bench.run()
    assert list(report["parity"]) == ["1", "2"]
    assert report["parity"]["2"]["model"] == "pepper"
    assert report["release"]["model_version"] == 1
    assert _logins_nowhere(report, ("ada", "bo"))


def _logins_nowhere(report: dict[str, Any], logins: Sequence[str]) -> bool:
    return not any(f'"{login}"' in json.dumps(report) for login in logins)
