"""Places: what a location cell, a filter's value, or a need in French or English names."""

from indexing.places.coordinates import coordinates_of, country_middles
from indexing.places.labels import group_label, place_label, read_label
from indexing.places.lookup import (
    Place,
    city_key,
    country_code,
    country_name,
    find_countries,
    nearby_cities,
    place_of,
    read_place,
    region_key,
)
from indexing.places.mentions import PlaceMention, find_places

__all__ = [
    "Place",
    "PlaceMention",
    "city_key",
    "coordinates_of",
    "country_code",
    "country_middles",
    "country_name",
    "find_countries",
    "find_places",
    "group_label",
    "nearby_cities",
    "place_label",
    "place_of",
    "read_label",
    "read_place",
    "region_key",
]
