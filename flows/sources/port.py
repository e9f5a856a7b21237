"""The port of every source: it says what it would collect, then collects it into the raw files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from flows.raw_files import RawFiles

Say = Callable[[str], None]  # one sentence for who watches the run


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of what was asked for that the source answers whole: how many of how many people were collected."""

    name: str
    collected: int
    of: int | None  # None when the source cannot count


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a collection brought, kept beside the raw files as `scrape.json`. No login and no text is in it."""

    source: str  # github, git, csv
    selection: dict[str, Any]  # what was asked for, for people to read
    people: int
    repositories: int
    contributions: int
    slices: tuple[Slice, ...]
    started_at: str  # ISO 8601, UTC
    finished_at: str
    left_out: dict[str, int] = field(default_factory=dict)  # why people were not collected -> how many

    @property
    def population(self) -> int | None:
        """How many people match the selection at the source, None when a slice cannot tell."""
        if not self.slices or any(each.of is None for each in self.slices):
            return None
        return sum(each.of or 0 for each in self.slices)

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able values."""
        return asdict(self) | {"population": self.population}


class Source(Protocol):
    """One way to find people. Errors are VivierError with one sentence that names the mend."""

    @property
    def name(self) -> str:
        """What the ledger calls it: github, git, csv."""

    def collect(self, into: RawFiles, *, say: Say) -> Ledger:
        """Write everybody found into the raw files, finish them, and say what was found. Resumes what was stopped."""
