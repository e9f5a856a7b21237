"""One person's profile, and who built similar things."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from indexing.candidates import Conditions
from indexing.errors import InvalidNeed, ProfileNotFound
from indexing.open_release import OpenRelease
from indexing.similar import Similar, read_profile, similar_people
from indexing.skills import load_catalogue
from tests.worlds import NAMED, PEOPLE, World, make_deed, make_person

PEERS = (
    *NAMED,
    make_person(
        "gus-tide",
        make_deed("tide-clock", "Predicts tides from harmonic constituents on a clock.", "C", "ocean"),
        make_deed("sea-maps", "Nautical maps for paper.", "Python", "maps"),
        location="Hamburg, Germany",
    ),
    make_person("hal-empty"),
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenRelease]:
    world = World(tmp_path_factory.mktemp("similar"))
    release = world.open(world.add_release(world.add_version("north"), PEERS))
    yield release
    release.close()


def similar(
    opened: OpenRelease, login: str, limit: int = 10, offset: int = 0, **conditions: tuple[str, ...]
) -> Similar:
    return similar_people(login, opened, load_catalogue(), Conditions(**conditions), limit, offset)  # type: ignore[arg-type]


def logins(found: Similar) -> list[str]:
    return [one.profile.login for one in found.candidates]


def test_who_built_the_like_comes_first_and_nobody_is_like_themself(opened: OpenRelease) -> None:
    found = similar(opened, "ada-lumen")
    assert logins(found)[0] == "gus-tide"
    assert "ada-lumen" not in logins(found)
    assert found.matched == len(PEERS) - 1
    scores = [one.score for one in found.candidates]
    assert scores == sorted(scores, reverse=True)
    assert all(one.score == pytest.approx(one.parts.total) for one in found.candidates)


def test_likeness_is_found_from_either_side(opened: OpenRelease) -> None:
    assert logins(similar(opened, "gus-tide"))[0] == "ada-lumen"


def test_a_login_is_known_in_any_case(opened: OpenRelease) -> None:
    assert logins(similar(opened, "ADA-Lumen")) == logins(similar(opened, "ada-lumen"))


def test_pages_fit_together(opened: OpenRelease) -> None:
    whole = logins(similar(opened, "ada-lumen", 6))
    assert logins(similar(opened, "ada-lumen", 3)) + logins(similar(opened, "ada-lumen", 3, 3)) == whole
    assert [one.rank for one in similar(opened, "ada-lumen", 3, 3).candidates] == [4, 5, 6]


def test_conditions_hold_for_similar_people_too(opened: OpenRelease) -> None:
    germans = similar(opened, "ada-lumen", countries=("Allemagne",))
    assert (set(logins(germans)), germans.matched) == ({"gus-tide", "bo-quill"}, 2)
    assert "gus-tide" not in logins(similar(opened, "ada-lumen", exclude=("Gus-Tide",)))
    assert logins(similar(opened, "ada-lumen", languages=("golang",))) == ["dune-ferry"]


def test_evidence_of_likeness_is_the_other_persons_own_words(opened: OpenRelease) -> None:
    works = {work.full_name: work for profile in PEERS for work in profile.works}
    best = similar(opened, "ada-lumen").candidates[0]
    assert {claim.repo for claim in best.evidence} == {"gus-tide/tide-clock", "gus-tide/sea-maps"}
    for claim in best.evidence:
        assert claim.repo is not None
        assert claim.quote in works[claim.repo].description


def test_who_has_only_words_of_their_own_has_similar_people(opened: OpenRelease) -> None:
    assert len(similar(opened, "fay-words").candidates) > 0


def test_who_has_built_nothing_is_similar_to_nobody(opened: OpenRelease) -> None:
    assert similar(opened, "hal-empty").candidates == ()


def test_a_place_not_known_is_named(opened: OpenRelease) -> None:
    with pytest.raises(InvalidNeed) as refused:
        similar(opened, "ada-lumen", countries=("Atlantis",))
    assert refused.value.field == "countries[0]"


def test_a_profile_is_read_back_whole(opened: OpenRelease) -> None:
    for written in PEERS:
        person, works = read_profile(written.login.upper(), opened)
        assert tuple(works) == written.works
        assert {name: getattr(person, name) for name in ("login", "bio", "city", "languages", "skills")} == {
            name: getattr(written, name) for name in ("login", "bio", "city", "languages", "skills")
        }


@pytest.mark.parametrize("login", ["no-such-person", "", "ada-lumen ", "a\0b"])
def test_an_unknown_login_is_said_to_be_unknown(opened: OpenRelease, login: str) -> None:
    with pytest.raises(ProfileNotFound, match="No profile"):
        read_profile(login, opened)
    with pytest.raises(ProfileNotFound, match="No profile"):
        similar(opened, login)


def test_the_shared_world_is_in_the_order_of_its_logins() -> None:
    assert [profile.login for profile in PEOPLE] == sorted(profile.login for profile in PEOPLE)
