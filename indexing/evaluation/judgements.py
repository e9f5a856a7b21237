"""Judged queries: what was asked, and who answers it how well."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from indexing.errors import RawDataError
from indexing.raw_data.csv_text import read_bytes

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
    found: dict[str, Judgement] = {}
    for file in files:
        try:
            text = read_bytes(file).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise RawDataError(f"{file} is not UTF-8; save it as JSON lines in UTF-8.", field=file.name) from error
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip():
                continue
            judgement = _judgement(line, f"{file.name} line {number}")
            if judgement.id in found:
                _refuse(judgement.place, f"the id {judgement.id!r} stands in {found[judgement.id].place} already")
            found[judgement.id] = judgement
    if not found:
        names = ", ".join(str(file) for file in files)
        raise RawDataError(f"{names} has no judged query; write one JSON object a line: {_EXAMPLE}", field="judgements")
    return tuple(found.values())


def _judgement(line: str, place: str) -> Judgement:
    try:
        row = json.loads(line)
    except ValueError:
        _refuse(place, f"it is not JSON; write one object a line: {_EXAMPLE}")
    if not isinstance(row, dict):
        _refuse(place, f"it is not a JSON object; write one object a line: {_EXAMPLE}")
    judged_id, kind, query = (_words(row, name, place) for name in ("id", "kind", "query"))
    in_id = _LANGUAGE_IN_ID.fullmatch(judged_id)
    language = _words(row, "language", place) if row.get("language") is not None else in_id[2] if in_id else None
    pair = _words(row, "pair", place) if row.get("pair") is not None else in_id[1] if in_id else judged_id
    return Judgement(judged_id, kind, query, _gains(row, place), language, pair, place)


def _words(row: Mapping[str, Any], name: str, place: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        _refuse(place, f'"{name}" must be a text that is not empty; found {_shown(value)}')
    return value


def _gains(row: Mapping[str, Any], place: str) -> dict[str, int]:
    relevant = row.get("relevant")
    if not isinstance(relevant, dict):
        _refuse(place, f'"relevant" must map logins to gains, as in {{"login": 1}}; found {_shown(relevant)}')
    gains: dict[str, int] = {}
    for login, gain in relevant.items():
        if isinstance(gain, bool) or not isinstance(gain, int) or not 0 <= gain <= MAX_GAIN:
            _refuse(place, f'the gain of "{login}" must be a whole number from 0 to {MAX_GAIN}; found {_shown(gain)}')
        if gain:
            gains[login.casefold()] = max(gain, gains.get(login.casefold(), 0))
    if not gains:
        _refuse(place, '"relevant" names nobody with a gain above 0, so there is nothing to find')
    return gains


def _shown(value: object) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return written if len(written) <= 40 else f"{written[:40]}..."


def _refuse(place: str, what: str) -> NoReturn:
    raise RawDataError(f"{place}: {what}. Mend the line or take it out.", field=place)
