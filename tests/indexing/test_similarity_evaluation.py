"""Labelled pairs read, scores calibrated and measured, and what the command's report says of a version."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from scipy.stats import spearmanr

from indexing.errors import RawDataError
from indexing.evaluation import Installation
from indexing.evaluation.similarity import (
    LabelledPair,
    SimilarityTask,
    deliver_similarity,
    evaluate_similarity,
    measure_similarity,
    read_pairs,
)
from indexing.evaluation.similarity.calibration import best_threshold, calibrate
from indexing.evaluation.similarity.measuring import measure_blind
from indexing.evaluation.similarity.plots import draw_similarity
from indexing.prediction import similarities
from indexing.run_log import UNTRACKED
from tests.worlds import World

SHIPPED = Path(__file__).parents[2] / "data" / "judgements" / "pairs.jsonl"
GOOD = {
    "id": "one",
    "split": "test",
    "language": "mixed",
    "kind": "translation",
    "first": "maps of rivers",
    "second": "cartes des rivières",
    "score": 5,
}


def graded(number: int, grade: float, split: str = "test", **changes: str) -> LabelledPair:
    """A pair with a grade; its texts share as many of five words as the grade says."""
    words = [f"w{number}x{place}" for place in range(5)]
    others = [word if place < grade else f"{word}y" for place, word in enumerate(words)]
    known = {"language": "en", "kind": "detail"} | changes
    return LabelledPair(f"p{number}", split, known["language"], known["kind"], " ".join(words), " ".join(others), grade)


def written(path: Path, *rows: object) -> Path:
    """A file of pairs; texts are written as they are."""
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def many(folder: Path) -> Path:
    """Forty pairs in both splits and all languages."""
    rows = [
        {
            **GOOD,
            "id": pair.id,
            "split": pair.split,
            "language": ("en", "fr", "mixed")[number % 3],
            "first": pair.first,
            "second": pair.second,
            "score": pair.grade,
        }
        for number in range(40)
        for pair in [graded(number, number % 6, "dev" if number % 2 else "test")]
    ]
    return written(folder / "pairs.jsonl", *rows)


# Pairs


def test_the_shipped_pairs_are_many_varied_and_two_thirds_french_or_mixed() -> None:
    pairs = read_pairs([SHIPPED])
    assert len(pairs) >= 440
    assert sum(pair.language != "en" for pair in pairs) / len(pairs) > 0.6
    assert {pair.grade for pair in pairs} == {0, 1, 2, 3, 4, 5}
    for split in ("dev", "test"):
        kinds = {pair.kind for pair in pairs if pair.split == split}
        assert len(kinds) == 13
    assert all(pair.grade == 5 for pair in pairs if pair.kind == "identical")
    assert all(pair.grade == 0 for pair in pairs if pair.kind == "unrelated")
    assert all(pair.grade >= 4 for pair in pairs if pair.kind in ("translation", "paraphrase"))
    texts = [text for pair in pairs for text in pair.texts]
    assert len(set(texts)) > 0.95 * len(texts)  # not the same few sentences over and over


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("{not json", "it is not JSON"),
        ({**GOOD, "id": "two", "split": "train"}, '"split" must be dev or test; found "train"'),
        ({**GOOD, "id": "two", "language": "de"}, '"language" must be en, fr or mixed; found "de"'),
        ({**GOOD, "id": "two", "first": " "}, '"first" must be a text'),
        ({**GOOD, "id": "two", "score": 6}, '"score" must be a number from 0 to 5; found 6'),
        ({**GOOD, "id": "two", "score": True}, '"score" must be a number'),
        ({**GOOD, "second": "chansons"}, "the id 'one' stands in pairs.jsonl line 1 already"),
        ({**GOOD, "id": "two", "first": GOOD["second"], "second": GOOD["first"]}, "the same two texts stand in"),
        ({**GOOD, "id": "two", "split": "dev", "second": "other"}, "is in split 'test' in pairs.jsonl line 1"),
    ],
)
def test_a_bad_pair_is_named_with_its_file_and_line(tmp_path: Path, row: object, says: str) -> None:
    with pytest.raises(RawDataError) as refused:
        read_pairs([written(tmp_path / "pairs.jsonl", GOOD, row)])
    assert str(refused.value).startswith("pairs.jsonl line 2: ")
    assert says in str(refused.value)


def test_too_few_pairs_to_calibrate_on_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RawDataError, match="has 0 pairs of split 'dev': at least 10 are needed"):
        read_pairs([written(tmp_path / "pairs.jsonl", GOOD)])


# Calibration and measures


def test_scores_squeezed_into_a_corner_are_calibrated_as_well_as_spread_ones() -> None:
    """E5 gives .8 to unrelated texts: a monotone map makes nothing of that."""
    pairs = [graded(number, number % 6, "dev" if number < 60 else "test") for number in range(120)]
    noise = np.random.default_rng(3).normal(0, 0.4, 120)
    spread = (np.array([pair.grade for pair in pairs]) + noise) / 6
    squeezed = 0.8 + 0.2 / (1 + np.exp(-4 * spread))
    first, second = (measure_similarity(pairs, cosines)["overall"] for cosines in (spread, squeezed))
    assert first["spearman"] == second["spearman"]
    assert first["accuracy"] == second["accuracy"]
    assert first["mae"]["value"] == pytest.approx(second["mae"]["value"], abs=0.03)
    assert first["mae"]["value"] < 0.5 < measure_blind(pairs)["mae"]


def test_measures_are_what_scipy_computes_and_lie_in_their_intervals() -> None:
    pairs = [graded(number, number % 6, "dev" if number < 30 else "test") for number in range(80)]
    cosines = np.random.default_rng(5).normal(size=80) * 0.2 + np.array([pair.grade for pair in pairs]) / 10
    found = measure_similarity(pairs, cosines)["overall"]
    grades = np.array([pair.grade for pair in pairs[30:]])
    assert found["spearman"]["value"] == pytest.approx(spearmanr(cosines[30:], grades).statistic, abs=1e-6)
    assert found["pearson"]["value"] == pytest.approx(np.corrcoef(cosines[30:], grades)[0, 1], abs=1e-6)
    for name in ("spearman", "pearson", "mae", "accuracy"):
        low, high = found[name]["interval"]
        assert low <= found[name]["value"] <= high


def test_the_test_half_calibrates_nothing() -> None:
    pairs = [graded(number, number % 6, "dev" if number < 30 else "test") for number in range(60)]
    cosines = np.array([pair.grade for pair in pairs]) / 5
    changed = np.concatenate([cosines[:30], cosines[30:][::-1]])
    first, second = (measure_similarity(pairs, each) for each in (cosines, changed))
    assert first["calibration"] == second["calibration"]
    assert first["overall"]["mae"]["value"] == 0.0
    assert second["overall"]["mae"]["value"] > 1


@given(st.lists(st.tuples(st.floats(-1, 1), st.booleans()), min_size=1, max_size=30))
def test_no_other_cut_makes_fewer_mistakes(scored: list[tuple[float, bool]]) -> None:
    cosines, related = np.array([one for one, _ in scored]), np.array([one for _, one in scored])
    right = ((cosines >= best_threshold(cosines, related)) == related).sum()
    assert all(((cosines >= cut) == related).sum() <= right for cut in [*cosines, 2.0])


@given(st.lists(st.tuples(st.floats(-1, 1), st.integers(0, 5)), min_size=3, max_size=30))
def test_a_calibrated_grade_never_falls_as_the_cosine_rises(scored: list[tuple[float, int]]) -> None:
    cosines, grades = np.array([one for one, _ in scored]), np.array([float(one) for _, one in scored])
    fitted = calibrate(cosines, grades, is_related=grades >= 3).grade(np.linspace(-1, 1, 50))
    assert (np.diff(fitted) >= 0).all()
    assert fitted.min() >= 0
    assert fitted.max() <= 5


# The code that serves, and the command


def test_similarities_encode_each_text_once_and_stay_within_1() -> None:
    asked: list[str] = []

    def encode(texts: Any) -> Any:
        asked.extend(texts)
        return np.array([[1.0000001, 0.0] if text == "a" else [0.0, 1.0] for text in texts], dtype=np.float32)

    assert similarities([("a", "b"), ("a", "a")], encode).tolist() == [0.0, 1.0]
    assert asked == ["a", "b"]


def test_versions_are_measured_beside_each_other_and_printed(tmp_path: Path) -> None:
    world = World(tmp_path / "home")
    for name in ("salt", "pepper"):
        world.add_version(name)
    installation = Installation(world.workspace, lambda _: world.workspace, lambda version: version or 1)
    task = SimilarityTask([many(tmp_path)], (1, 2))
    report = evaluate_similarity(task, installation)
    assert list(report["versions"]) == ["1", "2"]
    assert report["pairs"] | {"digest": ""} == {
        "files": ["pairs.jsonl"], "digest": "", "dev": 20, "test": 20, "blind": report["pairs"]["blind"]
    }  # fmt: skip
    for found in report["versions"].values():
        assert found["overall"]["spearman"]["value"] > 0.8  # words shared are what this encoder knows
        assert list(found["by_language"]) == ["en", "fr", "mixed"]
        assert len(found["by_pair"]) == 40
    printed = io.StringIO()
    console = Console(file=printed, width=80)
    out = tmp_path / "report.json"
    delivery: dict[str, Any] = {"tracker": UNTRACKED, "registry": world.registry, "console": console}
    deliver_similarity(report, task, out=out, as_json=False, **delivery)
    assert json.loads(out.read_text(encoding="utf-8")) == report
    assert world.registry.happened("measured") == []  # what is not logged is not kept with the version either
    for words in ("Spearman", "farthest from their grade", "20 others (test)", "…"):
        assert (words in printed.getvalue()) == (words != "…")


def test_both_plots_are_drawn(tmp_path: Path) -> None:
    pairs = [graded(number, number % 6, "dev" if number < 30 else "test") for number in range(60)]
    measured = measure_similarity(pairs, np.array([pair.grade for pair in pairs]) / 5)
    draw_similarity("1", {"model": "tiny", **measured}, {pair.id: pair.language for pair in pairs}, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"calibration.png", "by-kind.png"}
