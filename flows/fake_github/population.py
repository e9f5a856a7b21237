"""Who there is: every account and repository as columns of numbers, from one seed, so that 50,000 people are light.

Ordinals count people first, then people who will only sign up later (`World.age` lets them in), then organisations.
Texts are not here: `accounts` and `repositories` write them when somebody asks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flows.fake_github import palette
from flows.fake_github.draws import Draws, Numbers, heavy_many, mix_many, shares
from flows.fake_github.homes import homes, settle_many
from flows.fake_github.naming import free_login, name_and_login, organisation_logins
from indexing.sample.draws import REFERENCE

NOW = int(REFERENCE.timestamp())  # the population's today; `World.age` moves on from here
DAY = 86_400
FIRST_ACCOUNT, FIRST_REPOSITORY = 2_000_000_000, 2_000_000_000  # beyond every number given so far, within 32 bits
PEOPLE_PER_ORGANISATION, NEWCOMERS_PER_HUNDRED = 40, 2
_HACK_DAY = NOW - 1_204 * DAY  # the day a fortieth of all accounts was opened: more than a search tells of


@dataclass(frozen=True, slots=True, repr=False)
class Population:
    """Columns by account ordinal and by repository number; times in seconds since 1970."""

    seed: int
    people: int
    newcomers: int
    organisations: int
    logins: list[str]
    names: list[str | None]
    numbers: Numbers  # database number of each account, in the order they were opened
    by_number: Numbers  # (number - FIRST_ACCOUNT) -> ordinal
    places: Numbers  # location text
    is_french: Numbers
    created: Numbers
    active: Numbers  # last sign of life
    updated: Numbers
    followers: Numbers
    following: Numbers
    fields: Numbers  # [account, main or second interest]
    starts: Numbers  # repositories of account i: starts[i] to starts[i + 1]
    languages: Numbers  # of each repository, -1 for none
    stars: Numbers
    repository_created: Numbers
    pushed: Numbers
    is_fork: Numbers
    main_languages: Numbers  # by account: the language of most of its own repositories, -1 for none

    @property
    def accounts(self) -> int:
        """How many accounts there are or will be."""
        return len(self.logins)

    def is_organisation(self, ordinal: int) -> bool:
        """Whether this account is one of a group."""
        return ordinal >= self.people + self.newcomers

    def repositories(self, ordinal: int) -> range:
        """The numbers of what an account owns."""
        return range(int(self.starts[ordinal]), int(self.starts[ordinal + 1]))

    def owner(self, repository: int) -> int:
        """The account that owns a repository."""
        return int(np.searchsorted(self.starts, repository, side="right")) - 1


def populate(people: int, seed: int) -> Population:
    """So many fictional people, and the organisations they would have."""
    newcomers = max(3, people * NEWCOMERS_PER_HUNDRED // 100)
    organisations = max(4, people // PEOPLE_PER_ORGANISATION)
    ordinals = np.arange(people + newcomers + organisations)
    is_new = (ordinals >= people) & (ordinals < people + newcomers)
    is_organisation = ordinals >= people + newcomers
    created = _created(seed, ordinals, is_new)
    active = _active(seed, ordinals, created)
    cities, is_french, places = settle_many(seed, ordinals)
    logins, names = _names(seed, people + newcomers, cities)
    _name_organisations(organisations, logins, names)
    fields = palette.fields_of(mix_many(seed, 31, ordinals), mix_many(seed, 32, ordinals))
    counts = _repository_counts(seed, ordinals, is_organisation)
    starts = np.concatenate([[0], np.cumsum(counts)])
    owners = np.repeat(ordinals, counts)
    every = np.arange(len(owners))
    is_fork = (mix_many(seed, 41, every) % np.uint64(100) < 12) & ~is_organisation[owners]
    languages = palette.languages_of(seed, fields, owners, every)
    begun = created[owners] + (shares(mix_many(seed, 43, every)) * (active - created)[owners]).astype(np.int64)
    late = np.sqrt(shares(mix_many(seed, 44, every)))
    by_age = np.argsort(created, kind="stable")
    return Population(
        seed=seed,
        people=people,
        newcomers=newcomers,
        organisations=organisations,
        logins=logins,
        names=names,
        numbers=FIRST_ACCOUNT + np.argsort(by_age, kind="stable"),
        by_number=by_age,
        places=places,
        is_french=is_french,
        created=created,
        active=active,
        updated=active + (shares(mix_many(seed, 16, ordinals)) * (NOW - active).clip(0)).astype(np.int64),
        followers=np.where(mix_many(seed, 17, ordinals) % np.uint64(10) < 3, 0,
                           heavy_many(mix_many(seed, 18, ordinals), 5, 90_000)),
        following=heavy_many(mix_many(seed, 19, ordinals), 11, 3_000),
        fields=fields,
        starts=starts,
        languages=languages,
        stars=np.where(is_fork, 0, heavy_many(mix_many(seed, 45, every), 1.5, 48_000)).astype(np.int32),
        repository_created=begun.astype(np.int32),
        pushed=(begun + late * (active[owners] - begun)).astype(np.int32),
        is_fork=is_fork,
        main_languages=palette.main_languages(owners, languages, is_fork, len(ordinals)),
    )  # fmt: skip


def _created(seed: int, ordinals: Numbers, is_new: Numbers) -> Numbers:
    days = 60 + (shares(mix_many(seed, 11, ordinals)) * 6_300).astype(np.int64)
    seconds = (mix_many(seed, 12, ordinals) % np.uint64(DAY)).astype(np.int64)
    on_hack_day = mix_many(seed, 13, ordinals) % np.uint64(40) == 0
    created = np.where(on_hack_day, _HACK_DAY - _HACK_DAY % DAY + seconds, NOW - days * DAY - seconds)
    # Who has not signed up yet does so in the months to come, one after the other.
    later = NOW + np.cumsum(is_new) * DAY * 120 // max(1, int(is_new.sum())) + seconds % 3_600
    return np.where(is_new, later, created)


def _active(seed: int, ordinals: Numbers, created: Numbers) -> Numbers:
    quiet = np.array([120, 120, 120, 120, 120, 120, 400, 400, 1_200, 2_600])
    span = quiet[(mix_many(seed, 14, ordinals) % np.uint64(10)).astype(np.int64)]
    ago = (shares(mix_many(seed, 15, ordinals)) * span * DAY).astype(np.int64)
    active: Numbers = np.maximum(NOW - DAY - ago, created + 30 * DAY)
    return active


def _repository_counts(seed: int, ordinals: Numbers, is_organisation: Numbers) -> Numbers:
    """Eight of a hundred own nothing; one of a few thousand, and always somebody, owns thousands."""
    counts = 1 + heavy_many(mix_many(seed, 33, ordinals), 7, 150)
    is_empty = (mix_many(seed, 34, ordinals) % np.uint64(100) < 8) & ~is_organisation
    is_vast = (ordinals % 3_001 == 13) & ~is_organisation
    vast = 900 + (mix_many(seed, 35, ordinals) % np.uint64(2_400)).astype(np.int64)
    return np.where(is_vast, vast, np.where(is_empty, 0, counts))


def _names(seed: int, people: int, cities: Numbers) -> tuple[list[str], list[str | None]]:
    cultures = homes().cultures
    logins: list[str] = []
    names: list[str | None] = []
    taken: dict[str, int] = {}
    for ordinal in range(people):
        name, wanted = name_and_login(cultures[cities[ordinal]], Draws(seed, 24, ordinal))
        login = free_login(wanted, taken, ordinal)
        taken[login.lower()] = ordinal
        logins.append(login)
        # Every hundredth person has the very name of somebody else.
        names.append(names[ordinal - 50] if ordinal % 100 == 50 else name)
    return logins, names


def _name_organisations(count: int, logins: list[str], names: list[str | None]) -> None:
    taken = {login.lower() for login in logins}
    for login, name in organisation_logins(count):
        logins.append(login if login not in taken else f"{login}-org")
        names.append(name)
