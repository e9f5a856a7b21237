"""What is counted of the raw tables, each a plain dictionary from a label to a number, in the order it is read in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from indexing.centring import tongues_of
from indexing.places import country_name, read_place
from indexing.raw_data import RawData
from indexing.repository_texts import canonical_language
from indexing.skills import load_catalogue

Counts = dict[str, int]
UNKNOWN = "unknown"
KINDS = ("User", "Organization", "Bot")
TOP = 15
SAMPLED_TEXTS = 5_000  # telling their language takes .3 ms each; more would move no share by two percent
SHORTEST_TEXT = 20  # characters: below, a guess
_LARGEST = (0, 1, 10, 100, 1_000, 10_000)
_AGES = {
    "up to a week": 7,
    "a week to a month": 30,
    "1 to 3 months": 91,
    "3 to 12 months": 365,
    "1 to 2 years": 730,
    "2 to 5 years": 1_826,
}


def kinds(raw: RawData) -> Counts:
    """Accounts by kind."""
    counted = raw.users["type"].value_counts()
    return {kind: int(counted.get(kind, 0)) for kind in KINDS} | {UNKNOWN: int(raw.users["type"].isna().sum())}


def languages(raw: RawData) -> Counts:
    """Repositories by programming language, as the catalogue spells it; the most frequent, others, unknown."""
    catalogue = load_catalogue()
    found: Counter[str] = Counter()
    for label, count in raw.repos["language"].value_counts().items():
        found[canonical_language(str(label), catalogue) or UNKNOWN] += int(count)
    found[UNKNOWN] += int(raw.repos["language"].isna().sum())
    return _top(found)


def places(raw: RawData) -> tuple[Counts, Counts]:
    """People by what became of their location, and by country."""
    countries: Counter[str] = Counter()
    cells = raw.users["location"].value_counts()
    read = {str(cell): read_place(str(cell)) for cell in cells.index}
    for cell, count in cells.items():
        countries[read[str(cell)].country or UNKNOWN] += int(count)
    unread = countries.pop(UNKNOWN, 0)
    outcome = {
        "country recognised": sum(countries.values()),
        "country not recognised": unread,
        "no location given": int(raw.users["location"].isna().sum()),
    }
    named = Counter({country_name(code): count for code, count in countries.items()})
    return outcome, _top(named)


def ages(moments: pd.Series[Any], now: pd.Timestamp) -> Counts:
    """Moments by how long ago they were."""
    days = (now - moments).dt.total_seconds() / 86_400
    counted: Counts = {}
    before = -np.inf
    for label, limit in _AGES.items():
        counted[label] = int(((days >= before) & (days < limit)).sum())
        before = limit
    counted["more than 5 years"] = int((days >= before).sum())
    return counted | {UNKNOWN: int(moments.isna().sum())}


def sizes(amounts: pd.Series[Any]) -> Counts:
    """Amounts by order of magnitude."""
    counted: Counts = {}
    for low, high in zip(_LARGEST, (*_LARGEST[1:], None), strict=True):
        label = f"{low:,} or more" if high is None else str(low) if high == low + 1 else f"{low:,} to {high - 1:,}"
        within = (amounts >= low) if high is None else (amounts >= low) & (amounts < high)
        counted[label] = int(within.fillna(False).sum())
    return counted | {UNKNOWN: int(amounts.isna().sum())}


def spread(amounts: pd.Series[Any]) -> dict[str, float]:
    """Median, 90th and 99th percentile, largest, and which share of all the most endowed hundredth has."""
    known = np.sort(amounts.dropna().to_numpy(dtype=np.float64))
    if not len(known):
        return {}
    median, ninety, most = (round(float(np.percentile(known, at)), 1) for at in (50, 90, 99))
    hundredth = known[-max(1, len(known) // 100) :].sum() / known.sum() if known.sum() else 0.0
    return {
        "median": median,
        "9 in 10 have at most": ninety,
        "99 in 100 have at most": most,
        "largest": float(known[-1]),
        "share of the top hundredth": round(float(hundredth), 4),
    }


def works(raw: RawData) -> pd.Series[Any]:
    """How many repositories each person owns or has a part in."""
    owned = raw.repos[["owner", "full_name"]].rename(columns={"owner": "login"})
    both = pd.concat([owned, raw.contributions[["login", "full_name"]]])
    keys = pd.DataFrame({"login": both["login"].str.lower(), "work": both["full_name"].str.lower()}).drop_duplicates()
    counted = keys["login"].value_counts()
    return raw.users["login"].str.lower().map(counted).fillna(0).astype("int64")


def doubles(raw: RawData) -> Counts:
    """What may be one thing under two names, apart from the rows that were merged."""
    people = raw.users[["name", "location"]].dropna()
    named = pd.DataFrame({column: people[column].str.casefold() for column in people})
    ids = {"people": raw.users["id"].dropna(), "repositories": raw.repos["id"].dropna()}
    return {
        "accounts with an id that another login has": int(ids["people"].duplicated(keep=False).sum()),
        "repositories with an id that another name has": int(ids["repositories"].duplicated(keep=False).sum()),
        "people with the name and the location of another": int(named.duplicated(keep=False).sum()),
    }


def tongues(texts: pd.Series[str]) -> Counts:
    """Texts in French and in English, estimated on an even sample of many; too short ones and none apart."""
    known = texts.dropna()
    long = known[known.str.len() >= SHORTEST_TEXT]
    step = max(1, -(-len(long) // SAMPLED_TEXTS))
    sampled: Sequence[str] = long.iloc[::step].tolist()
    french = round(len(long) * tongues_of(sampled).count("fr") / max(1, len(sampled)))
    return {
        "English": len(long) - french,
        "French": french,
        "too short to tell": int(len(known) - len(long)),
        "none": int(texts.isna().sum()),
    }


def _top(counted: Counter[str]) -> Counts:
    """The most frequent, the others in one, the unknown last."""
    unknown = counted.pop(UNKNOWN, None)
    ordered = dict(sorted(counted.items(), key=lambda entry: (-entry[1], entry[0]))[:TOP])
    others = counted.total() - sum(ordered.values())
    ends = ({"others": others} if others else {}) | ({} if unknown is None else {UNKNOWN: unknown})
    return ordered | ends
