"""The whole sample from one seed: people, what they built, who helped, and the judged queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from indexing.errors import InputError
from indexing.sample.accounts import bot_rows, make_organisations, organisation_row, person_row
from indexing.sample.collaboration import contribution_row, contributions
from indexing.sample.draws import chance, stream
from indexing.sample.judgements import Judgement, make_judgements
from indexing.sample.people import Person, make_people
from indexing.sample.repositories import Repo, fork_of, repo_row
from indexing.sample.truth import Truth
from indexing.sample.vocabulary import vocabulary
from indexing.sample.workshop import Workshop

SEED = 20260630
PEOPLE = 1_300
# Fewer leave fields without specialists.
FEWEST_PEOPLE = 100
_FORKS_PER_HUNDRED_PEOPLE = 7
_FIRST_ACCOUNT_ID = 9_000_000_000  # beyond every account there is

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """The three raw tables as rows of text, the judged queries, and the truth they were judged by."""

    users: list[Row]
    repos: list[Row]
    contributions: list[Row]
    judgements: tuple[Judgement, ...]
    truth: Truth


def generate(seed: int = SEED, *, people: int = PEOPLE) -> Sample:
    """A sample of so many fictional people, the same for the same seed on every machine."""
    if people < FEWEST_PEOPLE:
        raise InputError(
            f"A sample of {people} people would leave fields empty; ask for {FEWEST_PEOPLE} at least.", field="people"
        )
    words = vocabulary()
    persons = {person.login: person for person in make_people(words, seed, people)}
    workshop = Workshop(words)
    owned = {login: workshop.repos_of(person, stream(seed, "repos", login)) for login, person in persons.items()}
    _add_forks(owned, persons, seed)
    organisations = make_organisations(words, seed, people)
    for organisation, _ in organisations:
        owned[organisation.login] = workshop.repos_of(organisation, stream(seed, "repos", organisation.login))

    repos = sorted((repo for mine in owned.values() for repo in mine), key=lambda repo: repo.full_name.lower())
    bots = list(bot_rows(words, seed))
    parts = contributions(repos, persons, [bot["login"] for bot in bots], seed)
    users = [
        person_row(words, person, owned[login], stream(seed, "account", login)) for login, person in persons.items()
    ]
    users += [
        organisation_row(words, organisation, field, owned[organisation.login], stream(seed, "org", organisation.login))
        for organisation, field in organisations
    ]
    truth = Truth(persons, parts)
    return Sample(
        users=_numbered([*users, *bots]),
        repos=[repo_row(repo, number) for number, repo in enumerate(repos)],
        contributions=[contribution_row(part) for part in parts],
        judgements=make_judgements(words, truth),
        truth=truth,
    )


def _add_forks(owned: dict[str, list[Repo]], persons: dict[str, Person], seed: int) -> None:
    """Some people keep copies of others' repositories, as they do."""
    logins = list(persons)
    for login, person in persons.items():
        rng = stream(seed, "forks", login)
        if not chance(rng, _FORKS_PER_HUNDRED_PEOPLE):
            continue
        source = rng.choice(owned[rng.choice(logins)])
        names = {repo.name.lower() for repo in owned[login]}
        if not source.is_fork and source.owner != login and source.name.lower() not in names:
            owned[login].append(fork_of(source, person, rng))


def _numbered(users: Sequence[Row]) -> list[Row]:
    """Accounts by login, numbered from the oldest to the youngest as GitHub does."""
    by_age = sorted(users, key=lambda user: (user["created_at"], user["login"].lower()))
    for number, user in enumerate(by_age):
        user["id"] = str(_FIRST_ACCOUNT_ID + number)
    return sorted(users, key=lambda user: user["login"].lower())
