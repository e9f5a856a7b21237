"""Free text made safe to keep: e-mail addresses taken out, control characters gone, lengths bounded."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

# Longer than any honest description; beyond it an encoder reads nothing anyway.
TEXT_LIMIT = 4_000
ADDRESS_LIMIT = 320
CONTROL_CHARACTERS = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
MAIL_COLUMN = ("email", "e-mail", "mail")

_WORD = r'[^\s<>()\[\]{},;:"@/|＠=]'
_LABEL = r'[^\s<>()\[\]{},;:"@/|＠=.]'
_AT = r"(?:[@＠]|\s?[\[({<]\s?at\s?[\])}>]\s?)"
_DOT = r"(?:\.|\s?[\[({<]\s?(?:dot|point)\s?[\])}>]\s?|\s(?:dot|point)\s)"
# The last label starts with a letter: `react@18.2.0` is a version and stays. Plain " at " counts only with " dot ".
EMAIL_ADDRESS = (
    rf"(?i)\s?(?:mailto:)?(?:{_WORD}+{_AT}{_LABEL}+(?:{_DOT}{_LABEL}+)*{_DOT}\pL[\pL\d-]+"
    rf"|{_WORD}+\sat\s{_LABEL}+(?:\sdot\s{_LABEL}+)*\sdot\s\pL+)"
)
# What every address holds; looked for first, since the whole pattern is slow to compile and to run.
AT_SIGN = r"(?i)[@＠]|[\s\[({<]at[\s\])}>]"
# What must stand around it for an address: "@acme" and "react @18" are none. Wider than the pattern, never narrower.
_GAP = r"[\x00-\x20\x7f]"
_ADDRESS_AROUND = re.compile(
    r'[^ \t\n\f\r<>()\[\]{},;:"@/|＠=]'
    rf"(?:[@＠]|{_GAP}?[\[({{<]{_GAP}?at{_GAP}?[\])}}>])|{_GAP}at{_GAP}[^\x00-\x20\x7f]+{_GAP}dot{_GAP}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A table whose cells are safe text or null, and how much that took."""

    table: pa.Table
    cut: int
    masked: int


def is_mail_column(name: str) -> bool:
    """Whether a column is named after e-mail, and therefore never read."""
    return any(word in name.lower() for word in MAIL_COLUMN)


def may_hold_address(text: str) -> bool:
    """Whether `clean_text` may find an address: quick, for one text after another, where that takes milliseconds."""
    if not ("@" in text or "at" in text or "＠" in text or "AT" in text or "At" in text or "aT" in text):
        return False  # a tenth of the time
    return _ADDRESS_AROUND.search(text) is not None


def clean_table(table: pa.Table, *, limits: Mapping[str, int] | None = None) -> Cleaned:
    """Drop e-mail columns, clean every cell, make empty ones null; `limits` names columns shorter than usual."""
    columns: dict[str, pa.ChunkedArray] = {}
    cut = masked = 0
    for name in table.column_names:
        if is_mail_column(name):
            continue
        limit = (limits or {}).get(name, TEXT_LIMIT)
        columns[name], was_cut, was_masked = _clean(table.column(name), limit)
        cut += was_cut
        masked += was_masked
    return Cleaned(pa.table(columns), cut, masked)


def clean_text(text: str) -> str:
    """One text without addresses and control characters, no longer than allowed."""
    column, _, _ = _clean(pa.chunked_array([[text]], type=pa.string()), TEXT_LIMIT)
    return column[0].as_py() or ""


def _composed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The texts in NFC. Not pyarrow's utf8_normalize: up to 25.0 it decomposes, whatever form it is asked for."""
    beyond_ascii = pc.invert(pc.fill_null(pc.string_is_ascii(column), True))
    if not pc.any(beyond_ascii).as_py():
        return column
    texts = (unicodedata.normalize("NFC", text) for text in pc.filter(column, beyond_ascii).to_pylist())
    return pc.replace_with_mask(column.combine_chunks(), beyond_ascii.combine_chunks(), pa.array(texts, pa.string()))


def _clean(column: pa.ChunkedArray, limit: int) -> tuple[pa.ChunkedArray, int, int]:
    column = pc.replace_substring_regex(column, CONTROL_CHARACTERS, " ")
    column = pc.utf8_trim_whitespace(_composed(column))
    cut = pc.sum(pc.greater(pc.utf8_length(column), limit)).as_py() or 0
    if cut:
        # Some more than the limit, or an address that straddles it would lose the half that gives it away.
        column = pc.utf8_slice_codeunits(column, 0, limit + ADDRESS_LIMIT)
    masked = 0
    may_hold_address = pc.any(pc.match_substring_regex(column, AT_SIGN)).as_py()
    # Until none is left: what stood on both sides of an address may be one itself.
    while may_hold_address and (found := pc.sum(pc.count_substring_regex(column, EMAIL_ADDRESS)).as_py()):
        column = pc.utf8_trim_whitespace(pc.replace_substring_regex(column, EMAIL_ADDRESS, ""))
        masked += found
    if cut:
        column = pc.utf8_trim_whitespace(pc.utf8_slice_codeunits(column, 0, limit))
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column), cut, masked
