"""From raw tables to one profile per person: their works, languages, topics, skills and place."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import chain
from math import fsum, log1p
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from indexing.places import read_place
from indexing.profiles import Profile, Work
from indexing.raw_data import RawData
from indexing.raw_data.schemas import USERS
from indexing.repository_texts import Reading, Readings, Texts, text_reader
from indexing.skills import Catalogue, load_catalogue
from indexing.work_shares import RESPONSIBLE, Share, cells, lower, shares_by_person

_Amount = TypeVar("_Amount", int, float)
PROGRESS_EVERY = 500

# How much a repository says of what a person does. A contributor's part is small beside an owner's; a fork is mostly
# other people's code; 50 commits count double, and so do 3,000 stars for those who answer for them.
ROLE_WEIGHTS = {"owner": 1.0, "maintainer": 1.0, "member": 0.7, "contributor": 0.4}
FORK_WEIGHT = 0.1
COMMITS_SCALE = log1p(50)
STARS_SCALE = log1p(3_000)
BIO_WEIGHT = 1.0

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_USER = tuple(USERS.columns)


_REPOSITORY = (
    "full_name name description language topics stargazers_count forks_count fork archived license html_url "
    "created_at pushed_at fetched_at"
).split()


class _Repository(NamedTuple):
    """What everybody who worked on a repository has in common there."""

    cells: tuple[Any, ...]  # in the order of _REPOSITORY
    read: Reading
    order: tuple[str, str]  # of two that are alike in all else

    @property
    def pushed_at(self) -> datetime | None:
        """The last push by anybody."""
        moment: datetime | None = self.cells[-2]
        return moment


def enrich(
    raw: RawData,
    *,
    as_of: date | None = None,
    catalogue: Catalogue | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Profile]:
    """One profile per row of the users table, ordered by login, the same whatever the order of the rows.

    Activity later than `as_of` is taken as unknown. `on_progress` hears how many of how many people are done.
    """
    known = catalogue or load_catalogue()
    end = None if as_of is None else datetime.combine(as_of, time.max, tzinfo=UTC)
    with _uncollected():
        repositories = list(cells(raw.repos, _REPOSITORY))
        places = {name: place for place, name in enumerate(lower(raw.repos["full_name"]))}
        texts = [Texts(language, topics, description) for _, _, description, language, topics, *_ in repositories]
        with Readings(texts, catalogue) as readings:

            @cache
            def repository(name: str) -> _Repository:
                # Read when its first person comes, for progress to be even: reading texts is most of the work.
                place = places[name]
                row = repositories[place]
                return _Repository(row, readings.at(place), (row[1].casefold(), name))

            shares = shares_by_person(raw)
            read = text_reader(known)
            users = [dict(zip(_USER, row, strict=True)) for row in cells(raw.users, _USER)]
            people = sorted(users, key=lambda row: (row["login"].casefold(), row["login"]))
            profiles = []
            for done, row in enumerate(people, start=1):
                own = [
                    (repository(name) if share.own is None else _as_theirs(repository(name), share.own, read), share)
                    for name, share in shares[row["login"].lower()].items()
                ]
                profiles.append(_profile(row, own, known, end))
                if on_progress is not None and (done % PROGRESS_EVERY == 0 or done == len(people)):
                    on_progress(done, len(people))
    return profiles


def _as_theirs(repository: _Repository, own: Texts, read: Callable[[Texts], Reading]) -> _Repository:
    """A repository as one person's part of it: their language in place of its own, their topics and words beside it."""
    full_name, name, description, language, topics, *rest = repository.cells
    texts = Texts(
        own.language or language,
        ";".join(filter(None, [own.topics, topics])) or None,
        "\n".join(filter(None, [description, own.description])) or None,
    )
    row = (full_name, name, texts.description, texts.language, texts.topics, *rest)
    return _Repository(row, read(texts), repository.order)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the garbage collector, which takes a third of the time to look in vain: no cycle is made here.

    What was made is not looked through later either; it goes as soon as nobody holds it, as always.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.freeze()
            gc.enable()


def _mentioned(text: str | None, catalogue: Catalogue) -> list[str]:
    return [mention.skill.name for mention in catalogue.find(text)] if text else []


