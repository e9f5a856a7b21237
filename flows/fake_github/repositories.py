"""What an account owns, written when somebody asks: names, descriptions, topics, languages, a README."""

from __future__ import annotations

from collections import OrderedDict
from functools import cache, lru_cache

import numpy as np

from flows.fake_github import palette
from flows.fake_github.draws import Draws, mix, mix_many
from flows.fake_github.population import FIRST_REPOSITORY, Population
from indexing.sample.naming import slug
from indexing.sample.vocabulary import Field, Work
from indexing.sample.wording import fill

_LICENSES = (
    ("mit", "MIT License", "MIT"), ("apache-2.0", "Apache License 2.0", "Apache-2.0"), ("mit", "MIT License", "MIT"),
    ("gpl-3.0", "GNU General Public License v3.0", "GPL-3.0"), ("other", "Other", "NOASSERTION"), None, None,
    ("mpl-2.0", "Mozilla Public License 2.0", "MPL-2.0"),
)  # fmt: skip
_ENDINGS = ("", "", "", "", "", "-rs", "-lite", "-kit", "-lab", "-notes", ".js", "_v2", "-demo", "2")
_KEPT = 1_500  # owners whose names are kept at hand


_slug = lru_cache(maxsize=20_000)(slug)


@cache
def _fitting(field: str, language: str | None) -> tuple[Work, ...]:
    works = next(each for each in palette.fields() if each.key == field).works
    return tuple(work for work in works if not work.languages or language in (None, *work.languages)) or works


@cache
def _fits(field: str, slot: str, language: str | None) -> tuple[int, ...]:
    """The values of a field's slot that make sense in a programming language."""
    known = next(each for each in palette.fields() if each.key == field)
    bound, every = known.bindings.get(slot), range(len(known.slots[slot]["en"]))
    return tuple(number for number in every if not bound or language in (None, *bound[number])) or tuple(every)


class _Picks(dict[str, int]):
    """Which value each slot takes, drawn when it is looked at; the same for every text of a repository."""

    __slots__ = ("_bits", "_field", "_language")

    def __init__(self, bits: int, field: str, language: str | None) -> None:
        self._bits, self._field, self._language = bits, field, language

    def __missing__(self, slot: str) -> int:
        fitting = _fits(self._field, slot, self._language)
        turned = self._bits * (2 * ord(slot[0]) + 2 * len(slot) + 1) >> 17
        picked = self[slot] = fitting[turned % len(fitting)]
        return picked


class Shelf:
    """The repositories of a population, by number."""

    def __init__(self, population: Population) -> None:
        self._population = population
        every = np.arange(int(population.starts[-1]))
        self._states = mix_many(population.seed, 81, every)
        self._interests = palette.field_of_repository(population.seed, every).astype(np.int8)
        self._names: OrderedDict[int, tuple[list[str], dict[str, int]]] = OrderedDict()

    def names(self, owner: int) -> list[str]:
        """The names of everything an account owns, in order of number."""
        return self._named(owner)[0]

    def find(self, owner: int, name: str) -> int | None:
        """The number of an account's repository of this name, in any case."""
        place = self._named(owner)[1].get(name.lower())
        return None if place is None else int(self._population.starts[owner]) + place

    def name(self, repository: int, owner: int) -> str:
        """A repository's name."""
        return self.names(owner)[repository - int(self._population.starts[owner])]

    def language(self, repository: int) -> str | None:
        """The main programming language."""
        number = int(self._population.languages[repository])
        return None if number < 0 else palette.languages()[number]

    def words(self, repository: int, owner: int) -> dict[str, object]:
        """Description, topics, licence, further languages and size."""
        draws, field, work, language = self._drawn(repository, owner)
        picks = _Picks(int(self._states[repository]), field.key, language)
        tongue = "fr" if self._population.is_french[owner] and draws.below(3) else "en"
        description = None if draws.below(12) == 0 else _describe(work, field, tongue, picks, draws)
        topics = [_slug(fill(topic, field, "en", picks)) for topic in (*work.topics, *field.topics)]
        topics += [_slug(language)] if language else []
        count = (0, 0, 2, 3, 4, 6)[draws.below(6)]
        begin = draws.below(max(1, len(topics)))
        others = [name for name, _ in field.languages if name != language][: draws.below(3)] if language else []
        return {
            "description": description,
            "topics": list(dict.fromkeys(topics[begin:] + topics[:begin]))[:count],
            "license": draws.pick(_LICENSES),
            "languages": [(name, 90_000 // (place + 1)) for place, name in enumerate([language, *others]) if name],
            "size": 8 + draws.heavy(120, 900_000),
            "forks": int(self._population.stars[repository]) // (4 + draws.below(9)),
            "commits": 1 + draws.heavy(22, 30_000),
            "is_archived": draws.below(25) == 0,
            "homepage": f"https://{slug(work.key)}.example.org" if draws.below(14) == 0 else None,
        }

    def readme(self, repository: int, owner: int) -> str | None:
        """The README's text; every seventh has none."""
        if mix(self._population.seed, 83, repository) % 7 == 0:
            return None
        draws, field, work, language = self._drawn(repository, owner)
        picks = _Picks(int(self._states[repository]), field.key, language)
        tongue = "fr" if self._population.is_french[owner] and draws.below(3) else "en"
        lines = [fill(phrase, field, tongue, picks).capitalize() + "." for phrase in work.phrases[tongue][:4]]
        lines += [fill(detail, field, tongue, picks).capitalize() + "." for detail in field.details[tongue][:3]]
        return f"# {self.name(repository, owner)}\n\n" + "\n\n".join(lines) + "\n"

    def _named(self, owner: int) -> tuple[list[str], dict[str, int]]:
        known = self._names.get(owner)
        if known is None:
            places: dict[str, int] = {}
            for place, repository in enumerate(self._population.repositories(owner)):
                draws, field, work, language = self._drawn(repository, owner)
                text = _slug(
                    fill(
                        draws.pick(work.names), field, "en", _Picks(int(self._states[repository]), field.key, language)
                    )
                )
                name = f"{text}{draws.pick(_ENDINGS)}" or "thing"
                places[name.lower() if name.lower() not in places else f"{name.lower()}-{place}"] = place
            known = self._names[owner] = (list(places), places)
            if len(self._names) > _KEPT:
                self._names.popitem(last=False)
        return known

    def _drawn(self, repository: int, owner: int) -> tuple[Draws, Field, Work, str | None]:
        draws = Draws.after(int(self._states[repository]))
        field = palette.fields()[self._population.fields[owner, self._interests[repository]]]
        language = self.language(repository)
        return draws, field, draws.pick(_fitting(field.key, language)), language


def _describe(work: Work, field: Field, tongue: str, picks: dict[str, int], draws: Draws) -> str:
    text = fill(draws.pick(work.phrases[tongue]), field, tongue, picks)
    shape = draws.below(10)
    if shape < 3:
        text = f"{text}; {fill(draws.pick(field.details[tongue]), field, tongue, picks)}"
    elif shape < 5:
        text = f"{text} {draws.pick(field.audiences[tongue])}"
    elif shape == 5:
        text = f"🚧 {text}"
    return text[:1].upper() + text[1:] if draws.below(3) else text


def database_id(repository: int) -> int:
    """The number that GitHub would give the repository."""
    return FIRST_REPOSITORY + repository
