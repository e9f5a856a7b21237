"""Labels of places: short, the same in both directions, and forgiving about how people write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexing.places import Place, group_label, nearby_cities, place_label, place_of, read_label
from indexing.places.gazetteer import gazetteer
from indexing.places.readings import Reading, country_reading, region_reading

LARGEST = 20_000  # below some 5,000 people two villages of one name in one region are common


def city(number: int) -> Place:
    return place_of(Reading(*gazetteer().city_regions[number], number, 0.0, 0, True))


def one(label: str) -> Place:
    (place,) = read_label(label)
    return place


def where(place: Place) -> tuple[str | None, str | None, str | None]:
    return place.country, place.region, place.city


@settings(deadline=None, max_examples=300)
@given(st.integers(min_value=0, max_value=LARGEST))
def test_a_located_city_comes_back_from_its_label(number: int) -> None:
    place = city(number)
    if place.region is None or "," in (place.city or ""):
        return  # without a region nothing tells two towns of one name apart
    assert where(place) in [where(other) for other in read_label(place_label(place))]


def test_nearly_all_cities_come_back_alone_with_or_without_a_region() -> None:
    numbers = range(0, len(gazetteer().city_names), 97)
    back = [
        [where(other) for other in read_label(place_label(city(number)))] == [where(city(number))] for number in numbers
    ]
    assert sum(back) / len(back) >= 0.99


def test_every_region_and_every_country_comes_back_from_its_label() -> None:
    places = gazetteer()
    for region in places.region_names:
        assert read_label(place_label(place_of(region_reading(region)))) == (place_of(region_reading(region)),)
    for code in sorted(set(places.country_codes.values())):
        assert read_label(place_label(place_of(country_reading(code)))) == (place_of(country_reading(code)),)


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("Lyon", "Lyon"),
        ("Paris, TX", "Paris, Texas"),
        ("Londres", "London"),
        ("Bavière", "Bavaria"),
        ("Auvergne-Rhône-Alpes", "Auvergne-Rhône-Alpes"),
        ("DE", "Germany"),
        ("Allemagne", "Germany"),
        ("US", "United States"),
        ("télétravail", "remote"),
        ("remote", "remote"),
        ("Brest", "Brest"),
        ("New York", "New York City"),
        ("Québec", "Québec"),
        ("Quebec", "Quebec"),
    ],
)
def test_what_people_write_has_one_label(written: str, label: str) -> None:
    assert place_label(one(written)) == label


@pytest.mark.parametrize("written", ["near Lyon", "près de Lyon", "autour de Lyon", "région de Lyon", "near  Lyon"])
def test_near_a_city_are_the_towns_around_it(written: str) -> None:
    assert read_label(written) == nearby_cities(one("Lyon"), 50.0)


@pytest.mark.parametrize("written", ["EU", "UE", "European Union", "l'Union européenne"])
def test_a_group_is_its_countries(written: str) -> None:
    countries = read_label(written)
    assert len(countries) == 27
    assert group_label(frozenset(place.country or "" for place in countries)) == "EU"


def test_a_group_that_is_none_has_no_label() -> None:
    assert group_label(frozenset({"FR", "JP"})) is None


@pytest.mark.parametrize("written", ["", " ", ",", "xyzzy", "near ", "near xyzzy", "Lyon, Japan", "((", "\ud800"])
def test_an_unknown_label_is_no_place(written: str) -> None:
    assert read_label(written) == ()


def test_a_place_that_is_unknown_has_no_label() -> None:
    assert place_label(Place()) == ""
    assert place_label(Place(city="Cambridge")) == "Cambridge"


@given(st.text(max_size=80))
def test_reading_a_label_never_fails(label: str) -> None:
    assert all(isinstance(place, Place) for place in read_label(label))
