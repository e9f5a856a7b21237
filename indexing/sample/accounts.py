"""Accounts as rows of the raw contract: people, a few organisations, a few bots."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from random import Random

from indexing.sample.draws import REFERENCE, chance, days_ago, heavy, moment, stamp, stream, weighted
from indexing.sample.homes import Home, settle, write_home
from indexing.sample.naming import company, slug
from indexing.sample.people import Person, Style, whole_field
from indexing.sample.repositories import Repo
from indexing.sample.vocabulary import Field, Vocabulary
from indexing.sample.wording import biography

_ORGANISATION_WORDS = ("collective", "commons", "guild", "atelier", "tools", "open", "works", "labo")
_PEOPLE_PER_ORGANISATION = 40


def person_row(vocabulary: Vocabulary, person: Person, repos: Sequence[Repo], rng: Random) -> dict[str, str]:
    """A person's row; followers follow stars, and what people leave empty stays empty."""
    stars = sum(repo.stars or 0 for repo in repos)
    last = max((repo.pushed for repo in repos), default=person.created)
    tongue = "en" if person.tongue == "en" else "fr"
    name = weighted(rng, [(person.name, 74), ("", 14), (person.name.split()[0], 8), (person.name.lower(), 4)])
    followers = stars // rng.randrange(5, 40) + heavy(rng, 4, 900)
    return account_row(
        login=person.login,
        kind="User",
        name=name,
        company=company(vocabulary, tongue, rng) if chance(rng, 52) else "",
        location=person.home.text or "",
        bio=biography(vocabulary, person, rng) or "",
        hireable=weighted(rng, [("", 66), ("true", 25), ("false", 9)]),
        followers="" if chance(rng, 3) else str(followers),
        following="" if chance(rng, 5) else str(heavy(rng, 11, 2_000)),
        public_repos="" if chance(rng, 3) else str(len(repos) + heavy(rng, 0.5, 30)),
        created=person.created,
        updated=moment(rng, last, REFERENCE),
    )


def account_row(
    *,
    login: str,
    kind: str,
    created: datetime,
    updated: datetime,
    name: str = "",
    company: str = "",
    location: str = "",
    bio: str = "",
    hireable: str = "",
    followers: str = "",
    following: str = "",
    public_repos: str = "",
) -> dict[str, str]:
    """Cells in the order of the contract; the id is given when all accounts are there."""
    return {
        "login": login, "id": "", "type": kind, "name": name, "company": company, "location": location, "bio": bio,
        "hireable": hireable, "followers": followers, "following": following, "public_repos": public_repos,
        "created_at": stamp(created), "updated_at": stamp(updated), "fetched_at": stamp(REFERENCE),
    }  # fmt: skip


def make_organisations(vocabulary: Vocabulary, seed: int, people: int) -> list[tuple[Person, Field]]:
    """One organisation for so many people, each around one field."""
    fields = list(vocabulary.fields.values())
    stems = [stem for stem in vocabulary.names["companies"]["stems"] if "-" not in stem]
    made = []
    for number in range(max(4, people // _PEOPLE_PER_ORGANISATION)):
        rng = stream(seed, "organisation", number)
        field = fields[(number * 7) % len(fields)]
        word, stem = rng.choice(_ORGANISATION_WORDS), stems[number % len(stems)]
        login = f"{slug(stem)}-{word}" + ("" if number < len(stems) else f"-{number}")
        country, city = settle(vocabulary, field.hubs, rng)
        tongue = "fr" if chance(rng, country.french) else "en"
        created = days_ago(rng.randrange(900, 4_500), rng)
        organisation = Person(
            login=login,
            name=f"{stem} {word.capitalize()}",
            kind="organisation",
            tongue=tongue,
            home=write_home(vocabulary, country, city, tongue, rng) if chance(rng, 60) else Home(None, None, None),
            interests=(whole_field(field),),
            style=Style(capital=True, full_stop=chance(rng, 50), joiner=". ", case="kebab"),
            created=created,
            last_active=max(created, days_ago(rng.randrange(1, 300), rng)),
            fame=weighted(rng, [(3, 60), (12, 30), (60, 10)]),
        )
        made.append((organisation, field))
    return made


def organisation_row(
    vocabulary: Vocabulary, organisation: Person, field: Field, repos: Sequence[Repo], rng: Random
) -> dict[str, str]:
    """An organisation's row."""
    title, tongue = field.title[organisation.tongue], organisation.tongue
    bio: str = rng.choice(vocabulary.asides["organisations"][tongue])
    bio = bio.format(title=title, Title=title[0].upper() + title[1:], year=organisation.created.year)
    return account_row(
        login=organisation.login,
        kind="Organization",
        name=organisation.name,
        location=organisation.home.text or "",
        bio=bio,
        followers=str(heavy(rng, 9, 2_000)),
        following="0",
        public_repos=str(len(repos)),
        created=organisation.created,
        updated=max((repo.pushed for repo in repos), default=organisation.created),
    )


def bot_rows(vocabulary: Vocabulary, seed: int) -> Iterable[dict[str, str]]:
    """The bots' rows."""
    for bot in vocabulary.asides["bots"]:
        rng = stream(seed, "bot", bot["login"])
        created = days_ago(rng.randrange(800, 3_000), rng)
        yield account_row(
            login=bot["login"], kind="Bot", name=bot["name"], bio=bot["bio"], followers="0", following="0",
            public_repos="0", created=created, updated=moment(rng, created, REFERENCE),
        )  # fmt: skip
