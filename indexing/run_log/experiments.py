"""What each experiment of MLflow's holds, as its page says it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DESCRIPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "vivier": "Registrations: one run for each version of `vivier-encoder`. Its files serve: do not delete them.",
        "vivier-evaluation": "`vivier evaluate`: search on judged queries (kind `evaluation`) and similarity on "
        "labelled pairs (kind `similarity`), one run for each version and corpus. Compare runs of one `data_rev` only.",
        "vivier-training": "`vivier train`: encoders fine-tuned or distilled, one run each, with the loss by step.",
        "vivier-optimization": "`vivier optimize`: one run for each study, its trials nested in it.",
        "vivier-promotion": "`vivier promote`: a candidate against the champion, with the report the gate decided on.",
    }
)


def experiment_tags(experiment: str) -> dict[str, str]:
    """The tags of a new experiment: its description, and its kind, for which its page asks otherwise."""
    described = {"mlflow.note.content": DESCRIPTIONS[experiment]} if experiment in DESCRIPTIONS else {}
    return {**described, "mlflow.experimentKind": "custom_model_development"}
