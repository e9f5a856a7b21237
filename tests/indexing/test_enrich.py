"""From raw tables to profiles."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from math import isclose
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexing.enrich import PROGRESS_EVERY, enrich, work_weight
from indexing.profile_store import read_profiles, write_profiles
from indexing.profiles import Profile
from indexing.raw_data import RawData, read_raw
from indexing.repository_texts import canonical_language
from indexing.skills import load_catalogue
from tests import strategies
from tests.builders import Row, contribution_row, make_work, repo_row, user_row, write_raw_files
from tests.strategies import Corpus

SHARED = Path(__file__).parents[3] / "shared" / "data"


def people(folder: Path, *, as_of: date | None = None, **tables: Any) -> dict[str, Profile]:
    """The profiles of a corpus given as rows, by login."""
    return {one.login: one for one in enrich(write_raw_files(folder, **tables).read(), as_of=as_of)}


def person(folder: Path, *, repos: list[Row] | None = None, as_of: date | None = None, **cells: str) -> Profile:
    """The profile of one person with these cells who owns these repositories."""
    (only,) = people(folder, as_of=as_of, users=[user_row(**cells)], repos=repos or []).values()
    return only


def roles(profile: Profile) -> Mapping[str, str]:
    return {work.full_name: work.role for work in profile.works}


# Who worked on what


def test_without_contributions_owners_own(tmp_path: Path) -> None:
    ada = person(tmp_path, repos=[repo_row("Ada-Lumen/kelp"), repo_row("bo-tide/reef")])
    assert roles(ada) == {"Ada-Lumen/kelp": "owner"}


def test_a_contribution_to_ones_own_repository_is_one_work_with_its_commits(tmp_path: Path) -> None:
    found = people(
        tmp_path,
        users=[user_row()],
        repos=[repo_row("ada-lumen/kelp")],
        contributions=[contribution_row("Ada-Lumen", "ada-lumen/Kelp", "contributor", commits="12")],
    )
    (work,) = found["ada-lumen"].works
    assert (work.role, work.commits) == ("owner", 12)


def test_an_owner_still_owns_what_others_only_contributed_to(tmp_path: Path) -> None:
    found = people(
        tmp_path,
        users=[user_row(), user_row("bo-tide")],
        repos=[repo_row("ada-lumen/kelp")],
        contributions=[contribution_row("bo-tide", "ada-lumen/kelp")],
    )
    assert roles(found["ada-lumen"]) == {"ada-lumen/kelp": "owner"}
    assert roles(found["bo-tide"]) == {"ada-lumen/kelp": "contributor"}


def test_an_owner_still_owns_what_the_contributions_do_not_mention(tmp_path: Path) -> None:
    found = people(
        tmp_path,
        users=[user_row(), user_row("bo-tide")],
        repos=[repo_row("ada-lumen/kelp"), repo_row("bo-tide/reef")],
        contributions=[contribution_row("bo-tide", "bo-tide/reef", "owner")],
    )
    assert roles(found["ada-lumen"]) == {"ada-lumen/kelp": "owner"}


def test_where_the_contributions_name_maintainers_they_are_complete(tmp_path: Path) -> None:
    found = people(
        tmp_path,
        users=[user_row(), user_row("bo-tide")],
        repos=[repo_row("ada-lumen/kelp")],
        contributions=[contribution_row("bo-tide", "ada-lumen/kelp", "maintainer")],
    )
    assert found["ada-lumen"].works == ()
    assert roles(found["bo-tide"]) == {"ada-lumen/kelp": "maintainer"}


def test_work_in_a_strangers_repository_counts_and_the_stranger_gets_no_profile(tmp_path: Path) -> None:
    found = people(
        tmp_path,
        users=[user_row()],
        repos=[repo_row("reef-org/kelp")],
        contributions=[contribution_row("ada-lumen", "reef-org/kelp", "member")],
    )
    assert list(found) == ["ada-lumen"]
    assert roles(found["ada-lumen"]) == {"reef-org/kelp": "member"}


def test_somebody_without_any_work_is_a_profile_all_the_same(tmp_path: Path) -> None:
    ada = person(tmp_path, bio="")
    assert (ada.works, ada.languages, ada.skills, ada.stars, ada.last_active_at) == ((), {}, (), None, None)


def test_organisations_and_bots_keep_their_kind(tmp_path: Path) -> None:
    rows = [user_row("reef-org", type="organization"), user_row("kelp[bot]", type="Bot"), user_row("cy")]
    found = people(tmp_path, users=rows, repos=[repo_row("reef-org/kelp")])
    assert {login: one.kind for login, one in found.items()} == {
        "cy": None,
        "kelp[bot]": "Bot",
        "reef-org": "Organization",
    }
    assert len(found["reef-org"].works) == 1


def test_profiles_come_ordered_by_login_whatever_its_case(tmp_path: Path) -> None:
    found = people(tmp_path, users=[user_row("zed"), user_row("Bo"), user_row("ada"), user_row("_x")])
    assert list(found) == ["_x", "ada", "Bo", "zed"]


def test_works_come_owned_first_then_starred_then_recent_then_by_name(tmp_path: Path) -> None:
    found = people(
        tmp_path,
        users=[user_row()],
        repos=[
            repo_row("ada-lumen/unknown"),
            repo_row("ada-lumen/zero", stargazers_count="0"),
            repo_row("ada-lumen/old", stargazers_count="5", pushed_at="2020-01-01"),
            repo_row("ada-lumen/new", stargazers_count="5", pushed_at="2024-01-01"),
            repo_row("ada-lumen/b", stargazers_count="5"),
            repo_row("ada-lumen/A", stargazers_count="5"),
            repo_row("reef-org/famous", stargazers_count="9000"),
        ],
        contributions=[contribution_row("ada-lumen", "reef-org/famous")],
    )
    names = [work.name for work in found["ada-lumen"].works]
    assert names == ["new", "old", "A", "b", "zero", "unknown", "famous"]


# What is unknown stays unknown


def test_stars_are_summed_over_owned_works_that_are_no_forks(tmp_path: Path) -> None:
    found = people(
        tmp_path,
        users=[user_row()],
        repos=[
            repo_row("ada-lumen/a", stargazers_count="3"),
            repo_row("ada-lumen/b", stargazers_count="4", fork="false"),
            repo_row("ada-lumen/c", stargazers_count="50", fork="true"),
            repo_row("ada-lumen/d"),
            repo_row("reef-org/e", stargazers_count="600"),
        ],
        contributions=[contribution_row("ada-lumen", "reef-org/e")],
    )
    assert found["ada-lumen"].stars == 7


def test_stars_are_unknown_when_every_one_is(tmp_path: Path) -> None:
    assert person(tmp_path, repos=[repo_row("ada-lumen/a"), repo_row("ada-lumen/b")]).stars is None
    assert person(tmp_path, repos=[repo_row("ada-lumen/a", stargazers_count="0")]).stars == 0


def test_a_place_is_read_and_an_unknown_one_stays_unknown(tmp_path: Path) -> None:
    brest = person(tmp_path, location="Brest, France")
    assert (brest.country, brest.city, brest.location) == ("FR", "Brest", "Brest, France")
    nowhere = person(tmp_path, location="")
    assert (nowhere.country, nowhere.region, nowhere.city, nowhere.location) == (None, None, None, None)


def test_the_last_activity_is_the_latest_that_is_known(tmp_path: Path) -> None:
    repos = [repo_row("ada-lumen/a", pushed_at="2023-05-06"), repo_row("ada-lumen/b")]
    assert person(tmp_path, repos=repos).last_active_at == datetime(2023, 5, 6, tzinfo=UTC)
    later = person(tmp_path, repos=repos, updated_at="2024-01-02T03:04:05Z")
    assert later.last_active_at == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_push_to_what_one_only_contributed_to_may_be_anybodys(tmp_path: Path) -> None:
    found = people(
        tmp_path,
        users=[user_row(), user_row("bo-tide")],
        repos=[repo_row("reef-org/kelp", pushed_at="2025-01-01")],
        contributions=[
            contribution_row("ada-lumen", "reef-org/kelp"),
            contribution_row("bo-tide", "reef-org/kelp", last_at="2019-01-01"),
        ],
    )
    assert found["ada-lumen"].last_active_at is None
    assert found["ada-lumen"].works[0].last_active_at == datetime(2025, 1, 1, tzinfo=UTC)
    assert found["bo-tide"].last_active_at == datetime(2019, 1, 1, tzinfo=UTC)
    assert found["bo-tide"].works[0].last_active_at == datetime(2019, 1, 1, tzinfo=UTC)


def test_activity_after_the_day_asked_for_is_unknown(tmp_path: Path) -> None:
    repos = [repo_row("ada-lumen/a", pushed_at="2024-06-01T12:00:00Z"), repo_row("ada-lumen/b", pushed_at="2098-01-01")]
    ada = person(tmp_path, repos=repos, as_of=date(2024, 6, 1))
    assert ada.last_active_at == datetime(2024, 6, 1, 12, tzinfo=UTC)
    assert {work.name: work.last_active_at is None for work in ada.works} == {"a": False, "b": True}


# Languages, topics, skills


def test_languages_are_shares_of_the_work_and_sum_to_one(tmp_path: Path) -> None:
    repos = [
        repo_row("ada-lumen/a", language="python"),
        repo_row("ada-lumen/b", language="Python"),
        repo_row("ada-lumen/c", language="Rust"),
        repo_row("ada-lumen/d"),
    ]
    languages = person(tmp_path, repos=repos).languages
    assert list(languages) == ["Python", "Rust"]
    assert languages["Python"] == pytest.approx(2 / 3)
    assert isclose(sum(languages.values()), 1)


def test_forks_and_contributions_weigh_less_and_commits_and_stars_more() -> None:
    plain = work_weight(make_work())
    assert work_weight(make_work(is_fork=True)) < plain / 5
    assert work_weight(make_work(role="contributor")) < plain
    assert work_weight(make_work(commits=50)) == pytest.approx(2 * plain)
    assert work_weight(make_work(stars=3_000)) == pytest.approx(2 * plain)
    others_stars = make_work(role="contributor", stars=3_000)
    assert work_weight(others_stars) == work_weight(replace(others_stars, stars=None))


@pytest.mark.parametrize(
    ("label", "language"),
    [
        ("golang", "Go"),
        ("C# #", "C#"),
        ('<a id="go">Go</a>', "Go"),
        ("ActionScript", "ActionScript"),
        ("jq", "jq"),
        ("Others", None),
        ("hacktoberfest", None),
        ("🤖 AI & Agents", None),
        ("", None),
        (None, None),
    ],
)
def test_a_language_is_spelt_one_way_and_what_is_none_is_unknown(label: str | None, language: str | None) -> None:
    assert canonical_language(label, load_catalogue()) == language


def test_topics_count_the_works_that_carry_them(tmp_path: Path) -> None:
    repos = [repo_row("ada-lumen/a", topics="Tides;maps;tides; "), repo_row("ada-lumen/b", topics="tides,cli")]
    ada = person(tmp_path, repos=repos)
    assert list(ada.topics.items()) == [("tides", 2), ("cli", 1), ("maps", 1)]
    assert ada.works[0].topics == ("tides", "maps")


def test_skills_come_from_language_topics_description_and_bio_most_supported_first(tmp_path: Path) -> None:
    repos = [
        repo_row("ada-lumen/a", language="Python", topics="k8s", description="An operator for Kubernetes"),
        repo_row("ada-lumen/b", language="Python", description="Deploys PostgreSQL with Kubernetes"),
        repo_row("ada-lumen/c", language="Python"),
    ]
    skills = person(tmp_path, repos=repos, bio="I write Fortran").skills
    assert skills[:2] == ("Python", "Kubernetes")
    assert {"PostgreSQL", "Fortran"} <= set(skills)
    assert len(set(skills)) == len(skills)


# Progress, laws, real corpora


def test_progress_tells_how_many_people_are_done_and_ends_with_all(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    total = PROGRESS_EVERY + 3
    raw = write_raw_files(tmp_path, users=[user_row(f"person-{number}") for number in range(total)]).read()
    enrich(raw, on_progress=lambda done, of: heard.append((done, of)))
    assert heard == [(PROGRESS_EVERY, total), (total, total)]


@given(corpus=strategies.corpora, seed=st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_the_order_of_the_rows_changes_no_profile(corpus: Corpus, seed: int) -> None:
    with TemporaryDirectory() as folder:
        raw = write_raw_files(
            Path(folder), users=corpus.users, repos=corpus.repos, contributions=corpus.contributions
        ).read()
        shuffled = RawData(
            raw.users.sample(frac=1, random_state=seed),
            raw.repos.sample(frac=1, random_state=seed),
            raw.contributions.sample(frac=1, random_state=seed),
            raw.report,
        )
        rows = [list(table) for table in (corpus.users, corpus.repos, corpus.contributions)]
        for table in rows:
            random.Random(seed).shuffle(table)
        again = write_raw_files(Path(folder), users=rows[0], repos=rows[1], contributions=rows[2]).read()
        profiles = enrich(raw)
        assert enrich(shuffled) == profiles
        assert enrich(again) == profiles
        write_profiles(profiles, Path(folder) / "profiles.parquet")
        assert read_profiles(Path(folder) / "profiles.parquet") == profiles
    for one in profiles:
        assert list(one.languages.values()) == sorted(one.languages.values(), reverse=True)
        assert not one.languages or isclose(sum(one.languages.values()), 1)
        assert len({work.full_name for work in one.works}) == len(one.works)


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="the corpora to try the project on are not here")
@pytest.mark.parametrize(
    ("corpus", "suffix", "person_count", "work_count"),
    [("experts", "", 6_467, 25_254), ("github-owners", ".gz", 42_270, 63_300)],
)
def test_everybody_in_the_real_corpora_becomes_a_profile(
    tmp_path: Path, corpus: str, suffix: str, person_count: int, work_count: int
) -> None:
    folder = SHARED / corpus
    contributions = folder / f"github_contributions.csv{suffix}"
    raw = read_raw(
        folder / f"github_users.csv{suffix}",
        folder / f"github_repos.csv{suffix}",
        contributions if contributions.exists() else None,
        rejected_folder=tmp_path,
    )
    profiles = enrich(raw)
    assert not list(tmp_path.iterdir())
    assert len(profiles) == person_count
    assert sum(len(one.works) for one in profiles) == work_count
