"""What a refresh remembers in the home: the release it built last, and of whom, so that a killed one can go on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from indexing.whole_files import write_whole

NOTE = "refresh.json"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A release that a refresh made, served by now or not yet."""

    release_id: str
    people: str  # a hash of everybody it was made of
    version: int

    def is_of(self, people: str, version: int) -> bool:
        """Whether it was made of these people with this version."""
        return (self.people, self.version) == (people, version)


def read_candidate(home: Path) -> Candidate | None:
    """The release built last; None when there is none, or the note cannot be read: it is then built again."""
    try:
        return Candidate(**json.loads((home / NOTE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_candidate(candidate: Candidate, home: Path) -> None:
    """Remember a release; called before it is recorded, so that a kill leaves none that nobody knows."""
    write_whole(home / NOTE, json.dumps(asdict(candidate)))


def forget_candidate(home: Path) -> None:
    """Remember none."""
    (home / NOTE).unlink(missing_ok=True)
