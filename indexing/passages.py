"""Passages: what is embedded and searched, one per (person, repository) and one for the person's own words.

A point id is `person ordinal << 20 | passage number`. Ordinals follow the logins' order, so that ties broken by
point id are ties broken by login. Number 0 is the person's marker: it carries the profile, and the person's own
words when there are any.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indexing.profiles import Profile, Work
from indexing.templates import USUAL, USUAL_TEMPLATE, PassageTemplate

PASSAGE_BITS = 20
MAX_PASSAGES = (1 << PASSAGE_BITS) - 1
TEMPLATE = USUAL  # what an encoder is exported with unless another is asked for


@dataclass(frozen=True, slots=True)
class Passage:
    """One searchable text of one person. `text` is empty only for a marker without own words."""

    person: int
    number: int
    login: str
    text: str
    text_hash: str
    work: Work | None = None  # None: the person's own words

    @property
    def point_id(self) -> int:
        """The id of this passage's point."""
        return point_id(self.person, self.number)


def point_id(person: int, number: int) -> int:
    """The id of a passage's point."""
    return person << PASSAGE_BITS | number


def person_of(point: int) -> int:
    """The ordinal of the person a point belongs to."""
    return point >> PASSAGE_BITS


def text_hash(text: str) -> str:
    """What the embedding cache knows a text by: 32 hexadecimal digits of BLAKE2b."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def work_text(work: Work) -> str:
    """A repository in the usual words, whatever its encoder is given: name, description, topics, language."""
    return USUAL_TEMPLATE.text_of(work)


def passages_of(profile: Profile, person: int, *, template: PassageTemplate = USUAL_TEMPLATE) -> Iterator[Passage]:
    """The marker first, then one passage per work, numbered in the profile's order."""
    own_words = profile.bio.strip()
    yield Passage(person, 0, profile.login, own_words, text_hash(own_words))
    for number, work in enumerate(profile.works[:MAX_PASSAGES], start=1):
        text = template.text_of(work)
        yield Passage(person, number, profile.login, text, text_hash(text), work)


def all_passages(profiles: Sequence[Profile], *, template: PassageTemplate = USUAL_TEMPLATE) -> Iterator[Passage]:
    """Every passage of every profile; profiles must come ordered by login."""
    for person, profile in enumerate(profiles):
        yield from passages_of(profile, person, template=template)
