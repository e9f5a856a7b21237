"""A search of GitHub as words and qualifiers, with the two that slices are cut by: created and followers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from indexing.errors import InputError

DAY = 86_400
_TOKEN = re.compile(r'-?[A-Za-z][\w-]*:"[^"]*"|"[^"]*"|\S+')
_CUT_BY = re.compile(r"(created|followers):(.+)", re.IGNORECASE | re.DOTALL)
_COMPARED = re.compile(r"(>=|<=|>|<)?(.+)", re.DOTALL)
FEWEST, MOST_FOLLOWERS = 0, 9_999_999  # nobody has as many
OLDEST = datetime(2005, 1, 1, tzinfo=UTC)  # GitHub opened in 2008; Enterprise imports nothing older

Range = tuple[int, int]  # both ends belong to it; seconds since the epoch, or followers


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What was asked for, and the ranges that it leaves to `created` and `followers`."""

    text: str  # as it was given
    words: str  # without created and followers
    created_token: str  # as given, "" when it was not
    followers_token: str
    created: Range
    followers: Range
    created_at_most: Range  # wider where GitHub's reading of > and < is in doubt

    def within(self, created: Range | None, followers: Range | None) -> str:
        """The search narrowed to these ranges; what is not narrowed stays as it was given."""
        parts = [
            self.words,
            self.created_token if created is None else f"created:{_moments(created)}",
            self.followers_token if followers is None else f"followers:{_numbers(followers)}",
        ]
        return " ".join(part for part in parts if part)


def read_query(text: str, *, now: datetime) -> SearchQuery:
    """Take a search apart; InputError when its bounds cannot be understood or leave nobody."""
    words, created_tokens, followers_tokens = [], [], []
    opened = (int(OLDEST.timestamp()), _day(now + timedelta(days=1)) + DAY - 1)
    created, wide, followers = opened, opened, (FEWEST, MOST_FOLLOWERS)
    for token in _TOKEN.findall(text):
        found = _CUT_BY.fullmatch(token)
        if not found:
            words.append(token)
        elif found[1].lower() == "created":
            created_tokens.append(token)
            created = _common(created, _created(found[2].strip('"'), opened, is_wide=False), token)
            wide = _common(wide, _created(found[2].strip('"'), opened, is_wide=True), token)
        else:
            followers_tokens.append(token)
            followers = _common(followers, _followers(found[2].strip('"')), token)
    if not words and not created_tokens and not followers_tokens:
        raise InputError("--query is empty; write a search such as 'location:lyon language:rust'.", field="--query")
    # Said twice, GitHub hears one of them: say what they have in common.
    created_token = created_tokens[0] if len(created_tokens) == 1 else ""
    followers_token = followers_tokens[0] if len(followers_tokens) == 1 else ""
    return SearchQuery(
        text=" ".join(text.split()),
        words=" ".join(words),
        created_token=f"created:{_moments(created)}" if len(created_tokens) > 1 else created_token,
        followers_token=f"followers:{_numbers(followers)}" if len(followers_tokens) > 1 else followers_token,
        created=created,
        followers=followers,
        created_at_most=wide,
    )


def _common(known: Range, new: Range, token: str) -> Range:
    low, high = max(known[0], new[0]), min(known[1], new[1])
    if low > high:
        raise InputError(f"--query: nobody can match {token!r} and the bounds beside it.", field="--query")
    return low, high


def _followers(value: str) -> Range:
    try:
        if ".." in value:
            low, high = value.split("..", 1)
            return (FEWEST if low == "*" else int(low)), (MOST_FOLLOWERS if high == "*" else int(high))
        sign, number = _split(value)
        bound = int(number)
    except ValueError as error:
        raise InputError(f"--query: followers:{value} is not a number or a range of them.", field="--query") from error
    match sign:
        case ">":
            return bound + 1, MOST_FOLLOWERS
        case ">=":
            return bound, MOST_FOLLOWERS
        case "<":
            return FEWEST, bound - 1
        case "<=":
            return FEWEST, bound
    return bound, bound


def _created(value: str, opened: Range, *, is_wide: bool) -> Range:
    try:
        if ".." in value:
            low, high = value.split("..", 1)
            return (opened[0] if low == "*" else _moment(low)[0]), (opened[1] if high == "*" else _moment(high)[1])
        sign, moment = _split(value)
        first, last = _moment(moment)
    except ValueError as error:
        raise InputError(
            f"--query: created:{value} is not a date (2015-01-31) or a range of dates.", field="--query"
        ) from error
    match sign:
        case ">":
            # "After the 1st" is read as "from the 2nd", or as "from the 1st, one second past midnight".
            return (first if is_wide else last + 1), opened[1]
        case ">=":
            return first, opened[1]
        case "<":
            return opened[0], (last if is_wide else first - 1)
        case "<=":
            return opened[0], last
    return first, last


def _split(value: str) -> tuple[str, str]:
    found = _COMPARED.fullmatch(value)
    if found is None:
        raise ValueError(value)
    return found[1] or "", found[2]


def _moment(text: str) -> Range:
    """The first and the last second that a date, or a moment, means."""
    moment = datetime.fromisoformat(text)
    first = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    return first, first if "T" in text.upper() else first + DAY - 1


def _day(moment: datetime) -> int:
    return int(moment.timestamp()) // DAY * DAY


def _moments(created: Range) -> str:
    low, high = (datetime.fromtimestamp(second, UTC) for second in created)
    if created[0] % DAY == 0 and created[1] % DAY == DAY - 1:
        return f"{low:%Y-%m-%d}..{high:%Y-%m-%d}"
    return f"{low:%Y-%m-%dT%H:%M:%SZ}..{high:%Y-%m-%dT%H:%M:%SZ}"


def _numbers(followers: Range) -> str:
    low, high = followers
    return f">={low}" if high == MOST_FOLLOWERS else f"{low}..{high}"
