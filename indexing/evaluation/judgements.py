"""Judged queries: what was asked, and who answers it how well."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexing.errors import RawDataError
from indexing.evaluation.json_lines import Row, read_rows, refuse, shown, words

MAX_GAIN = 10  # nDCG counts 2^gain - 1: a larger grade is a slip, and would drown every other
_LANGUAGE_IN_ID = re.compile(r"(.+):([a-z]{2})")
_EXAMPLE = '{"id": "one", "kind": "task", "query": "...", "relevant": {"login": 1}}'


@dataclass(frozen=True, slots=True)
class Judgement:
    """One query and the gains of the people who answer it; whoever is not listed does not."""

    id: str
    kind: str
    query: str
    relevant: Mapping[str, int]  # casefolded login -> gain, the ones above 0
    language: str | None  # "en", "fr"
    pair: str  # the need; queries that ask the same in two languages share it
    place: str  # file and line, for sentences about it


def read_judgements(files: Sequence[Path]) -> tuple[Judgement, ...]:
    """Every judged query of some JSONL files, gzip or not. RawDataError names file, line and mend."""
    found = tuple(_judgement(row, place) for row, place in read_rows(files, example=_EXAMPLE))
    if not found:
        names = ", ".join(str(file) for file in files)
        raise RawDataError(f"{names} has no judged query; write one JSON object a line: {_EXAMPLE}", field="judgements")
    return found


def _judgement(row: Row, place: str) -> Judgement:
    judged_id, kind, query = (words(row, name, place) for name in ("id", "kind", "query"))
    in_id = _LANGUAGE_IN_ID.fullmatch(judged_id)
    language = words(row, "language", place) if row.get("language") is not None else in_id[2] if in_id else None
    pair = words(row, "pair", place) if row.get("pair") is not None else in_id[1] if in_id else judged_id
    return Judgement(judged_id, kind, query, _gains(row, place), language, pair, place)


def _gains(row: Row, place: str) -> dict[str, int]:
    relevant = row.get("relevant")
    if not isinstance(relevant, dict):
        refuse(place, f'"relevant" must map logins to gains, as in {{"login": 1}}; found {shown(relevant)}')
    gains: dict[str, int] = {}
    for login, gain in relevant.items():
        if isinstance(gain, bool) or not isinstance(gain, int) or not 0 <= gain <= MAX_GAIN:
            refuse(place, f'the gain of "{login}" must be a whole number from 0 to {MAX_GAIN}; found {shown(gain)}')
        if gain:
            gains[login.casefold()] = max(gain, gains.get(login.casefold(), 0))
    if not gains:
        refuse(place, '"relevant" names nobody with a gain above 0, so there is nothing to find')
    return gains
