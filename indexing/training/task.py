"""What a training is given, and what its stages hand on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from indexing.pipeline import Corpus, Progress, Sources, silent
from indexing.run_log import UNTRACKED, Tracker
from indexing.training.bases import Base
from indexing.training.options import Options
from indexing.training.pairs import Passages
from indexing.training.split import Split
from indexing.training.validation import Validation
from indexing.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Task:
    """What to train on, what never to train on, and from which base."""

    sources: Sources
    judged: Sequence[Path]  # never trained on
    asked: Sequence[Path]  # those of them that this corpus can answer: what the result is measured by; may be none
    base: str | None = None
    name: str | None = None
    options: Options = field(default_factory=Options)
    minutes: float = 90.0

    @property
    def corpus_name(self) -> str:
        """What to call the corpus: the folder its files are in."""
        return self.sources.users.resolve().parent.name


@dataclass(frozen=True, slots=True)
class Installation:
    """What a training needs from outside."""

    workspace: Workspace
    workspace_at: Callable[[Path], Workspace]  # an empty, embedded one in a folder
    ensure_version: Callable[[int | None], int]
    fetch_source: Callable[[int, Path], None]  # copies a version's sentence-transformers folder
    register: Callable[[Path, str], int]  # a sentence-transformers folder and its name -> the version
    tracker: Tracker = UNTRACKED
    progress: Progress = silent
    warn: Callable[[str], None] = print

    @property
    def evaluations(self) -> Path:
        """Where corpora are kept from evaluation to evaluation."""
        return self.workspace.home / "evaluations"

    @property
    def trainings(self) -> Path:
        """Where trainings keep splits, weights and numbers; texts stay in memory."""
        return self.workspace.home / "training"


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that training needs, in memory, and the folder of what may be kept."""

    base: Base
    corpus: Corpus
    split: Split
    passages: Passages
    validation: Validation
    folder: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """A trained model and how it came to be."""

    folder: Path  # sentence-transformers'
    history: Sequence[Mapping[str, Any]]  # what was logged, by step
    before: float  # the base's score on the people set apart; of a static encoder, before it learned anything
    scores: Mapping[float, float]  # share of the tuned weights -> score
    share: float  # the one kept
    examples: int  # pairs or texts
