"""A CSV file as a table of plain text, whatever wrote it, with the rows that do not fit the header set apart."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from codecs import getincrementaldecoder
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from indexing.errors import RawDataError

GZIP_MAGIC = b"\x1f\x8b"
UTF8_BOM = b"\xef\xbb\xbf"
# What is most often given in place of a CSV: parquet, a spreadsheet (a zip), an image, UTF-16 text.
NOT_CSV = {
    b"PAR1": "a parquet file",
    b"PK\x03\x04": "a spreadsheet or a zip",
    b"\x89PNG": "an image",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
HEADER_BYTES = 1 << 16
CHECKED_BYTES = 1 << 20
# A row of our own after the last one: when it does not come back as it was, a quote is still open.
END_OF_FILE = "\x1f"


@dataclass(frozen=True, slots=True)
class Malformed:
    """A row with more or fewer fields than the header; `row` counts as a spreadsheet does, the header being 1."""

    row: int
    text: str


@dataclass(frozen=True, slots=True)
class CsvText:
    """The rows of one file, every cell as text, and what had to be mended to read them."""

    table: pa.Table
    rows: NDArray[np.int64]
    malformed: tuple[Malformed, ...]
    replaced_bytes: int
    nul_bytes: int


def read_bytes(path: Path) -> bytes:
    """The content of a file, unpacked when it is gzip, whatever its name says."""
    if path.is_dir():
        raise RawDataError(f"{path} is a folder; give the path of the CSV file in it.", field=path.name)
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if data.startswith(GZIP_MAGIC) else data
    except FileNotFoundError as error:
        raise RawDataError(f"{path} does not exist; check the path.", field=path.name) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise RawDataError(f"{path} is damaged or cut short; copy it again.", field=path.name) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise RawDataError(f"{path} cannot be read ({reason}); check its rights.", field=path.name) from error


def read_csv(path: Path, *, expected: Sequence[str], required: Sequence[Sequence[str]]) -> CsvText:
    """Every row of a CSV file as text.

    `required` lists alternatives, each a group of columns: the header must have all columns of one group.
    """
    data = read_bytes(path).removeprefix(UTF8_BOM)
    for magic, kind in NOT_CSV.items():
        if data.startswith(magic):
            raise RawDataError(f"{path} is {kind}; save it as CSV in UTF-8.", field=path.name)
    nul_bytes = data.count(b"\0")
    data = data.replace(b"\0", b"")
    if not data or data.isspace():
        raise RawDataError(f"{path} is empty; its first row must name the columns.", field=path.name)
    data, replaced_bytes = _as_utf8(data)
    header = _header(path, data)
    _check_header(path, header, expected, required)
    # In place of the file's own bytes, which need not be held beside them.
    data += ("\n" + END_OF_FILE + "," * (len(header) - 1) + "\n").encode()
    table, malformed = _parse(path, data, header)
    del data
    rows = np.arange(1, table.num_rows + len(malformed) + 1, dtype=np.int64)
    rows = np.setdiff1d(rows, np.array([bad.row for bad in malformed], dtype=np.int64), assume_unique=True)
    # The first row is the header, the last our own mark.
    table, rows = table.slice(1, table.num_rows - 2), rows[1:-1]
    blank = _blank_rows(table)
    table, rows = table.filter(pa.array(~blank)), rows[~blank]
    malformed = [bad for bad in malformed if bad.text.strip()]
    return CsvText(table, rows, tuple(malformed), replaced_bytes, nul_bytes)


def _as_utf8(data: bytes) -> tuple[bytes, int]:
    """The same bytes with what is not UTF-8 replaced by U+FFFD, and how many replacements that took."""
    try:
        decoder = getincrementaldecoder("utf-8")()
        for start in range(0, len(data), CHECKED_BYTES):  # whole, one emoji would make it four times as large
            decoder.decode(data[start : start + CHECKED_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        mended = data.decode(errors="replace").encode()
        mark = "\N{REPLACEMENT CHARACTER}".encode()
        return mended, mended.count(mark) - data.count(mark)
    return data, 0


def _header(path: Path, data: bytes) -> list[str]:
    start = data[:HEADER_BYTES].decode(errors="ignore")
    try:
        names = next(csv.reader(io.StringIO(start, newline="")))
    except (csv.Error, StopIteration) as error:
        raise RawDataError(
            f"{path} is not a CSV file: its first row cannot be read; save it as CSV in UTF-8.", field=path.name
        ) from error
    # An index column saved by pandas has no name.
    return [name.strip().lower() or f"unnamed_{place}" for place, name in enumerate(names, start=1)]


def _check_header(path: Path, header: list[str], expected: Sequence[str], required: Sequence[Sequence[str]]) -> None:
    missing = [[name for name in group if name not in header] for group in required]
    if all(missing):
        shortest = min(missing, key=len)
        raise RawDataError(_missing_column(path, header, shortest[0], expected), field=shortest[0])
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise RawDataError(f"{path} has the column {twice[0]} twice; remove or rename one of them.", field=twice[0])


def _missing_column(path: Path, header: list[str], column: str, expected: Sequence[str]) -> str:
    for delimiter, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")):
        if len(header) == 1 and delimiter in header[0]:
            return f"{path} has no column {column}: its fields are split by {name}; save it with commas."
    alike = get_close_matches(column, [name for name in header if name not in expected], n=1)
    if alike:
        return f"{path} has no column {column}; rename its column {alike[0][:50]!r} if that is the one."
    return f"{path} has no column {column}; its first row must name the columns, {column} among them."


def _parse(path: Path, data: bytes, header: list[str]) -> tuple[pa.Table, list[Malformed]]:
    malformed: list[Malformed] = []

    def set_apart(row: pa_csv.InvalidRow) -> str:
        malformed.append(Malformed(row.number, row.text))
        return "skip"

    try:
        table = pa_csv.read_csv(
            pa.BufferReader(data),
            # One block and one thread: a field may be longer than any block, and rows keep their numbers.
            read_options=pa_csv.ReadOptions(
                use_threads=False, block_size=min(len(data) + 1, (1 << 31) - 1), column_names=header
            ),
            parse_options=pa_csv.ParseOptions(
                newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=set_apart
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types={name: pa.string() for name in header}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise RawDataError(
            f"{path} is not a CSV file that can be read; save it as CSV in UTF-8.", field=path.name
        ) from error
    if table.num_rows == 0 or table.column(0)[-1].as_py() != END_OF_FILE:
        row = table.num_rows + len(malformed)
        raise RawDataError(
            f'{path}, row {row}: a quote (") is opened and never closed; close it, or copy the file again '
            "if it was cut short.",
            field=path.name,
        )
    if malformed and malformed[0].row == 1:
        raise RawDataError(f"{path}: the first row cannot be read as names of columns.", field=path.name)
    return table, malformed


def _blank_rows(table: pa.Table) -> NDArray[np.bool_]:
    blank: NDArray[np.bool_] = np.ones(table.num_rows, dtype=np.bool_)
    for column in table.columns:
        blank &= pc.equal(column, "").to_numpy()
    return blank
