"""A trial made the next version: its encoder with its template and precision, and its tuning."""

from __future__ import annotations

from dataclasses import dataclass

import optuna

from indexing.errors import InputError
from indexing.evaluation.known_model import find_model
from indexing.optimization.choices import Workshop
from indexing.optimization.front import Tried, best_of, measured_trials, trial_of

BEST = "best"


@dataclass(frozen=True, slots=True)
class Registered:
    """The version that a trial became."""

    version: int
    trial: int
    fingerprint: str
    is_new: bool  # False: one with this encoder and this tuning was registered before


def chosen(study: optuna.Study, trial: str) -> Tried:
    """The trial of this number, or the best one. InputError when it is neither."""
    if trial == BEST:
        return best_of(measured_trials(study))
    if not trial.isdecimal():
        raise InputError(f"{trial!r} is no trial; give its number, or {BEST!r}.", field="trial")
    return trial_of(study, int(trial))


def register_trial(study: optuna.Study, tried: Tried, name: str | None, workshop: Workshop) -> Registered:
    """Register a trial as the next version; the same trial again gives the same version."""
    workspace, choice = workshop.workspace, tried.choice
    base = find_model(choice.version, workspace, workshop.ensure_version, warn=workshop.warn)
    model = workshop.variant(base, template=choice.template, precision=choice.precision, workspace=workspace)
    fingerprint = model.manifest.fingerprint
    with workspace.building():
        known = workspace.registry.find(fingerprint, tuning=choice.tuning)
        if known is not None:
            return Registered(known, tried.number, fingerprint, is_new=False)
        workshop.progress("register", 0, 1)
        with workspace.scratch() as scratch:
            source = workspace.registry.fetch_source(choice.version, scratch / "model")
            called = name or f"{base.manifest.name} (trial {tried.number} of {study.study_name})"
            version = workspace.registry.register(source, model.folder, name=called, tuning=choice.tuning)
        workshop.progress("register", 1, 1)
    return Registered(version, tried.number, fingerprint, is_new=True)
