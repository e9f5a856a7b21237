"""The embedding cache: every passage text is encoded once per fingerprint.

Two files in `data/processed/{fingerprint}/`: `profiles_embeddings.npy`, float32 of shape (n, dimension), and
`profiles_index.csv`, one line per row: text hash, and the login and passage number it was first met in. Rows are only
ever appended, vectors before lines, so that a kill at any moment leaves a prefix that is whole; opening cuts the rest.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from filelock import FileLock, Timeout
from numpy.lib import format as npy

from indexing.encoder import FloatArray
from indexing.errors import Busy, InvalidVector
from indexing.passages import TEMPLATE, Passage
from indexing.whole_files import write_whole

VECTORS = "profiles_embeddings.npy"
ROWS = "profiles_index.csv"
TEMPLATE_NOTE = "template.txt"  # how its texts are put together; absent: in the usual way
HEADER = ("text_hash", "login", "passage")
_ROWS_AT_ONCE = 4_096
_HEADER_BYTES = 128  # numpy pads its header to this for any count, so that it can be rewritten in place


class EmbeddingCache:
    """Holds one fingerprint's cache open for reading and appending; one process at a time."""

    def __init__(self, folder: Path, *, dimension: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._dimension = dimension
        self._lock = FileLock(folder / ".lock")
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise Busy(f"Another process is embedding into {folder.name}; wait until it is done.") from error
        self._row_of = self._recover()

    def __enter__(self) -> EmbeddingCache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._row_of)

    def close(self) -> None:
        """Let other processes in."""
        self._lock.release()

    def note_template(self, template: str) -> None:
        """Remember how texts are put together, so that an erasure knows whose are whose."""
        note = self._folder / TEMPLATE_NOTE
        if template != TEMPLATE and not note.exists():
            write_whole(note, template)

    def missing(self, passages: Sequence[Passage]) -> list[Passage]:
        """The passages with words that have no vector yet, one for each distinct text."""
        wanted = {passage.text_hash: passage for passage in reversed(passages) if passage.text}
        return [passage for text_hash, passage in reversed(wanted.items()) if text_hash not in self._row_of]

    def add(self, passages: Sequence[Passage], vectors: FloatArray) -> None:
        """Append rows; they are on disk when this returns."""
        if vectors.shape != (len(passages), self._dimension) or not np.isfinite(vectors).all():
            raise InvalidVector(f"The encoder gave vectors of shape {vectors.shape} or not finite; none was kept.")
        count = len(self._row_of)
        with (self._folder / VECTORS).open("r+b") as file:
            file.seek(_HEADER_BYTES + count * self._dimension * 4)
            file.write(np.ascontiguousarray(vectors, dtype=np.float32).tobytes())
            self._write_header(file, count + len(passages))
            os.fsync(file.fileno())
        lines = io.StringIO()
        csv.writer(lines, lineterminator="\n").writerows((p.text_hash, p.login, p.number) for p in passages)
        with (self._folder / ROWS).open("a", encoding="utf-8") as rows:
            rows.write(lines.getvalue())
            rows.flush()
            os.fsync(rows.fileno())
        for offset, passage in enumerate(passages):
            self._row_of[passage.text_hash] = count + offset

    def remove(self, is_erased: Callable[[str, str], bool]) -> int:
        """Rewrite both files without some rows, told by text hash and login; returns how many went.

        A text that others have too is embedded again for them. Killed half-way, the cache is whole or empty.
        """
        rows, vectors = self._folder / ROWS, self._folder / VECTORS
        with rows.open(encoding="utf-8", newline="") as file:
            lines = list(csv.reader(file))[1:]
        kept = [row for row, line in enumerate(lines) if not is_erased(line[0], line[1])]
        if len(kept) == len(lines):
            return 0
        old, new_vectors, new_rows = self.vectors(), vectors.with_suffix(".part"), rows.with_suffix(".part")
        with new_vectors.open("wb") as file_of_vectors:
            self._write_header(file_of_vectors, len(kept))
            for start in range(0, len(kept), _ROWS_AT_ONCE):
                file_of_vectors.write(np.ascontiguousarray(old[kept[start : start + _ROWS_AT_ONCE]]).tobytes())
        with new_rows.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([HEADER, *(lines[row] for row in kept)])
        rows.unlink()  # with lines of one and vectors of the other, texts would have other texts' vectors
        new_vectors.replace(vectors)
        new_rows.replace(rows)
        self._row_of = self._recover()
        return len(lines) - len(kept)

    def vectors(self) -> FloatArray:
        """All rows, shape (n, dimension), mapped from disk."""
        mapped: FloatArray = np.load(self._folder / VECTORS, mmap_mode="r")
        return mapped

    def row_of(self, text_hash: str) -> int:
        """The row of a text; KeyError when it was never embedded."""
        return self._row_of[text_hash]

    def _recover(self) -> dict[str, int]:
        """Cut both files to the rows that are whole in both, and read which row holds which text."""
        vectors, rows = self._folder / VECTORS, self._folder / ROWS
        if not vectors.exists() or vectors.stat().st_size < _HEADER_BYTES:
            with vectors.open("wb") as file:
                self._write_header(file, 0)
        whole_rows = (vectors.stat().st_size - _HEADER_BYTES) // (self._dimension * 4)
        text = rows.read_bytes().decode(errors="replace") if rows.exists() else ""
        complete = text[: text.rfind("\n") + 1].splitlines()
        lines = complete[1 : whole_rows + 1] if complete[:1] == [",".join(HEADER)] else []
        content = "\n".join([",".join(HEADER), *lines]) + "\n"
        if content != text:
            replacement = rows.with_suffix(".part")
            replacement.write_text(content, encoding="utf-8")
            replacement.replace(rows)
        with vectors.open("r+b") as file:
            self._write_header(file, len(lines))
            file.truncate(_HEADER_BYTES + len(lines) * self._dimension * 4)
        return {line.split(",", 1)[0]: row for row, line in enumerate(lines)}

    def _write_header(self, file: BinaryIO, count: int) -> None:
        header = io.BytesIO()
        npy.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (count, self._dimension)})
        if len(header.getvalue()) != _HEADER_BYTES:
            raise InvalidVector(f"numpy wrote an array header of {len(header.getvalue())} bytes, not {_HEADER_BYTES}.")
        file.seek(0)
        file.write(header.getvalue())
