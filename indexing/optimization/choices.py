"""What a trial tries: an encoder with its template and precision, and a tuning; and what an installation gives it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexing.errors import InputError
from indexing.evaluation.known_model import KnownModel
from indexing.pipeline import Progress, Sources, silent
from indexing.tuning import Tuning
from indexing.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to serve: which encoder, given which texts, in which precision, and how people are ranked."""

    version: int  # a registered one
    template: str
    precision: str
    tuning: Tuning

    def to_json(self) -> str:
        """As a study keeps it."""
        own = {"version": self.version, "template": self.template, "precision": self.precision}
        return json.dumps({**own, "tuning": json.loads(self.tuning.to_json())}, sort_keys=True)

    @staticmethod
    def from_json(written: str) -> Choice:
        """Read back; InputError when a newer or older Vivier wrote something else."""
        try:
            values: dict[str, Any] = json.loads(written)
            tuning = Tuning.from_json(json.dumps(values.pop("tuning")))
            return Choice(tuning=tuning, **values)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"What a trial tried cannot be read ({error}); start another study.") from error


def choice_of(model: KnownModel) -> Choice:
    """How a registered version is served now."""
    return Choice(model.version, model.manifest.template, model.manifest.precision, model.tuning)


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a study needs from outside."""

    workspace: Workspace  # the home whose versions are tried
    workspace_at: Callable[[Path], Workspace]  # an embedded one in a folder
    ensure_version: Callable[[int | None], int]
    variant: Callable[..., KnownModel]  # (model, template=, precision=, workspace=): the encoder as a choice wants it
    progress: Progress = silent
    warn: Callable[[str], None] = print


@dataclass(frozen=True, slots=True)
class Question:
    """What a study is about: a corpus and its judged queries."""

    sources: Sources
    judgements: tuple[Path, ...]

    @property
    def corpus_name(self) -> str:
        """The folder that the corpus is in."""
        return self.sources.users.resolve().parent.name
