"""What a training is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from indexing.errors import InputError

Kind = Literal["fine-tuned", "static"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to train; the defaults are those of docs/training.md, chosen on people set apart."""

    kind: Kind = "fine-tuned"
    steps: int = 500
    batch_size: int = 64
    learning_rate: float = 3e-5
    max_length: int = 48  # tokens while training; passages average 39. What is saved takes the base's own length
    frozen_layers: int | None = None  # lowest transformer layers that stay as they are, half when None; words always do
    seed: int = 1
    evaluate_every: int = 100  # steps
    patience: int = 4  # evaluations without a better one

    def __post_init__(self) -> None:
        """InputError, naming the option, for a number that makes no training."""
        for name, least in (
            ("steps", 1),
            ("batch_size", 2),
            ("max_length", 8),
            ("frozen_layers", 0),
            ("seed", 0),
            ("evaluate_every", 1),
            ("patience", 1),
        ):
            value = getattr(self, name)
            if value is not None and value < least:
                option = name.replace("_", "-")
                raise InputError(f"--{option} must be at least {least}; found {value}.", field=name)
        if not 0 < self.learning_rate < 1:
            raise InputError(
                f"--learning-rate must lie between 0 and 1; found {self.learning_rate}.", field="learning_rate"
            )
        if self.kind not in ("fine-tuned", "static"):
            raise InputError(f"There is no kind {self.kind!r}; use fine-tuned or static.", field="kind")


# A static encoder learns a table: many short steps, and a high rate, since a row moves only when its token is met.
_OF_KIND: Mapping[Kind, Mapping[str, Any]] = MappingProxyType(
    {
        "fine-tuned": {},
        "static": {"steps": 3_000, "batch_size": 256, "learning_rate": 2e-3, "evaluate_every": 300},
    }
)


def make_options(kind: Kind, **chosen: Any) -> Options:
    """Options of a kind; what is not chosen is that kind's default."""
    given = {name: value for name, value in chosen.items() if value is not None}
    return Options(**{"kind": kind, **_OF_KIND.get(kind, {}), **given})
