"""What an account says of itself, written when somebody asks: bio, company, addresses it would better not show."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from flows.fake_github import palette
from flows.fake_github.draws import Draws, mix
from flows.fake_github.homes import homes
from flows.fake_github.population import DAY, Population
from indexing.sample.homes import Home
from indexing.sample.naming import company, slug
from indexing.sample.people import Interest, Person, Style, whole_field
from indexing.sample.vocabulary import vocabulary
from indexing.sample.wording import biography

_MAIL_PER_MILLE, _MAIL_IN_BIO_PER_MILLE, _COMPANY_PER_MILLE, _HIREABLE_PER_MILLE = 110, 25, 500, 250
_MAIL_SHAPES = (
    "✉ {0}@example.org",
    "mail: {0}@example.org",
    "write to {0} [at] example [dot] org",
    "{0} (at) example.org",
)


def stamp(seconds: int) -> str:
    """A moment as GitHub writes it."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def location(population: Population, ordinal: int) -> str | None:
    """The location as written."""
    return homes().texts[int(population.places[ordinal])]


def public_mail(population: Population, ordinal: int) -> str:
    """The address shown on the profile, empty for most; a collector has to leave it alone."""
    if mix(population.seed, 71, ordinal) % 1_000 >= _MAIL_PER_MILLE:
        return ""
    return f"{slug(population.names[ordinal] or population.logins[ordinal]) or 'hello'}.{ordinal}@example.org"


def profile(population: Population, ordinal: int) -> dict[str, object]:
    """The texts of one account."""
    draws = Draws(population.seed, 72, ordinal)
    if population.is_organisation(ordinal):
        return {"bio": _about_organisation(population, ordinal, draws), "company": None, "isHireable": False}
    tongue = "fr" if population.is_french[ordinal] else "en"
    rng = Random(mix(population.seed, 73, ordinal))
    bio = biography(vocabulary(), _person(population, ordinal, tongue, draws), rng)
    if draws.below(1_000) < _MAIL_IN_BIO_PER_MILLE:
        address = draws.pick(_MAIL_SHAPES).format(slug(population.names[ordinal] or "hello") or "hello")
        bio = f"{bio or ''} {address}".strip()
    return {
        "bio": bio,
        "company": company(vocabulary(), tongue, rng) if draws.chance(_COMPANY_PER_MILLE) else None,
        "isHireable": draws.chance(_HIREABLE_PER_MILLE),
    }


def _about_organisation(population: Population, ordinal: int, draws: Draws) -> str:
    tongue = "fr" if population.is_french[ordinal] else "en"
    title = palette.fields()[population.fields[ordinal, 0]].title[tongue]
    year = int(stamp(population.created[ordinal])[:4])
    text: str = draws.pick(vocabulary().asides["organisations"][tongue])
    return text.format(title=title, Title=title[0].upper() + title[1:], year=year)


def _person(population: Population, ordinal: int, tongue: str, draws: Draws) -> Person:
    """The sample's view of somebody, as far as a bio needs it."""
    main, second = (palette.fields()[number] for number in population.fields[ordinal])
    interests: list[Interest] = [whole_field(main), whole_field(second)][: 1 + draws.below(2)]
    created = datetime.fromtimestamp(int(population.created[ordinal]) // DAY * DAY, UTC)
    return Person(
        login=population.logins[ordinal],
        name=population.names[ordinal] or "",
        kind=draws.pick(("specialist", "specialist", "generalist")),
        tongue="both" if tongue == "fr" and draws.below(6) == 0 else tongue,
        home=Home(None, None, None),
        interests=tuple(interests),
        style=Style(draws.below(3) > 0, draws.below(4) == 0, ". ", "kebab"),
        created=created,
        last_active=created,
        fame=1,
    )
