"""How well the predicted skills and roles agree with texts labelled by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexing.errors import InputError
from indexing.prediction.scoring import WEIGHTS, Encode, Prediction, Weights, detect_language, encode_catalogue, predict
from indexing.skills import Catalogue

CUTOFF = 5
ROLE_CUTOFF = 3


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text with the skills and the role a person read in it; no skills and no role when it shows none."""

    number: int
    language: str
    text: str
    skills: frozenset[str]
    role: str | None


@dataclass(frozen=True, slots=True)
class PredictionQuality:
    """Means over texts, each in [0, 1].

    `precision_at_5` is the share of the top five that is labelled; a text with two labels cannot pass 0.4 there, so
    `found_at_5` divides by min(5, number of labels) instead. Both leave out texts labelled without skills, for which
    `highest_unlabelled_score` gives the mean of the best score handed out (`highest_labelled_score` elsewhere).
    """

    texts: int
    precision_at_5: float
    found_at_5: float
    role_accuracy: float
    role_in_top_3: float
    language_accuracy: float
    highest_labelled_score: float
    highest_unlabelled_score: float


def read_labelled(path: Path, catalogue: Catalogue) -> list[LabelledText]:
    """The labelled texts of a JSON Lines file; InputError when a line names something the catalogue lacks."""
    skills = {skill.name for skill in catalogue.skills}
    roles = {role.name for role in catalogue.roles}
    labelled = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        row = json.loads(line)
        unknown = [name for name in row["skills"] if name not in skills]
        unknown += [row["role"]] if row["role"] is not None and row["role"] not in roles else []
        if unknown:
            raise InputError(f"{path.name} line {number}: not in the catalogue: {', '.join(unknown)}; mend the label.")
        labelled.append(LabelledText(row["id"], row["language"], row["text"], frozenset(row["skills"]), row["role"]))
    return labelled


def measure_prediction(
    labelled: Sequence[LabelledText], catalogue: Catalogue, encode: Encode, *, weights: Weights = WEIGHTS
) -> PredictionQuality:
    """The quality over the labelled texts of predictions made with one encoder of passages."""
    vectors = encode_catalogue(catalogue, encode)
    text_vectors = encode([entry.text for entry in labelled])
    pairs = [
        (entry, predict(entry.text, vector, catalogue, vectors, top_k=CUTOFF, weights=weights))
        for entry, vector in zip(labelled, text_vectors, strict=True)
    ]
    skilled = [(entry, prediction) for entry, prediction in pairs if entry.skills]
    employed = [(entry, prediction) for entry, prediction in pairs if entry.role is not None]
    return PredictionQuality(
        texts=len(pairs),
        precision_at_5=_mean([_hits(*pair) / CUTOFF for pair in skilled]),
        found_at_5=_mean([_hits(*pair) / min(CUTOFF, len(pair[0].skills)) for pair in skilled]),
        role_accuracy=_mean([_role_within(*pair, 1) for pair in employed]),
        role_in_top_3=_mean([_role_within(*pair, ROLE_CUTOFF) for pair in employed]),
        language_accuracy=_mean([detect_language(entry.text) == entry.language for entry, _ in pairs]),
        highest_labelled_score=_mean([_highest(prediction) for _, prediction in skilled]),
        highest_unlabelled_score=_mean([_highest(prediction) for entry, prediction in pairs if not entry.skills]),
    )


def _hits(entry: LabelledText, prediction: Prediction) -> int:
    return sum(name in entry.skills for name, _ in prediction.skills)


def _role_within(entry: LabelledText, prediction: Prediction, count: int) -> bool:
    return entry.role in [name for name, _ in prediction.roles[:count]]


def _highest(prediction: Prediction) -> float:
    return prediction.skills[0][1] if prediction.skills else 0.0


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
