"""What people of the sample have built: repositories with names, topics, dates and heavy-tailed stars."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random

from indexing.sample.draws import REFERENCE, chance, heavy, moment, several, weighted
from indexing.sample.naming import slug
from indexing.sample.people import Interest, Person, Style
from indexing.sample.repositories import Repo
from indexing.sample.vocabulary import Field, Vocabulary, Work
from indexing.sample.wording import Descriptions, Picks, fill, pick_slots

_LICENSES: tuple[tuple[str | None, int], ...] = (
    ("MIT", 37), ("Apache-2.0", 16), ("GPL-3.0", 11), ("BSD-3-Clause", 5), ("AGPL-3.0", 4), ("MPL-2.0", 3),
    ("EUPL-1.2", 2), ("CC-BY-SA-4.0", 2), (None, 20),
)  # fmt: skip
_SUFFIXES = {"Rust": "rs", "Python": "py", "JavaScript": "js", "TypeScript": "ts", "Go": "go", "C++": "cpp", "R": "r"}
_ENDINGS = ("2", "-next", "-lite", "-kit", "-lab", "-notes", "-tools", "-demo")
_MOST_REPOS = 30
_MANY_REPOS = 9
_NAME_ATTEMPTS = 5


class Workshop:
    """Makes the repositories of one owner after another, none of which repeats what another says."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._descriptions = Descriptions(vocabulary)

    def repos_of(self, person: Person, rng: Random) -> list[Repo]:
        """Everything a person owns, forks aside."""
        taken: set[str] = set()
        said: set[str] = set()
        count = _how_many(person, rng)
        if count > _MANY_REPOS:
            person = replace(person, interests=tuple(self._widened(interest) for interest in person.interests))
        repos = [self._work_repo(person, rng, taken, said) for _ in range(count)]
        extra = 0 if person.kind == "organisation" else weighted(rng, [(0, 60), (1, 28), (2, 12)])
        return repos + [self._misc_repo(person, rng, taken) for _ in range(extra)]

    def _work_repo(self, person: Person, rng: Random, taken: set[str], said: set[str]) -> Repo:
        interest = weighted(rng, [(interest, interest.weight) for interest in person.interests])
        field = self._vocabulary.field(interest.field)
        work = field.works[rng.choice(interest.works)]
        language = weighted(rng, interest.languages)
        if work.languages and language not in work.languages:
            language = rng.choice(work.languages)
        picks = pick_slots(field, rng, language)
        tongue = _tongue(person, rng)
        description = None
        if not chance(rng, 5):
            description = self._descriptions.write(work, field, tongue, person.style, picks, said, rng)
        name = _repo_name(work, field, picks, language, rng)
        for _ in range(_NAME_ATTEMPTS):
            if _styled(name, person.style).lower() not in taken:
                break
            name = _repo_name(work, field, picks, language, rng)
        repo = self._frame(person, language, rng)
        return replace(
            repo,
            name=_free(_styled(name, person.style), taken),
            description=description,
            topics=_topics(work, field, picks, language, self._vocabulary.asides["topics"], rng),
            field=field.key,
            work=work.key,
        )

    def _misc_repo(self, person: Person, rng: Random, taken: set[str]) -> Repo:
        kind = rng.choice(self._vocabulary.asides["misc"])
        repo = self._frame(person, rng.choice(kind["language"]) or None, rng)
        phrases = tuple(kind[_tongue(person, rng)])
        year = repo.created.year - (repo.created.month < 12)  # December's puzzles come in December
        written = self._descriptions.write_misc(phrases, year, person.style, rng)
        return replace(
            repo,
            name=_free(rng.choice(kind["names"]).replace("{year}", str(year)), taken),
            description=None if chance(rng, 60) else written,
            stars=0 if chance(rng, 80) else rng.randrange(4),
        )

    def _widened(self, interest: Interest) -> Interest:
        """Who builds a lot builds all sorts, or would repeat themselves."""
        if interest.weight < 10:
            return interest
        return replace(interest, works=tuple(range(len(self._vocabulary.field(interest.field).works))))

    def _frame(self, person: Person, language: str | None, rng: Random) -> Repo:
        """A repository with its numbers and dates, still without a name."""
        created = moment(rng, person.created, person.last_active)
        pushed = moment(rng, created, person.last_active, late=True)
        stars = heavy(rng, 0.9 * person.fame, 48_000)
        unknown = chance(rng, 2)
        return Repo(
            owner=person.login,
            name="",
            description=None,
            language=None if chance(rng, 3) else language,
            topics=(),
            stars=None if unknown else stars,
            forks=None if unknown else stars // rng.randrange(4, 15) + heavy(rng, 0.2, 9),
            is_fork=False,
            is_archived=(REFERENCE - pushed).days > 700 and chance(rng, 30),
            license=weighted(rng, _LICENSES),
            created=created,
            pushed=pushed,
            field="",
            work="",
        )


def _how_many(person: Person, rng: Random) -> int:
    if person.kind == "newcomer":
        return rng.randrange(1, 3)
    least = {"specialist": 3, "generalist": 4, "homonym": 2, "organisation": 4}[person.kind]
    # A homonym's field has fewer words to spread over many repositories.
    most = 7 if person.kind == "homonym" else _MOST_REPOS
    more = heavy(rng, 0.6, most)
    return least + (more if more < most else rng.randrange(most // 3, most))


def _tongue(person: Person, rng: Random) -> str:
    if person.tongue == "en":
        return "en"
    return "fr" if chance(rng, 66 if person.tongue == "fr" else 45) else "en"


def _repo_name(work: Work, field: Field, picks: Picks, language: str, rng: Random) -> str:
    name = slug(fill(rng.choice(work.names), field, "en", picks))
    if language in _SUFFIXES and chance(rng, 9):
        return f"{name}-{_SUFFIXES[language]}"
    return f"{name}{rng.choice(_ENDINGS)}" if chance(rng, 7) else name


def _styled(name: str, style: Style) -> str:
    if style.case == "snake":
        return name.replace("-", "_")
    return "".join(part.capitalize() for part in name.split("-")) if style.case == "camel" else name


def _free(name: str, taken: set[str]) -> str:
    unique, number = name, 2
    while unique.lower() in taken:
        unique, number = f"{name}-{number}", number + 1
    taken.add(unique.lower())
    return unique


def _topics(
    work: Work, field: Field, picks: Picks, language: str, noise: Iterable[str], rng: Random
) -> tuple[str, ...]:
    count = weighted(rng, [(0, 30), (1, 14), (2, 22), (3, 18), (4, 11), (5, 5)])
    pool = [(slug(fill(topic, field, "en", picks)), 5) for topic in work.topics]
    pool += [(topic, 2) for topic in field.topics]
    pool += [(slug(language), 3), *((topic, 1) for topic in noise)]
    return tuple(several(rng, list(dict(pool).items()), count))
