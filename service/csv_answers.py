"""An answer as a table for a spreadsheet: one row per person, no contact data, nothing that a cell would execute."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

COLUMNS = (
    *("rank", "login", "url", "name", "headline", "country", "region", "city"),
    *("score", "dense", "sparse", "prior", "rerank", "skills", "languages", "topics", "missing"),
    *("claim", "quote", "repo", "evidence_url"),
)
MEDIA_TYPE = "text/csv"
BYTE_ORDER_MARK = "\ufeff"  # without it, Excel reads UTF-8 as something else
# A cell that begins so is a formula to Excel, LibreOffice and Google Sheets; the wide forms are to some of them.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Addresses are taken out when raw data is read. This is for collections that were built from elsewhere.
_ADDRESS = re.compile(
    r"""[^\s<>()\[\]{},;:"@/|＠=]+[@＠][^\s<>()\[\]{},;:"@/|＠=.]+(?:\.[^\s<>()\[\]{},;:"@/|＠=.]+)+"""
)


def prefers_csv(accept: Sequence[str]) -> bool:
    """Whether the `Accept` headers rate a table above JSON; JSON when they rate both the same, or neither."""
    ranges = [media for header in accept for media in header.split(",")]
    return _quality(ranges, "text", "csv") > _quality(ranges, "application", "json")


def _quality(ranges: Sequence[str], kind: str, subtype: str) -> float:
    """The quality of the most specific range that names a media type (RFC 9110, 12.5.1); 0 when none does."""
    best = (0, 0.0)
    for media in ranges:
        name, *parameters = (part.strip().casefold() for part in media.split(";"))
        specific = {f"{kind}/{subtype}": 3, f"{kind}/*": 2, "*/*": 1}.get(name, 0)
        quality = next((value.strip() for key, _, value in map(_pair, parameters) if key.strip() == "q"), "1")
        if specific > best[0]:
            best = (specific, float(quality) if re.fullmatch(r"[01](?:\.\d{0,3})?", quality) else 0.0)
    return min(1.0, best[1])


def _pair(parameter: str) -> tuple[str, str, str]:
    return parameter.partition("=")


def table(candidates: Sequence[dict[str, Any]]) -> bytes:
    """Rendered candidates as CSV (RFC 4180) in UTF-8, the header row always there."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for candidate in candidates:
        writer.writerow([_cell(value) for value in _row(candidate)])
    return (BYTE_ORDER_MARK + written.getvalue()).encode("utf-8", "replace")


def _row(candidate: dict[str, Any]) -> tuple[Any, ...]:
    parts, place, matched = candidate["score_parts"], candidate["location"], candidate["matched"]
    evidence = candidate["evidence"][0] if candidate["evidence"] else {}
    return (
        *(candidate[name] for name in ("rank", "login", "url", "name", "headline")),
        *(place[name] for name in ("country", "region", "city")),
        candidate["score"],
        *(parts[name] for name in ("dense", "sparse", "prior", "rerank")),
        *(
            "; ".join(words)
            for words in (*(matched[n] for n in ("skills", "languages", "topics")), candidate["missing"])
        ),
        *(evidence.get(name) for name in ("claim", "quote", "repo", "url")),
    )


def _cell(value: Any) -> Any:
    """Text without addresses and behind an apostrophe where it would be a formula; numbers as they are."""
    if not isinstance(value, str):
        return value
    text = _ADDRESS.sub("", value)
    return f"'{text}" if text.startswith(_FORMULA) else text
