"""Places: cells, filters and needs are read where they are clear, and left unknown where they are not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexing.places import (
    Place,
    city_key,
    coordinates_of,
    country_code,
    country_name,
    find_countries,
    nearby_cities,
    read_place,
    region_key,
)
from indexing.places.gazetteer import cautious_words, gazetteer, nationalities
from indexing.places.mentions import PlaceMention, find_places
from indexing.places.spelling import fold

FRAGMENTS = st.sampled_from(
    [
        "Paris",
        "Texas",
        "TX",
        "in",
        "à",
        "Nice",
        "(",
        ")",
        ",",
        "/",
        "🇫🇷",
        "→",
        "FR",
        "東京",
        "St.",
        "d'",
        "-",
        "remote",
        " ",
    ]
)
CELLS = st.one_of(st.text(max_size=300), st.lists(FRAGMENTS, max_size=12).map(" ".join))
NEEDS = st.one_of(st.text(max_size=400), st.lists(FRAGMENTS, max_size=40).map(" ".join))


def names(text: str) -> list[str]:
    return [mention.surface for mention in find_places(text) if not mention.place.remote]


def only(text: str) -> PlaceMention:
    (mention,) = find_places(text)
    return mention


# Location cells


@pytest.mark.parametrize(
    "raw",
    [None, "", "   ", "the cloud", "127.0.0.1", "Earth", "Middle-earth", "/dev/null", "in your heart", "42", "🌍"],
)
def test_an_unknown_place_stays_unknown(raw: str | None) -> None:
    assert read_place(raw) == Place()


@pytest.mark.parametrize("raw", ["Georgia", "Cambridge", "San José", "Victoria", "DE", "Ontario, CA"])
def test_a_name_that_fits_several_countries_equally_is_not_guessed(raw: str) -> None:
    assert read_place(raw).country is None


@pytest.mark.parametrize(
    ("raw", "country", "city"),
    [
        ("Paris", "FR", "Paris"),
        ("Paris, Texas", "US", "Paris"),
        ("Paris, TX", "US", "Paris"),
        ("Cambridge, MA", "US", "Cambridge"),
        ("Cambridge, UK", "GB", "Cambridge"),
        ("London, Ontario", "CA", "London"),
        ("Tbilisi, Georgia", "GE", "Tbilisi"),
        ("Atlanta, Georgia", "US", "Atlanta"),
    ],
)
def test_the_parts_of_a_cell_settle_each_other(raw: str, country: str, city: str) -> None:
    place = read_place(raw)
    assert (place.country, place.city) == (country, city)


@pytest.mark.parametrize("raw", ["Lyon / Paris", "Lyon ou Paris", "Toulouse, Nantes", "Rennes & Lille"])
def test_several_cities_of_one_country_give_the_country_alone(raw: str) -> None:
    assert read_place(raw) == Place(country="FR")


@pytest.mark.parametrize(
    "raw", ["France & Germany", "Paris, New York", "Berlin, Paris", "London, UK / Dublin, Ireland"]
)
def test_several_countries_give_none(raw: str) -> None:
    assert read_place(raw) == Place()


def test_a_country_alone_has_no_city_and_no_coordinates() -> None:
    assert read_place("somewhere in France") == Place(country="FR")


def test_towns_that_share_a_name_are_not_put_on_the_map() -> None:
    place = read_place("Springfield")
    assert (place.country, place.city, place.latitude, place.longitude) == ("US", "Springfield", None, None)


def test_remote_is_noted_beside_the_place() -> None:
    assert read_place("Paris/Remote").remote
    assert read_place("Paris/Remote").city == "Paris"
    assert read_place("Remote") == Place(remote=True)
    assert not read_place("Paris").remote


def test_a_city_has_its_region_and_coordinates() -> None:
    place = read_place("münchen")
    assert (place.country, place.region, place.city) == ("DE", "Bavaria", "Munich")
    assert place.latitude == pytest.approx(48.14, abs=0.05)
    assert place.longitude == pytest.approx(11.57, abs=0.05)


@pytest.mark.parametrize("raw", ["Saint-Étienne", "St Etienne", "SAINT ETIENNE", "saint-etienne, fr", "🇫🇷 St-Étienne"])
def test_case_accents_and_abbreviations_do_not_matter(raw: str) -> None:
    assert read_place(raw).city == "Saint-Étienne"


@given(CELLS)
@settings(max_examples=400, deadline=None)
def test_any_cell_is_read_the_same_way_twice(raw: str) -> None:
    first = read_place(raw)
    read_place.cache_clear()
    assert read_place(raw) == first
    assert first.country is not None or (first.region, first.city, first.latitude) == (None, None, None)
    assert (first.latitude is None) == (first.longitude is None)
    assert first.country is None or first.country in gazetteer().country_codes.values()


# Filters


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("Allemagne", "DE"),
        ("germany", "DE"),
        ("DE", "DE"),
        ("deu", "DE"),
        ("États-Unis", "US"),
        ("etats unis", "US"),
        ("USA", "US"),
        ("UK", "GB"),
        ("Royaume-Uni", "GB"),
        ("Côte d'Ivoire", "CI"),
        ("cote d’ivoire", "CI"),
        ("the Netherlands", "NL"),
        ("Hollande", "NL"),
        ("Pays-Bas", "NL"),
        ("La Réunion", "RE"),
        ("Georgia", "GE"),
        ("Lyon", None),
        ("zz", None),
        ("", None),
        ("the " * 5_000, None),
    ],
)
def test_a_country_filter_takes_names_and_codes(word: str, code: str | None) -> None:
    assert country_code(word) == code


def test_a_group_of_countries_is_many_countries_and_no_single_one() -> None:
    assert find_countries("Benelux") == {"BE", "NL", "LU"}
    assert {"FR", "DE"} <= find_countries("Union européenne") < find_countries("Europe") | {"CY"}
    assert country_code("EU") is None


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("Londres", "London"),
        ("Genève", "Geneva"),
        ("köln", "Köln"),
        ("Bangalore", "Bengaluru"),
        ("Paris, Texas", "Paris"),
        ("San José", "San José"),
        ("San Jose", "San Jose"),
        ("Mordor", None),
        ("France", None),
    ],
)
def test_a_city_filter_gives_the_name_that_profiles_carry(word: str, name: str | None) -> None:
    assert city_key(word) == name
    if name is not None:
        assert city_key(name) == name


def test_a_city_filter_can_be_held_to_a_country() -> None:
    assert city_key("Valence", country="FR") == "Valence"
    assert city_key("Valence", country="ES") == "Valencia"
    assert city_key("Lyon", country="US") is None


def test_a_region_filter_reads_both_languages_and_codes() -> None:
    assert {region_key(word) for word in ("Bayern", "Bavaria", "Bavière", "bavaria")} == {"Bavaria"}
    assert {region_key(word) for word in ("Bretagne", "Brittany", "BZH")} == {"Brittany"}
    assert region_key("WA", country="US") == "Washington"
    assert region_key("WA") is None  # Western Australia too
    assert region_key("Lyon") is None


def test_countries_are_named_in_the_language_of_the_reader() -> None:
    assert country_name("DE", "fr") == "Allemagne"
    assert country_name("de") == "Germany"
    assert country_name("QQ") == "QQ"


def test_nearby_cities_come_nearest_first_and_within_the_radius() -> None:
    lyon = read_place("Lyon")
    near = [place.city for place in nearby_cities(lyon, 60)]
    assert near[0] == "Lyon"
    assert {"Villeurbanne", "Saint-Étienne"} <= set(near)
    assert "Grenoble" not in near
    assert near.index("Villeurbanne") < near.index("Saint-Étienne")
    assert [place.city for place in nearby_cities(lyon, 120)][: len(near)] == near
    assert nearby_cities(Place(country="FR"), 100) == ()


# Needs in natural language


def test_a_french_need_names_its_town_and_remote_work() -> None:
    town, remote = find_places("Cherche dév Rust senior à Lyon ou télétravail")
    assert (town.surface, town.place.city, town.countries) == ("Lyon", "Lyon", frozenset({"FR"}))
    assert (remote.surface, remote.place) == ("télétravail", Place(remote=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Python data engineer in Germany, near Munich", ["Germany", "Munich"]),
        ("Paris in Texas", ["Paris in Texas"]),
        ("Elixir developer in Phoenix, AZ", ["Phoenix, AZ"]),
        ("Based in Phoenix with Elixir experience", ["Phoenix"]),
        ("développeur Go à Nice ou à Tours", ["Nice", "Tours"]),
        ("Full stack à Brest, Rennes ou Vannes", ["Brest", "Rennes", "Vannes"]),
        ("dev rust a lyon", ["lyon"]),
        ("cherche dev React a Nice", ["Nice"]),
        ("python dev, usa or nyc", ["usa", "nyc"]),
        ("dev go à paris ou nantes", ["paris", "nantes"]),
        ("Développeur en Suisse romande, Genève de préférence", ["Suisse romande", "Genève"]),
        ("expert WebAssembly basé à Montréal (Québec)", ["Montréal (Québec)"]),
        ("l'Allemagne ou l'Italie", ["Allemagne", "Italie"]),
        ("équipes de Lille et de Bruxelles", ["Lille", "Bruxelles"]),
        ("Maintainers in the EU or the UK", ["EU", "UK"]),
        ("Hamburg-based team", ["Hamburg"]),
        ("Rust dev in San Francisco Bay Area", ["San Francisco Bay Area"]),
    ],
)
def test_places_in_a_need_are_found_where_it_names_them(text: str, expected: list[str]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("dev React, Paris 11e", "Paris"),
        ("OCaml engineer - Paris - on site", "Paris"),
        ("Tours ou Orléans", "Tours"),
        ("Lieu : Tours", "Tours"),
        ("Ingénieur, Gif-sur-Yvette", "Gif-sur-Yvette"),
    ],
)
def test_what_stands_around_a_name_makes_a_town_of_it(text: str, city: str) -> None:
    assert city in {mention.place.city for mention in find_places(text)}


@pytest.mark.parametrize(
    "text",
    [
        "Nice to have: Kafka",
        "Reading papers and split the work",
        "Mobile developer",
        "Visites guidées, Tours et Orange",
        "experience in Java, Rust, Spring and Phoenix",
        "Julia, Crystal, Nim, Ada and Basic",
        "the Leiden algorithm, Oslo libraries, a Tango client",
        "ROC curves, RSA keys, in RAM, in March",
        "remote debugging, remote procedure calls",
        "we need someone for us, in general, in progress",
        "réunion de projet, lecture des sens, les tours de garde",
        "Kruskal-Wallis test by Victoria",
        "polish the code with developers",
        "turkey sandwich, china plates",
    ],
)
def test_everyday_words_and_tools_are_not_places(text: str) -> None:
    assert find_places(text) == ()


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("French Rust developers", "FR"),
        ("ingénieure logiciel belge", "BE"),
        ("développeuses Python allemandes", "DE"),
        ("South Korean maintainers", "KR"),
    ],
)
def test_a_nationality_beside_people_is_their_country(text: str, country: str) -> None:
    assert only(text).countries == {country}


@pytest.mark.parametrize(
    "text",
    ["French-speaking maintainers", "documentation in French", "ingénieur qui parle allemand", "French NLP corpus"],
)
def test_a_language_is_not_a_country(text: str) -> None:
    assert find_places(text) == ()


def test_an_undecided_town_is_settled_by_the_country_named_elsewhere() -> None:
    assert only("Rust dev in Cambridge").place == Place(city="Cambridge")
    assert [mention.place.country for mention in find_places("From the UK: a Rust dev in Cambridge")] == ["GB", "GB"]
    assert [mention.place.country for mention in find_places("In Cambridge or elsewhere in Canada")] == ["CA", "CA"]


@given(NEEDS)
@settings(max_examples=400, deadline=None)
def test_every_surface_is_verbatim_and_none_overlap(text: str) -> None:
    end = 0
    for mention in find_places(text):
        assert text[mention.start : mention.end] == mention.surface
        assert mention.start >= end
        assert mention.surface
        end = mention.end


@pytest.mark.parametrize(
    "unit", ["Paris, France, ", "in Paris ", "Aix-en-Provence-", "St. ", "French ", "(Nice, Nice "]
)
def test_the_longest_need_is_read_in_linear_time(unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        started = time.process_time()
        find_places(text)
        return time.process_time() - started

    find_places(unit)
    quarter, whole = min(seconds(2_000) for _ in range(3)), min(seconds(8_000) for _ in range(3))
    assert whole < 12 * quarter + 0.05
    assert whole < 2.0


# The tables


def test_every_cautious_word_and_nationality_is_there_for_a_reason() -> None:
    places, cautious = gazetteer(), cautious_words()
    known = places.cities.keys() | places.regions.keys() | places.countries.keys() | places.foreign_countries.keys()
    assert (cautious.jokes | cautious.technologies | cautious.words) - known == set()
    assert set(nationalities().values()) <= set(places.country_codes.values())


def test_names_are_stored_as_they_are_looked_up() -> None:
    places = gazetteer()
    for name in (*places.cities, *places.regions, *places.countries):
        assert fold(name) == name
    assert all(fold(name) in places.cities for name in places.city_names)


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("text", ["a developer in the US", "US developers", "not in the US", "Go, US or Canada"])
def test_the_united_states_may_be_written_as_two_capitals(text: str) -> None:
    assert [mention.place.country for mention in find_places(text)][:1] == ["US"]


@pytest.mark.parametrize("text", ["tell us more", "HELP US NOW"])
def test_a_small_word_is_not_a_country(text: str) -> None:
    assert find_places(text) == ()


@pytest.mark.parametrize(
    "text", ["Dublin or remote\nStack: Go", "Remote is fine", "dev - remote - Lyon", "remote/Paris"]
)
def test_remote_is_read_before_a_line_end_a_verb_or_a_dash(text: str) -> None:
    assert any(mention.place.remote for mention in find_places(text))


@pytest.mark.parametrize("text", ["remote sensing", "remote-controlled cars", "a Remote Web Viewer"])
def test_remote_things_are_no_place(text: str) -> None:
    assert find_places(text) == ()


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        ("Lyon, France", (45.75, 4.85)),
        ("Paris", (48.85, 2.35)),
        ("France", (47.2, 2.9)),  # the middle of where people live
        ("Bretagne", (47.2, 2.9)),
        ("Springfield, USA", (38.9, -92.9)),  # one of several: the country is what is known
        ("Suva, Fiji", (-18.14, 178.44)),
        ("Fiji", (-17.8, 178.2)),  # on both sides of the date line
        ("Antarctica", None),
        ("the moon", None),
        (None, None),
    ],
)
def test_a_place_lies_somewhere_on_the_map_of_the_world(raw: str | None, where: tuple[float, float] | None) -> None:
    place = read_place(raw)
    assert coordinates_of(place.country, place.region, place.city) == (where and pytest.approx(where, abs=0.1))


def test_a_city_lies_where_reading_its_cell_puts_it() -> None:
    for raw in ("Nantes, France", "Cambridge, UK", "Cambridge, Massachusetts", "Kyoto", "São Paulo, Brazil"):
        place = read_place(raw)
        assert coordinates_of(place.country, place.region, place.city) == (place.latitude, place.longitude)
