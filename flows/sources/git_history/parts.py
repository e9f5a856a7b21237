"""A person's part in a repository as it is counted commit by commit: when, where, in what, and in which words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

SUBJECTS_KEPT = 96  # far more than a description holds, so that the telling ones can be chosen
SUBJECT_BYTES = 300


@dataclass(slots=True)
class Sample:
    """Some of many subjects, spread evenly over the whole history, the same ones in every run."""

    kept: list[bytes] = field(default_factory=list)
    _seen: int = 0
    _stride: int = 1

    def add(self, subject: bytes) -> None:
        """Take every so many-th subject; each time too many are kept, every other one goes."""
        if self._seen % self._stride == 0:
            self.kept.append(subject[:SUBJECT_BYTES])
            if len(self.kept) > SUBJECTS_KEPT:
                del self.kept[1::2]
                self._stride *= 2
        self._seen += 1

    def join(self, other: Sample) -> None:
        """Take another's as well; somebody with fifty signatures has no more words than others."""
        self.kept.extend(other.kept)
        while len(self.kept) > 2 * SUBJECTS_KEPT:
            del self.kept[1::2]


@dataclass(slots=True)
class Part:
    """What one signature, or all signatures of a person, did in one repository."""

    commits: int = 0  # that are no merges
    first: int | None = None  # seconds since 1970; None when no date can be believed
    last: int | None = None
    folders: dict[str, int] = field(default_factory=dict)  # commits that touched each
    kinds: dict[str, int] = field(default_factory=dict)  # commits that touched files of each kind
    sample: Sample = field(default_factory=Sample)

    def add(self, moment: int | None, subject: bytes, folders: Iterable[str], kinds: Iterable[str]) -> None:
        """Count one commit."""
        self.commits += 1
        if moment is not None:
            self._widen(moment, moment)
        for folder in folders:
            self.folders[folder] = self.folders.get(folder, 0) + 1
        for kind in kinds:
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
        self.sample.add(subject)

    def join(self, other: Part) -> None:
        """Count what was written under another of the person's signatures."""
        self.commits += other.commits
        self._widen(other.first, other.last)
        for folder, commits in other.folders.items():
            self.folders[folder] = self.folders.get(folder, 0) + commits
        for kind, commits in other.kinds.items():
            self.kinds[kind] = self.kinds.get(kind, 0) + commits
        self.sample.join(other.sample)

    def _widen(self, first: int | None, last: int | None) -> None:
        if first is not None and (self.first is None or first < self.first):
            self.first = first
        if last is not None and (self.last is None or last > self.last):
            self.last = last


def most(counts: dict[str, int], limit: int) -> list[str]:
    """The names with the highest counts, equal ones in the order of the alphabet."""
    return [name for name, _ in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:limit]]
