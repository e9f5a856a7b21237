"""The first two stages: who is there, and what may be trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from hashlib import blake2b

import numpy as np

from indexing.embedding_cache import EmbeddingCache
from indexing.enrich import enrich
from indexing.evaluation.corpora import corpus_folder
from indexing.evaluation.judgements import read_judgements
from indexing.evaluation.throwaway import throwaway
from indexing.passages import text_hash, work_text
from indexing.pipeline import Corpus, embed, load
from indexing.profiles import Profile
from indexing.raw_data import data_rev
from indexing.templates import parse_template
from indexing.training.bases import Base, find_base
from indexing.training.held_out import HeldOut
from indexing.training.options import Options
from indexing.training.pairs import Passages
from indexing.training.split import FILE, split_people, split_text
from indexing.training.task import Installation, Prepared, Task
from indexing.training.validation import make_validation
from indexing.whole_files import write_whole


def load_corpus(task: Task, installation: Installation) -> Corpus:
    """Everybody of the raw files who has not left, enriched. What is written goes where evaluations keep theirs."""
    installation.progress("load", 0, 1)
    with corpus_folder(installation.evaluations, _revision(task)) as folder:
        raw, revision = load(task.sources, installation.workspace_at(folder))
    installation.progress("load", 1, 1)
    people = enrich(raw, on_progress=lambda done, total: installation.progress("enrich", done, total))
    return Corpus(people, revision)


def prepare(task: Task, corpus: Corpus, installation: Installation) -> Prepared:
    """Draw the split and write it down; embed the passages with the base where that was not done before."""
    base = find_base(
        task.base,
        installation.workspace,
        installation.trainings / "bases",
        ensure_version=installation.ensure_version,
        fetch_source=installation.fetch_source,
        warn=installation.warn,
    )
    # File by file: a corpus's own queries may have the ids of the shipped ones.
    judged = [judgement for path in dict.fromkeys(task.judged) for judgement in read_judgements([path])]
    split = split_people(corpus.profiles, HeldOut(judged), seed=task.options.seed)
    written = split_text(split)
    folder = installation.trainings / _key(written, base, task.options)
    write_whole(folder / FILE, written)
    passages = _embedded(corpus, split.training, base, task, installation)
    return Prepared(base, corpus, split, passages, make_validation(split, seed=task.options.seed), folder)


def _embedded(
    corpus: Corpus, people: Sequence[Profile], base: Base, task: Task, installation: Installation
) -> Passages:
    """The distinct passages of some people and the base's vectors, by way of the cache that evaluations use too."""
    template = parse_template(base.known.manifest.template)
    works = {work_text(work): work for person in people for work in person.works}
    with corpus_folder(installation.evaluations, _revision(task)) as folder:
        workspace = throwaway(installation.workspace_at(folder), base.known)
        embed(corpus, base.known.version, workspace, installation.progress)
        manifest = base.known.manifest
        with EmbeddingCache(workspace.processed / manifest.fingerprint, dimension=manifest.dimension) as cache:
            rows = [cache.row_of(text_hash(template.text_of(work))) for work in works.values()]
            vectors = np.asarray(cache.vectors()[rows], np.float32)
    return Passages(tuple(works), vectors)


def _revision(task: Task) -> str:
    return data_rev(task.sources.users, task.sources.repos, task.sources.contributions)


def _key(split: str, base: Base, options: Options) -> str:
    """The name of a training's folder: the same for the same people, judgements, base and options."""
    deciding = f"{base.known.manifest.fingerprint} {astuple(options)} {split}"
    return blake2b(deciding.encode(), digest_size=8).hexdigest()
