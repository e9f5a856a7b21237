"""Which field people work in and in which languages, as tables to draw from, over the sample's vocabulary."""

from __future__ import annotations

from functools import cache

import numpy as np

from flows.fake_github.draws import Numbers, mix_many
from indexing.sample.vocabulary import Field, vocabulary

_TABLE = 64
_OWN_LANGUAGE_PER_HUNDRED, _NO_LANGUAGE_PER_HUNDRED = 45, 5


@cache
def fields() -> tuple[Field, ...]:
    """Fields of work, then the homonyms that sound like them."""
    words = vocabulary()
    return (*words.fields.values(), *words.homonyms.values())


@cache
def languages() -> tuple[str, ...]:
    """Every programming language of the population."""
    return tuple(sorted({name for field in fields() for name, _ in field.languages}))


@cache
def _tables() -> Numbers:
    """For each field, language numbers as often as people of it use them."""
    tables = np.zeros((len(fields()), _TABLE), dtype=np.int8)
    for number, field in enumerate(fields()):
        weights = np.array([weight for _, weight in field.languages], dtype=np.float64)
        edges = np.cumsum(weights) / weights.sum()
        picks = np.searchsorted(edges, (np.arange(_TABLE) + 0.5) / _TABLE)
        tables[number] = [languages().index(field.languages[pick][0]) for pick in picks]
    return tables


def fields_of(first: Numbers, second: Numbers) -> Numbers:
    """Each account's main and second interest; one in ten works in a homonym."""
    real = len(vocabulary().fields)
    is_homonym, pick = first % np.uint64(10) == 0, first // np.uint64(10)
    main = np.where(is_homonym, real + pick % np.uint64(len(fields()) - real), pick % np.uint64(real))
    both: Numbers = np.stack([main, second % np.uint64(real)], axis=1).astype(np.int16)
    return both


def field_of_repository(seed: int, repositories: Numbers) -> Numbers:
    """0 or 1: whether a repository is of its owner's main or second interest."""
    is_second: Numbers = (mix_many(seed, 46, repositories) % np.uint64(4) == 0).astype(np.int64)
    return is_second


def languages_of(seed: int, fields_of_accounts: Numbers, owners: Numbers, every: Numbers) -> Numbers:
    """The language of each repository: often its owner's own, else one of its field, sometimes none."""
    draws = mix_many(seed, 42, every)
    field = fields_of_accounts[owners, field_of_repository(seed, every)]
    usual = _tables()[field, (draws >> np.uint64(8)).astype(np.int64) % _TABLE]
    own = _tables()[fields_of_accounts[owners, 0], (mix_many(seed, 47, owners) % np.uint64(_TABLE)).astype(np.int64)]
    share = draws % np.uint64(100)
    chosen = np.where(share < _OWN_LANGUAGE_PER_HUNDRED, own, usual)
    given: Numbers = np.where(share >= 100 - _NO_LANGUAGE_PER_HUNDRED, -1, chosen).astype(np.int8)
    return given


def main_languages(owners: Numbers, of_repositories: Numbers, is_fork: Numbers, accounts: int) -> Numbers:
    """For each account the language of most of what it made itself, the first by name when two are level; -1: none."""
    counted = (of_repositories >= 0) & ~is_fork
    width = len(languages())
    cells = owners[counted] * width + of_repositories[counted]
    table = np.bincount(cells, minlength=accounts * width).reshape(accounts, width)
    main: Numbers = np.where(table.any(axis=1), table.argmax(axis=1), -1).astype(np.int16)
    return main
