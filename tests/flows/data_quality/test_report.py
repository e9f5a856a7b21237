"""What a report counts."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from flows.data_quality import report
from flows.data_quality.counting import SAMPLED_TEXTS, TOP, ages, sizes, spread, tongues
from flows.data_quality.report import QualityReport
from indexing.errors import RawDataError
from tests.builders import Row, contribution_row, repo_row, user_row
from tests.flows.data_quality.raw import NOW, write_raw


def made_of(folder: Path, users: list[Row], repos: list[Row] | None = None, **more: list[Row]) -> QualityReport:
    return report(write_raw(folder, users=users, repos=repos or [], **more), now=NOW)


def test_people_repositories_contributions_and_kinds_are_counted(tmp_path: Path) -> None:
    users = [user_row(type="User"), user_row("reef-org", type="organization"), user_row("bo-tide")]
    made = made_of(tmp_path, users, [repo_row()], contributions=[contribution_row("bo-tide", "ada-lumen/tide-tables")])
    assert (made.people, made.repositories, made.contributions) == (3, 1, 1)
    assert made.kinds == {"User": 1, "Organization": 1, "Bot": 0, "unknown": 1}


def test_rows_set_aside_are_told_by_reason_and_merged_ones_counted(tmp_path: Path) -> None:
    users = [user_row(), user_row("Ada-Lumen"), user_row("bo-tide", followers="many"), user_row("cy", followers="-1")]
    people = made_of(tmp_path, users).files[0]
    assert (people.read, people.kept, people.merged) == (4, 1, 1)
    assert people.rejected == {"followers is not a whole number": 1, "followers is negative": 1}


def test_reading_for_a_report_leaves_no_file_of_rejected_rows(tmp_path: Path) -> None:
    made_of(tmp_path, [user_row(), user_row("bo-tide", followers="many")])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "github_contributions.csv",
        "github_repos.csv",
        "github_users.csv",
    ]


def test_missing_fields_are_shares_of_the_rows(tmp_path: Path) -> None:
    made = made_of(tmp_path, [user_row(bio="x"), user_row("bo-tide"), user_row("cy"), user_row("dov")])
    assert made.missing["users"]["bio"] == 0.75
    assert made.missing["users"]["login"] == 0
    assert "repos" not in made.missing  # nothing is missing where there is nothing


def test_programming_languages_are_spelt_one_way_the_rare_ones_together(tmp_path: Path) -> None:
    languages = ["python", "Python", "Rust", "", "others", *(f"Lingo{letter}" for letter in "ABCDEFGHIJKLMNOP")]
    repos = [repo_row(f"ada-lumen/kelp-{place}", language=label) for place, label in enumerate(languages)]
    counted = made_of(tmp_path, [user_row()], repos).languages
    assert list(counted)[:1] == ["Python"]
    assert (counted["Python"], counted["unknown"], counted["others"]) == (2, 2, len(languages) - 4 - (TOP - 1))


def test_places_are_recognised_not_recognised_or_not_given(tmp_path: Path) -> None:
    cells = ["Lyon, France", "Brest, France", "Berlin", "the cloud", ""]
    made = made_of(tmp_path, [user_row(f"person-{place}", location=cell) for place, cell in enumerate(cells)])
    assert made.places == {"country recognised": 3, "country not recognised": 1, "no location given": 1}
    assert made.countries == {"France": 2, "Germany": 1}


def test_freshness_is_told_by_age_and_the_oldest_fetch_by_its_date(tmp_path: Path) -> None:
    users = [user_row(fetched_at="2026-11-24T00:00:00Z"), user_row("bo-tide", fetched_at="2025-01-01"), user_row("cy")]
    made = made_of(tmp_path, users, [repo_row(pushed_at="2019-01-01")])
    assert {age: count for age, count in made.fetched.items() if count} == {
        "up to a week": 1,
        "1 to 2 years": 1,
        "unknown": 1,
    }
    assert made.pushed["more than 5 years"] == 1
    assert made.oldest_fetch == "2025-01-01T00:00:00+00:00"


def test_every_moment_has_one_age() -> None:
    moments = pd.Series(pd.date_range("2015-01-01", "2026-12-31", freq="7D", tz="UTC"))
    assert sum(ages(moments, pd.Timestamp(NOW)).values()) == len(moments)


def test_every_amount_has_one_size() -> None:
    amounts = pd.Series([0, 1, 9, 10, 99_999, None], dtype="Int64")
    counted = sizes(amounts)
    assert sum(counted.values()) == len(amounts)
    assert (counted["0"], counted["1 to 9"], counted["10 to 99"], counted["10,000 or more"]) == (1, 2, 1, 1)


def test_skew_says_what_the_top_hundredth_has() -> None:
    amounts = pd.Series([1] * 99 + [901], dtype="Int64")
    assert spread(amounts) == {
        "median": 1.0,
        "9 in 10 have at most": 1.0,
        "99 in 100 have at most": 10.0,
        "largest": 901.0,
        "share of the top hundredth": 0.901,
    }
    assert spread(pd.Series([], dtype="Int64")) == {}


def test_works_are_owned_or_contributed_to_each_once(tmp_path: Path) -> None:
    repos = [repo_row(), repo_row("ada-lumen/kelp"), repo_row("reef-org/reef")]
    shared = [contribution_row("ada-lumen", "Ada-Lumen/kelp"), contribution_row("ada-lumen", "reef-org/reef")]
    made = made_of(tmp_path, [user_row(), user_row("bo-tide")], repos, contributions=shared)
    assert made.spreads["works of a person"]["largest"] == 3
    assert (made.works["0"], made.works["1 to 9"]) == (1, 1)


def test_doubles_are_ids_under_two_names_and_people_alike(tmp_path: Path) -> None:
    users = [
        user_row(id="1", name="Ada Lumen", location="Brest"),
        user_row("ada-l", id="1"),
        user_row("lumen", id="2", name="ada lumen", location="brest"),
        user_row("dov", id="3", name="Dov Kelp", location="Brest"),
    ]
    repos = [repo_row(id="7"), repo_row("ada-lumen/renamed", id="7"), repo_row("ada-lumen/other", id="8")]
    assert list(made_of(tmp_path, users, repos).doubles.values()) == [2, 2, 2]


def test_texts_are_told_apart_by_language_and_too_short_ones_are_not_guessed(tmp_path: Path) -> None:
    texts = ["I build small tools for maps and tides", "Je construis des outils pour les marées", "hi", ""]
    made = made_of(tmp_path, [user_row(f"person-{place}", bio=text) for place, text in enumerate(texts)])
    assert made.bios == {"English": 1, "French": 1, "too short to tell": 1, "none": 1}


def test_of_many_texts_an_even_sample_is_told_and_stands_for_all() -> None:
    count = 3 * SAMPLED_TEXTS
    texts = pd.Series(["Une bibliothèque pour les cartes marines", "A library for nautical charts"] * (count // 2))
    counted = tongues(texts)
    assert sum(counted.values()) == count
    assert counted["French"] == pytest.approx(count / 2, rel=0.05)


def test_the_ledger_says_how_much_of_the_source_was_collected_and_names_no_slice(tmp_path: Path) -> None:
    write_raw(tmp_path, users=[user_row()])
    slices = [{"name": "user:ada-lumen", "collected": 1, "of": 3}, {"name": "b", "collected": 4, "of": 4}]
    ledger = {"source": "github", "people": 5, "population": 7, "slices": slices, "left_out": {"organisations": 2}}
    (tmp_path / "scrape.json").write_text(json.dumps(ledger))
    coverage = report(tmp_path, now=NOW).coverage
    assert coverage is not None
    assert (coverage.collected, coverage.population, coverage.slices) == (5, 7, 2)
    assert (coverage.short, coverage.lacking, coverage.left_out) == (1, 2, {"organisations": 2})


def test_a_folder_without_raw_files_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RawDataError, match=r"needs github_users\.csv and github_repos\.csv"):
        report(tmp_path)


def test_nobody_at_all_is_a_report_all_the_same(tmp_path: Path) -> None:
    made = made_of(tmp_path, [])
    assert (made.people, made.missing, made.oldest_fetch) == (0, {}, None)
