"""A study as it is asked for: its name, its space, its queries in halves, and what it may not change afterwards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import optuna
from optuna.storages import RDBStorage

from indexing.evaluation.judgements import Judgement, read_judgements
from indexing.evaluation.known_model import find_model
from indexing.optimization.choices import Question, Workshop, choice_of
from indexing.optimization.halves import Halves, halves
from indexing.optimization.space import TEMPLATES, Kind, Space
from indexing.optimization.storage import open_study
from indexing.raw_data import data_rev


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to know."""

    question: Question
    kind: Kind = "ranking"
    versions: tuple[int, ...] = ()  # the first is where it starts; none: the champion's, else 1
    templates: tuple[str, ...] = TEMPLATES
    name: str | None = None  # of the study


@dataclass(frozen=True, slots=True)
class Study:
    """A study in the database, and what its trials are made with."""

    kept: optuna.Study
    question: Question
    space: Space
    halves: Halves
    data_rev: str
    start_name: str  # of the encoder it starts from


def begin(asked: Asked, workshop: Workshop, storage: RDBStorage) -> Study:
    """The study asked for, new or gone on with. InputError when one of this name is about something else."""
    judgements = read_judgements(asked.question.judgements)
    parts = halves(judgements)
    sources = asked.question.sources
    revision = data_rev(sources.users, sources.repos, sources.contributions)
    first = asked.versions[0] if asked.versions else None
    model = find_model(first, workshop.workspace, workshop.ensure_version, warn=workshop.warn)
    versions = tuple(dict.fromkeys((model.version, *asked.versions)))
    space = Space(asked.kind, choice_of(model), versions, asked.templates)
    name = asked.name or f"{asked.question.corpus_name}-v{model.version}-{asked.kind}"
    about = {
        "data": revision,
        "judgements": _hash(judgements),
        "start": space.start.to_json(),
        "space": json.dumps(space.described(), sort_keys=True),
    }
    kept = open_study(storage, name, about)
    kept.enqueue_trial(space.start_parameters(), skip_if_exists=True)  # first of all, what is served
    return Study(kept, asked.question, space, parts, revision, model.manifest.name)


def _hash(judgements: Sequence[Judgement]) -> str:
    digest = blake2b(digest_size=8)
    for one in sorted(judgements, key=lambda judgement: judgement.id):
        digest.update(json.dumps([one.id, one.query, sorted(one.relevant.items()), one.pair]).encode())
    return digest.hexdigest()
