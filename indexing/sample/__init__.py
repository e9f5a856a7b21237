"""A fictional sample: people, repositories and judged queries that read like the real thing and concern nobody."""

from __future__ import annotations

from indexing.sample.files import write_sample
from indexing.sample.generation import PEOPLE, SEED, Sample, generate
from indexing.sample.judgements import Judgement

__all__ = ["PEOPLE", "SEED", "Judgement", "Sample", "generate", "write_sample"]
