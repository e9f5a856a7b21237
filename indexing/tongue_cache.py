"""Which language each text is in, remembered by the texts' hashes: to tell anew takes a tenth of a refresh."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from indexing.centring import tongues_of
from indexing.passages import text_hash
from indexing.releases import TONGUES, Tongue
from indexing.whole_files import write_whole

FILE = "tongues.csv"
HEADER = "text_hash,tongue"


def remembered_tongues(texts: Sequence[str], processed: Path) -> list[Tongue]:
    """The language of each text; only those that were not there the last time are looked at.

    What is written down is about these texts and no others: hashes of what people took back do not stay.
    """
    known = _read(processed / FILE)
    hashes = [text_hash(text) for text in texts]
    unknown = {one: text for one, text in zip(hashes, texts, strict=True) if one not in known}
    if not unknown and len(known) == len(set(hashes)):
        return [known[one] for one in hashes]
    known |= dict(zip(unknown, tongues_of(list(unknown.values())), strict=True))
    kept = {one: known[one] for one in hashes}
    write_whole(processed / FILE, "\n".join([HEADER, *(f"{one},{tongue}" for one, tongue in kept.items())]) + "\n")
    return [known[one] for one in hashes]


def _read(path: Path) -> dict[str, Tongue]:
    """What is remembered; nothing when there is no such file, or another's."""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    if lines[:1] != [HEADER]:
        return {}
    pairs = (line.partition(",") for line in lines[1:])
    return {one: tongue for one, _, tongue in pairs if tongue in TONGUES}