def _profile(
    row: Mapping[str, Any],
    own: Sequence[tuple[_Repository, Share]],
    catalogue: Catalogue,
    end: datetime | None,
) -> Profile:
    entries = sorted([(_work(repository, share, end), repository) for repository, share in own], key=_relevance)
    works = tuple([work for work, _ in entries])
    weights = [work_weight(work) for work in works]
    place = read_place(row["location"])
    stars = [work.stars for work in works if work.role == "owner" and not work.is_fork and work.stars is not None]
    return Profile(
        login=row["login"],
        node_id=row["id"],
        kind=row["type"],
        name=row["name"],
        company=row["company"],
        location=row["location"],
        country=place.country,
        region=place.region,
        city=place.city,
        bio=row["bio"] or "",
        hireable=row["hireable"],
        followers=row["followers"],
        following=row["following"],
        public_repos=row["public_repos"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        fetched_at=row["fetched_at"],
        last_active_at=_last_active(row, own, end),
        stars=sum(stars) if stars else None,
        languages=_languages(works, weights),
        topics=_most_first(Counter(chain.from_iterable([work.topics for work in works]))),
        skills=_skills(entries, weights, _mentioned(row["bio"], catalogue)),
        html_url=row["html_url"],
        works=works,
    )


def _work(repository: _Repository, share: Share, end: datetime | None) -> Work:
    (full_name, name, description, _, _, stars, forks, is_fork, is_archived, licence, html_url, created_at,
     pushed_at, fetched_at) = repository.cells  # fmt: skip
    read, (role, commits, last_at, _) = repository.read, share
    # By position, in the order of the fields: there is one for every contribution, and naming them takes half as long.
    return Work(
        full_name,
        name,
        role,
        description or "",
        read.language,
        read.topics,
        stars,
        forks,
        is_fork,
        is_archived,
        licence,
        commits,
        created_at,
        (last_at or pushed_at) if end is None else _until(last_at, end) or _until(pushed_at, end),
        fetched_at,
        html_url,
    )


def _until(moment: datetime | None, end: datetime | None) -> datetime | None:
    return None if moment is None or (end is not None and moment > end) else moment


def _relevance(entry: tuple[Work, _Repository]) -> tuple[bool, int, timedelta, tuple[str, str]]:
    """Owned first, then by stars, recency and name; unknown comes after 0, and after every date."""
    work, repository = entry
    stars = -1 if work.stars is None else work.stars
    age = _EPOCH - (work.last_active_at or _EPOCH)  # the more below zero the later
    return (work.role != "owner", -stars, age, repository.order)


def _last_active(
    row: Mapping[str, Any], own: Sequence[tuple[_Repository, Share]], end: datetime | None
) -> datetime | None:
    """The latest thing known of this person; a push to a repository they only contributed to may be anybody's."""
    moments = [
        share.last_at or (repository.pushed_at if share.role in RESPONSIBLE else None) for repository, share in own
    ]
    known = [moment for moment in (row["updated_at"], *moments) if _until(moment, end) is not None]
    return max(known, default=None)


def work_weight(work: Work) -> float:
    """How much a work says of what its person does."""
    weight = ROLE_WEIGHTS[work.role] * (1 + log1p(work.commits or 0) / COMMITS_SCALE)
    if work.role in RESPONSIBLE:
        weight *= 1 + log1p(work.stars or 0) / STARS_SCALE
    return weight * FORK_WEIGHT if work.is_fork else weight


def _languages(works: Iterable[Work], weights: Iterable[float]) -> dict[str, float]:
    by_language: dict[str, list[float]] = {}
    for work, weight in zip(works, weights, strict=True):
        if work.language is not None:
            by_language.setdefault(work.language, []).append(weight)
    total = fsum(chain.from_iterable(by_language.values()))
    return _most_first({language: fsum(parts) / total for language, parts in by_language.items()})


def _skills(
    entries: Iterable[tuple[Work, _Repository]], weights: Iterable[float], from_bio: Iterable[str]
) -> tuple[str, ...]:
    support: dict[str, float] = dict.fromkeys(from_bio, BIO_WEIGHT)
    for (_, repository), weight in zip(entries, weights, strict=True):
        for skill in repository.read.skills:
            support[skill] = support.get(skill, 0.0) + weight
    return tuple(_most_first(support))


def _most_first(amounts: Mapping[str, _Amount]) -> dict[str, _Amount]:
    by_name = sorted(amounts.items())
    return dict(sorted(by_name, key=itemgetter(1), reverse=True))  # stable: of equal amounts the names stay in order
