"""Who trains, who validates and what neither may see: drawn from a seed, written down by hash."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from indexing.passages import passages_of, text_hash
from indexing.profiles import Profile, Work
from indexing.training.held_out import HeldOut

FILE = "split.jsonl"
SET_APART = 0.1  # of the people with more than one work: on 6,467 people 250 hidden projects, an interval of +-.03
MOST_HIDDEN = 3  # of one person, and never more than a third of what the person has (one of two)
MIN_WORDS = 4  # a description of fewer asks for nothing
Part = Literal["train", "validation", "held_out"]


@dataclass(frozen=True, slots=True)
class Hidden:
    """A project hidden from the corpus that validation searches, and who keeps it."""

    query: str
    owners: frozenset[str]  # logins


@dataclass(frozen=True, slots=True)
class Split:
    """The people of a corpus by what they are for; nobody's texts are in two parts."""

    training: tuple[Profile, ...]  # with the works they may be trained on
    searched: tuple[Profile, ...]  # those set apart, without the hidden projects
    hidden: tuple[Hidden, ...]
    parts: Mapping[str, Part]  # by repository, full names in lower case
    texts: Mapping[str, Part]  # by the hash of the text


def split_people(profiles: Sequence[Profile], held_out: HeldOut, *, seed: int) -> Split:
    """Set people apart, hide one project of each of them, and give the rest to training.

    A repository that somebody set apart works on is not trained on by anybody else, so that no text is on both sides.
    """
    kept = [_without_held_out(profile, held_out) for profile in profiles]
    apart = {p.login for p in kept if len(p.works) > 1 and _draw(seed, p.login) < SET_APART}
    owners: dict[str, set[str]] = defaultdict(set)
    for profile in kept:
        for work in profile.works:
            owners[_key(work)].add(profile.login)
    hidden = _hidden(kept, apart, owners, seed)
    theirs = {key for key, logins in owners.items() if logins & apart}
    searched = tuple(_with(p, lambda work: _key(work) not in hidden) for p in kept if p.login in apart)
    heard = {text_hash(work.description) for p in kept for work in p.works if _key(work) in theirs}
    training = tuple(
        _with(p, lambda work: _key(work) not in theirs and text_hash(work.description) not in heard)
        for p in kept
        if p.login not in apart
    )
    return Split(
        training,
        searched,
        tuple(Hidden(work.description, frozenset(owners[key])) for key, work in sorted(hidden.items())),
        *_parts(profiles, training, {*theirs}, apart),
    )


def split_text(split: Split) -> str:
    """The split as JSON lines, one a repository and one a text, by hash alone."""
    lines = [
        *({"repository": _hash(name), "part": part} for name, part in split.parts.items()),
        *({"text": name, "part": part} for name, part in split.texts.items()),
    ]
    return "".join(sorted(json.dumps(line) + "\n" for line in lines))


def sizes(split: Split) -> dict[str, int]:
    """How much is in each part."""
    counted = Counter(split.parts.values())
    return {
        "people_training": len(split.training),
        "people_set_apart": len(split.searched),
        "projects_hidden": len(split.hidden),
        **{f"repositories_{part}": counted[part] for part in ("train", "validation", "held_out")},
    }


def texts_of(profiles: Sequence[Profile]) -> Iterator[str]:
    """Every text that some people's works or words can give to training."""
    for profile in profiles:
        for passage in passages_of(profile, 0):
            if passage.text:
                yield passage.text
            if passage.work is not None and passage.work.description:
                yield passage.work.description


def _without_held_out(profile: Profile, held_out: HeldOut) -> Profile:
    bio = "" if profile.bio and held_out.covers_text(profile.bio) else profile.bio
    return replace(_with(profile, lambda work: not held_out.covers_work(work)), bio=bio)


def _with(profile: Profile, keeps: Callable[[Work], bool]) -> Profile:
    return replace(profile, works=tuple(work for work in profile.works if keeps(work)))


def _hidden(profiles: Sequence[Profile], apart: set[str], owners: Mapping[str, set[str]], seed: int) -> dict[str, Work]:
    """Some projects of each person set apart, kept by nobody else but others set apart, who all have more to show."""
    most = {profile.login: min(MOST_HIDDEN, (len(profile.works) + 1) // 3 or 1) for profile in profiles}
    hidden: dict[str, Work] = {}
    taken = Counter[str]()
    for profile in profiles:
        if profile.login not in apart:
            continue
        for work in sorted(profile.works, key=lambda work: _draw(seed, _key(work))):
            keepers = owners[_key(work)]
            tells = len(work.description.split()) >= MIN_WORDS
            is_free = _key(work) not in hidden and all(taken[login] < most[login] for login in keepers)
            if tells and is_free and keepers <= apart:
                hidden[_key(work)] = work
                taken.update(keepers)
    return hidden


def _parts(
    profiles: Sequence[Profile], training: Sequence[Profile], validated: set[str], apart: set[str]
) -> tuple[dict[str, Part], dict[str, Part]]:
    trained = {_key(work) for profile in training for work in profile.works}
    repositories: dict[str, Part] = {}
    texts: dict[str, Part] = dict.fromkeys((text_hash(text) for text in texts_of(training)), "train")
    for profile in profiles:
        for work in profile.works:
            key = _key(work)
            repositories[key] = "train" if key in trained else "validation" if key in validated else "held_out"
        part: Part = "validation" if profile.login in apart else "held_out"
        for text in texts_of([profile]):
            texts.setdefault(text_hash(text), part)
    return repositories, texts


def _key(work: Work) -> str:
    return work.full_name.casefold()


def _draw(seed: int, name: str) -> float:
    """A number in [0, 1) that depends on the seed and the name alone, whoever else is in the corpus."""
    digest = hashlib.blake2b(f"{seed} {name.casefold()}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def _hash(name: str) -> str:
    return hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
