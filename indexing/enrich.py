"""From raw tables to one profile per person: their works, languages, topics, skills and place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from math import fsum, log1p
from typing import Any, TypeVar

from indexing.places import read_place
from indexing.profiles import Profile, Work
from indexing.raw_data import RawData
from indexing.raw_data.schemas import REPOS, USERS
from indexing.skills import Catalogue, load_catalogue
from indexing.work_shares import RESPONSIBLE, Share, rows, shares_by_person

_Amount = TypeVar("_Amount", int, float)
PROGRESS_EVERY = 500

# How much a repository says of what a person does. A contributor's part is small beside an owner's; a fork is mostly
# other people's code; 50 commits count double, and so do 3,000 stars for those who answer for them.
ROLE_WEIGHTS = {"owner": 1.0, "maintainer": 1.0, "member": 0.7, "contributor": 0.4}
FORK_WEIGHT = 0.1
COMMITS_SCALE = log1p(50)
STARS_SCALE = log1p(3_000)
BIO_WEIGHT = 1.0

# What lists of repositories write where they know no language.
NOT_A_LANGUAGE = frozenset({"other", "others", "none", "unknown", "misc", "n/a", "null"})
# GitHub's names of languages start with a capital, but for these; a topic that strayed into the column does not.
MARKUP = re.compile(r"<[^>]*>")
LANGUAGE = re.compile(r"[A-Z][\w .+#*'()/-]{0,49}|jq|sed|q|wisp|eC|nesC|xBase|mcfunction|mIRC Script")
TOPIC_BORDER = re.compile(r"[;,]")


@dataclass(frozen=True, slots=True)
class _Repository:
    """What everybody who worked on a repository has in common there."""

    row: Mapping[str, Any]
    language: str | None
    topics: tuple[str, ...]
    skills: tuple[str, ...]


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
    skills = catalogue or load_catalogue()
    end = None if as_of is None else datetime.combine(as_of, time.max, tzinfo=UTC)
    repositories = {row["full_name"].lower(): row for row in rows(raw.repos, REPOS.columns)}

    @cache
    def repository(name: str) -> _Repository:
        # Read when its first person comes, for progress to be even: reading texts is most of the work.
        return _repository(repositories[name], skills)

    shares = shares_by_person(raw)
    people = sorted(rows(raw.users, USERS.columns), key=lambda row: (row["login"].casefold(), row["login"]))
    profiles = []
    for done, row in enumerate(people, start=1):
        own = [(repository(name), share) for name, share in shares[row["login"].lower()].items()]
        profiles.append(_profile(row, own, skills, end))
        if on_progress is not None and (done % PROGRESS_EVERY == 0 or done == len(people)):
            on_progress(done, len(people))
    return profiles


def _repository(row: Mapping[str, Any], catalogue: Catalogue) -> _Repository:
    topics = _topics(row["topics"])
    labels = [label for label in (_plain(row["language"]), *topics) if label]
    named = [skill.name for label in labels if (skill := catalogue.normalise(label)) is not None]
    skills = dict.fromkeys([*named, *_mentioned(row["description"], catalogue)])
    return _Repository(row, canonical_language(row["language"], catalogue), topics, tuple(skills))


def _topics(text: str | None) -> tuple[str, ...]:
    topics = (topic.strip().casefold() for topic in TOPIC_BORDER.split(text or ""))
    return tuple(dict.fromkeys(topic for topic in topics if topic))


def canonical_language(label: str | None, catalogue: Catalogue) -> str | None:
    """The programming language a cell or a filter names, spelt as the catalogue does; None when it names none."""
    plain = _plain(label)
    skill = catalogue.normalise(plain) if plain else None
    if skill is not None and skill.kind == "language":
        return skill.name
    is_name = LANGUAGE.fullmatch(plain) and plain.casefold() not in NOT_A_LANGUAGE
    return plain if is_name else None


def _plain(label: str | None) -> str:
    return MARKUP.sub("", label or "").strip()


def _mentioned(text: str | None, catalogue: Catalogue) -> list[str]:
    return [mention.skill.name for mention in catalogue.find(text)] if text else []


def _profile(
    row: Mapping[str, Any],
    own: Sequence[tuple[_Repository, Share]],
    catalogue: Catalogue,
    end: datetime | None,
) -> Profile:
    entries = sorted(((_work(repository, share, end), repository) for repository, share in own), key=_relevance)
    works = tuple(work for work, _ in entries)
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
        languages=_languages(works),
        topics=_most_first(Counter(topic for work in works for topic in work.topics)),
        skills=_skills(entries, _mentioned(row["bio"], catalogue)),
        works=works,
    )


def _work(repository: _Repository, share: Share, end: datetime | None) -> Work:
    row = repository.row
    return Work(
        full_name=row["full_name"],
        name=row["name"],
        role=share.role,
        description=row["description"] or "",
        language=repository.language,
        topics=repository.topics,
        stars=row["stargazers_count"],
        forks=row["forks_count"],
        is_fork=row["fork"],
        is_archived=row["archived"],
        license=row["license"],
        commits=share.commits,
        created_at=row["created_at"],
        last_active_at=_until(share.last_at, end) or _until(row["pushed_at"], end),
        fetched_at=row["fetched_at"],
    )


def _until(moment: datetime | None, end: datetime | None) -> datetime | None:
    return None if moment is None or (end is not None and moment > end) else moment


def _relevance(entry: tuple[Work, _Repository]) -> tuple[bool, float, float, str, str]:
    """Owned first, then by stars, recency and name; unknown comes after 0, and after every date."""
    work = entry[0]
    stars = -1 if work.stars is None else work.stars
    recent = 0.0 if work.last_active_at is None else work.last_active_at.timestamp()
    return (work.role != "owner", -stars, -recent, work.name.casefold(), work.full_name.lower())


def _last_active(
    row: Mapping[str, Any], own: Sequence[tuple[_Repository, Share]], end: datetime | None
) -> datetime | None:
    """The latest thing known of this person; a push to a repository they only contributed to may be anybody's."""
    moments = [_until(row["updated_at"], end)]
    for repository, share in own:
        moments.append(_until(share.last_at, end))
        if share.role in RESPONSIBLE and share.last_at is None:
            moments.append(_until(repository.row["pushed_at"], end))
    return max((moment for moment in moments if moment is not None), default=None)


def work_weight(work: Work) -> float:
    """How much a work says of what its person does."""
    weight = ROLE_WEIGHTS[work.role] * (1 + log1p(work.commits or 0) / COMMITS_SCALE)
    if work.role in RESPONSIBLE:
        weight *= 1 + log1p(work.stars or 0) / STARS_SCALE
    return weight * FORK_WEIGHT if work.is_fork else weight


def _languages(works: Iterable[Work]) -> dict[str, float]:
    weights: dict[str, list[float]] = {}
    for work in works:
        if work.language is not None:
            weights.setdefault(work.language, []).append(work_weight(work))
    total = fsum(weight for parts in weights.values() for weight in parts)
    return _most_first({language: fsum(parts) / total for language, parts in weights.items()})


def _skills(entries: Iterable[tuple[Work, _Repository]], from_bio: Iterable[str]) -> tuple[str, ...]:
    support: dict[str, float] = dict.fromkeys(from_bio, BIO_WEIGHT)
    for work, repository in entries:
        weight = work_weight(work)
        for skill in repository.skills:
            support[skill] = support.get(skill, 0.0) + weight
    return tuple(_most_first(support))


def _most_first(amounts: Mapping[str, _Amount]) -> dict[str, _Amount]:
    return dict(sorted(amounts.items(), key=lambda entry: (-entry[1], entry[0])))
