"""Reads a search as GitHub does: qualifiers, ranges, quotes, negation, sort, and words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_TERM = re.compile(r'(-?)([A-Za-z_]+):("[^"]*"|\S+)|(-?)"([^"]*)"|(\S+)')
_DATE = re.compile(r"\d{4}-\d\d-\d\d$")
_MONTH, _YEAR = re.compile(r"\d{4}-\d\d$"), re.compile(r"\d{4}$")
TEXTS = frozenset({"location", "language", "user", "org", "type", "in", "is", "topic", "fork", "archived", "license"})
NUMBERS = frozenset({"followers", "repos", "stars", "forks", "size"})
DATES = frozenset({"created", "pushed", "updated"})
LOWEST, HIGHEST = -(1 << 62), 1 << 62


@dataclass(frozen=True, slots=True)
class Range:
    """From the lowest to the highest whole number or second, both included."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked for. Values of one qualifier are alternatives, ranges and words all have to hold."""

    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    not_texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: tuple[tuple[str, Range], ...] = ()
    not_ranges: tuple[tuple[str, Range], ...] = ()
    words: tuple[str, ...] = ()
    not_words: tuple[str, ...] = ()
    sort: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked, which finds nothing."""
        return not (self.texts or self.not_texts or self.ranges or self.not_ranges or self.words or self.not_words)


def read(text: str) -> Search:
    """The search that a query string means. What is no qualifier of GitHub's, or no range, is a word."""
    texts: tuple[dict[str, list[str]], dict[str, list[str]]] = ({}, {})
    ranges: tuple[list[tuple[str, Range]], list[tuple[str, Range]]] = ([], [])
    words: tuple[list[str], list[str]] = ([], [])
    sort, is_not = "", False
    for match in _TERM.finditer(text):
        minus, name, value, quote_minus, quoted, word = match.groups()
        if word == "NOT":
            is_not = True
            continue
        negated, is_not = is_not or bool(minus or quote_minus), False
        name, plain = (name or "").lower(), (value or "").strip('"')
        limits = read_range(name, plain) if name in NUMBERS | DATES else None
        if name == "sort":
            sort = plain
        elif limits is not None:
            ranges[negated].append((name, limits))
        elif name in TEXTS:
            texts[negated].setdefault(name, []).append(plain)
        else:
            negated = negated or (word or "").startswith("-")
            words[negated].append(quoted if quoted is not None else (word or match.group(0)).lstrip("-"))
    return Search(
        texts={name: tuple(values) for name, values in texts[False].items()},
        not_texts={name: tuple(values) for name, values in texts[True].items()},
        ranges=tuple(ranges[False]),
        not_ranges=tuple(ranges[True]),
        words=tuple(words[False]),
        not_words=tuple(words[True]),
        sort=sort,
    )


def read_range(name: str, text: str) -> Range | None:
    """`5`, `>5`, `<=5`, `1..5`, `*..5`, `2020-01-01..2020-02-01`, with times or without; None when it is none."""
    if ".." in text:
        low, _, high = text.partition("..")
        begin = LOWEST if low == "*" else _edge(name, low, is_high=False)
        end = HIGHEST if high == "*" else _edge(name, high, is_high=True)
        return None if begin is None or end is None else Range(begin, end)
    sign = next((sign for sign in (">=", "<=", ">", "<") if text.startswith(sign)), "")
    begin, end = (_edge(name, text.removeprefix(sign), is_high=is_high) for is_high in (False, True))
    if begin is None or end is None:
        return None
    return {
        "": Range(begin, end),
        ">": Range(end + 1, HIGHEST),
        ">=": Range(begin, HIGHEST),
        "<": Range(LOWEST, begin - 1),
        "<=": Range(LOWEST, end),
    }[sign]


def _edge(name: str, text: str, *, is_high: bool) -> int | None:
    """The first number or second that a bound means, or the last."""
    if name in NUMBERS:
        return int(text) if re.fullmatch(r"-?\d{1,12}", text) else None
    return _second(text, is_high=is_high)


def _second(text: str, *, is_high: bool) -> int | None:
    for pattern, form in ((_DATE, "%Y-%m-%d"), (_MONTH, "%Y-%m"), (_YEAR, "%Y")):
        if pattern.match(text):
            try:
                begin = datetime.strptime(text, form).replace(tzinfo=UTC)
            except ValueError:
                return None
            return int((_after(begin, form) - timedelta(seconds=1) if is_high else begin).timestamp())
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _after(begin: datetime, form: str) -> datetime:
    """The first moment after a day, a month or a year."""
    if form == "%Y-%m-%d":
        return begin + timedelta(days=1)
    if form == "%Y":
        return begin.replace(year=begin.year + 1)
    return (begin + timedelta(days=32)).replace(day=1)
