"""Who there is: the same people for the same seed, with all the oddities that collectors stumble over."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from flows.fake_github import node_ids
from flows.fake_github.accounts import location, profile, public_mail
from flows.fake_github.draws import mix, mix_many
from flows.fake_github.population import Population, populate
from flows.fake_github.repositories import Shelf
from flows.fake_github.ties import tie
from flows.fake_github.world import World

PEOPLE = 3_000


@pytest.fixture(scope="module")
def population() -> Population:
    return populate(PEOPLE, 3)


def test_the_same_seed_makes_the_same_people_and_another_seed_others(population: Population) -> None:
    again, other = populate(PEOPLE, 3), populate(PEOPLE, 4)
    assert again.logins == population.logins
    assert np.array_equal(again.stars, population.stars)
    assert other.logins != population.logins
    first, second = Shelf(population), Shelf(again)
    for owner in range(30):
        for number in population.repositories(owner):
            assert first.words(number, owner) == second.words(number, owner)
    assert [profile(population, each) for each in range(50)] == [profile(again, each) for each in range(50)]


def test_one_draw_and_many_give_the_same_bits() -> None:
    numbers = np.arange(100)
    assert [mix(9, 8, number) for number in range(100)] == [int(each) for each in mix_many(9, 8, numbers)]


def test_logins_are_as_github_allows_and_nobody_shares_one(population: Population) -> None:
    assert len({login.lower() for login in population.logins}) == population.accounts
    assert all(re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,38})", login) for login in population.logins)


def test_names_are_shared_and_some_are_empty_or_of_odd_letters(population: Population) -> None:
    names = Counter(population.names[:PEOPLE])
    assert names[None] > 100
    assert any(count > 1 for name, count in names.items() if name and " " in name)
    assert any(not name.isascii() for name in names if name)


def test_some_own_nothing_and_somebody_owns_thousands(population: Population) -> None:
    owned = np.diff(population.starts)[:PEOPLE]
    assert (owned == 0).sum() > 100
    assert owned.max() >= 900
    assert 10 < owned.mean() < 40


def test_names_of_repositories_are_unique_for_their_owner_even_among_thousands(population: Population) -> None:
    shelf, heaviest = Shelf(population), int(np.diff(population.starts).argmax())
    names = shelf.names(heaviest)
    assert len({name.lower() for name in names}) == len(names) == len(population.repositories(heaviest))
    for place, name in enumerate(names[:50]):
        assert shelf.find(heaviest, name.upper()) == population.repositories(heaviest)[place]


def test_addresses_stand_on_profiles_and_in_bios_and_all_are_fictional(population: Population) -> None:
    shown = [public_mail(population, each) for each in range(PEOPLE)]
    bios = [str(profile(population, each)["bio"] or "") for each in range(PEOPLE)]
    assert sum(bool(mail) for mail in shown) > 100
    assert sum("example" in bio for bio in bios) > 20
    assert all(mail.endswith("@example.org") for mail in shown if mail)
    assert all(found == "example.org" for bio in bios for found in re.findall(r"@([\w.-]+\.\w+)", bio))


def test_places_are_messy_and_some_are_none(population: Population) -> None:
    places = Counter(location(population, each) for each in range(PEOPLE))
    assert places[None] > 100
    assert len(places) > 200
    assert any("près de" in place for place in places if place)


def test_more_than_a_search_can_tell_of_signed_up_on_one_day() -> None:
    days = Counter(populate(60_000, 1).created[:60_000] // 86_400)
    assert days.most_common(1)[0][1] > 1_000


def test_node_ids_are_github_s_and_read_back(population: Population) -> None:
    assert node_ids.encode("U", 583_231) == "U_kgDOAAjmPw"  # the example that GitHub's documentation gives
    for number in (0, 1, 2**31 - 1):
        assert node_ids.decode(node_ids.encode("R", number)) == ("R", number)
    for wrong in ("", "U_", "U_!!", "MDQ6VXNlcjE=", "U_kgDOAAjmP", "é_é"):
        assert node_ids.decode(wrong) is None
    assert len(set(population.numbers)) == population.accounts
    assert (np.diff(population.created[population.by_number]) >= 0).all()


def test_ties_read_the_same_from_both_ends(population: Population) -> None:
    ties = tie(population)
    for ordinal in range(300):
        for number in ties.contributions.of_account(ordinal):
            assert ordinal in ties.contributions.of_other(number)
            assert population.owner(number) != ordinal
        for organisation in ties.members.of_account(ordinal):
            assert population.is_organisation(organisation)
            assert ordinal in ties.members.of_other(organisation)


def test_a_login_given_up_may_become_somebody_else_s() -> None:
    world = World(200, 1)
    old = world.population.logins[4]
    world.rename(4, "entirely-new")
    assert world.find(old) is None
    assert world.find("ENTIRELY-new") == 4
    assert world.find_owner(old) == 4
    world.rename(5, old)
    assert world.find(old) == world.find_owner(old) == 5


def test_fifty_thousand_people_are_light() -> None:
    # What it has when everything is made. Not ru_maxrss: that begins with the peak of the process that forked it.
    code = (
        "import psutil; from flows.fake_github.world import World; world = World(50_000, 1);"
        "print(psutil.Process().memory_info().rss)"
    )
    spent = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(spent.stdout) < 400e6
