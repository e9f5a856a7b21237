"""Queries over the sample with graded relevance, each in English and in French, judged from the hidden truth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from indexing.sample.needs import Conditions, Need, read_need, relevant
from indexing.sample.truth import Truth
from indexing.sample.vocabulary import TONGUES, Field, Vocabulary, read_json


@dataclass(frozen=True, slots=True)
class Judgement:
    """A query and the people who answer it: login to gain, 3 the best."""

    id: str
    kind: str
    query: str
    relevant: Mapping[str, int]


def make_judgements(vocabulary: Vocabulary, truth: Truth) -> tuple[Judgement, ...]:
    """Every query in both languages, those written by hand last; a need nobody answers is left out."""
    asked = [*_of_fields(vocabulary), *_of_homonyms(vocabulary), *_from_file(vocabulary, "queries.json")]
    return tuple(_judge(asked, vocabulary, truth)) + tuple(
        _judge(_from_file(vocabulary, "written.json"), vocabulary, truth)
    )


_Asked = tuple[str, str, Mapping[str, str], Need]


def _judge(asked: Iterable[_Asked], vocabulary: Vocabulary, truth: Truth) -> Iterator[Judgement]:
    for name, kind, texts, need in asked:
        gains = relevant(need, truth, vocabulary)
        if gains:
            yield from (Judgement(f"{name}:{tongue}", kind, texts[tongue], gains) for tongue in TONGUES)


def _of_fields(vocabulary: Vocabulary) -> Iterator[_Asked]:
    """Each field as a whole, then single works of it."""
    for field in vocabulary.fields.values():
        yield f"field-{field.key}", "field", field.ask, Need(fields=(field.key,))
        for work in field.works:
            if work.ask is not None:
                yield f"task-{field.key}-{work.key}", "task", work.ask, Need(works=(f"{field.key}/{work.key}",))


def _of_homonyms(vocabulary: Vocabulary) -> Iterator[_Asked]:
    """The technical need whose words near misses share, and the need they do answer."""
    for homonym in vocabulary.homonyms.values():
        yield f"nearmiss-{homonym.key}", "nearmiss", *_trap(homonym)
        yield f"homonym-{homonym.key}", "homonym", homonym.ask, Need(fields=(homonym.key,))


def _trap(homonym: Field) -> tuple[Mapping[str, str], Need]:
    trap = homonym.trap
    if trap is None:
        raise AssertionError(f"homonyms/{homonym.key}.json has no trap")
    return trap.ask, Need(fields=trap.fields, must=Conditions(languages=trap.languages))


def _from_file(vocabulary: Vocabulary, name: str) -> Iterator[_Asked]:
    queries: list[dict[str, Any]] = read_json(name)
    for query in queries:
        texts = {tongue: query[tongue] for tongue in TONGUES}
        yield query["id"], query["kind"], texts, read_need(query["need"], vocabulary)
