"""How a work's fields become the text that is embedded: which of them, in which order, in which words.

A template is written as pieces with one field each, `{name}. | {description} | Topics: {topics}. | Language:
{language}.`; a piece whose field is empty is left out, a field may come twice or not at all. It is part of the
encoder's fingerprint: vectors of texts put together in another way do not compare.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NoReturn, get_args

from indexing.errors import InputError
from indexing.profiles import Work

Field = Literal["name", "description", "topics", "language"]
FIELDS: tuple[Field, ...] = get_args(Field)
# What manifests of the usual template say since the first one; it cannot change without changing every fingerprint.
USUAL = "name. description topics: a, b. language: x / bio"
MAX_PIECES = 8
MAX_WORDING = 40  # characters around a field: more would be what the vector is about
_SEPARATOR = "|"
_PIECE = re.compile(r"([^{}]*)\{(\w+)\}([^{}]*)")
_VALUES: Mapping[Field, Callable[[Work], str]] = MappingProxyType(
    {
        "name": lambda work: work.name,
        "description": lambda work: work.description,
        "topics": lambda work: ", ".join(work.topics),
        "language": lambda work: work.language or "",
    }
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One field and the words around it."""

    before: str
    field: Field
    after: str

    def of(self, work: Work) -> str:
        """The piece of a work, "" when the field is empty (a name is always said)."""
        value = _VALUES[self.field](work)
        return f"{self.before}{value}{self.after}" if value or self.field == "name" else ""

    def __str__(self) -> str:
        return f"{self.before}{{{self.field}}}{self.after}"


@dataclass(frozen=True, slots=True)
class PassageTemplate:
    """The pieces of a text in their order, put together with spaces."""

    pieces: tuple[Piece, ...]

    def text_of(self, work: Work) -> str:
        """The text embedded for a work."""
        return " ".join(filter(None, (piece.of(work) for piece in self.pieces)))

    def __str__(self) -> str:
        """As the encoder's manifest says it, and `parse_template` reads it."""
        return USUAL if self == USUAL_TEMPLATE else f" {_SEPARATOR} ".join(map(str, self.pieces))


def parse_template(written: str) -> PassageTemplate:
    """A template from its text. InputError, naming the piece and the mend, when it is none."""
    if written == USUAL:
        return USUAL_TEMPLATE
    texts = [text.strip() for text in written.split(_SEPARATOR)]
    if len(texts) > MAX_PIECES:
        _refuse(f"it has {len(texts)} pieces, {MAX_PIECES} at most")
    pieces = tuple(map(_piece, texts))
    if not any(piece.field == "name" for piece in pieces):
        _refuse("{name} is missing, without which a work may have no text at all")
    return PassageTemplate(pieces)


def _piece(text: str) -> Piece:
    match = _PIECE.fullmatch(text)
    if match is None:
        _refuse(f"{text!r} must hold one field in braces, such as {{description}}")
    field = next((known for known in FIELDS if known == match[2]), None)
    if field is None:
        _refuse(f"there is no field {{{match[2]}}}, only {', '.join(FIELDS)}")
    if len(match[1]) + len(match[3]) > MAX_WORDING:
        _refuse(f"{text!r} has more than {MAX_WORDING} characters around its field")
    return Piece(match[1], field, match[3])


def _refuse(reason: str) -> NoReturn:
    raise InputError(f"The passage template cannot be used: {reason}.", field="template")


USUAL_TEMPLATE = PassageTemplate(
    tuple(map(_piece, ("{name}.", "{description}", "Topics: {topics}.", "Language: {language}.")))
)
