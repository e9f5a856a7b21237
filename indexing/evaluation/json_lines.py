"""JSON Lines files that people write by hand: every row with its place, and sentences about those that are wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from indexing.errors import RawDataError
from indexing.raw_data.csv_text import read_bytes

Row = Mapping[str, Any]


def read_rows(files: Sequence[Path], *, example: str) -> Iterator[tuple[Row, str]]:
    """Every object of some files, gzip or not, with its file and line. RawDataError names these and the mend."""
    places: dict[str, str] = {}
    for file in files:
        try:
            text = read_bytes(file).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise RawDataError(f"{file} is not UTF-8; save it as JSON lines in UTF-8.", field=file.name) from error
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip():
                continue
            place = f"{file.name} line {number}"
            try:
                row = json.loads(line)
            except ValueError:
                refuse(place, f"it is not JSON; write one object a line: {example}")
            if not isinstance(row, dict):
                refuse(place, f"it is not a JSON object; write one object a line: {example}")
            yield row, place  # what is wrong with it alone its reader says first
            name = words(row, "id", place)
            if name in places:
                refuse(place, f"the id {name!r} stands in {places[name]} already")
            places[name] = place


def words(row: Row, name: str, place: str) -> str:
    """A field that must be a text with something in it."""
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        refuse(place, f'"{name}" must be a text that is not empty; found {shown(value)}')
    return value


def one_of(row: Row, name: str, allowed: Sequence[str], place: str) -> str:
    """A field that must be one of some words."""
    value = row.get(name)
    if value not in allowed:
        refuse(place, f'"{name}" must be {", ".join(allowed[:-1])} or {allowed[-1]}; found {shown(value)}')
    return str(value)


def shown(value: object) -> str:
    """A value as a sentence can quote it."""
    written = json.dumps(value, ensure_ascii=False)
    return written if len(written) <= 40 else f"{written[:40]}..."


def refuse(place: str, what: str) -> NoReturn:
    """RawDataError for a row."""
    raise RawDataError(f"{place}: {what}. Mend the line or take it out.", field=place)
