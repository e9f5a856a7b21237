"""What is kept of a search, and what the same search finds when it is asked again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from indexing.candidates import Answer, Need
from indexing.comparison import Differences, differences
from indexing.open_release import OpenRelease
from service import rendering
from service.live_release import LiveRelease

if TYPE_CHECKING:
    from indexing.search_store import StoredSearch


def to_keep(search_id: str, need: Need, found: Answer, live: LiveRelease) -> StoredSearch:
    """What is kept of a search that was just answered."""
    from indexing.search_store import StoredSearch  # SQLAlchemy takes .2 s: for those who store searches

    return StoredSearch(
        id=search_id,
        asked_at=datetime.now(UTC),
        release_id=live.opened.release.id,
        need=need,
        plan=found.plan,
        results=tuple((one.profile.login, one.score) for one in found.candidates),
    )


def need_again(kept: StoredSearch) -> Need:
    """The need with the plan that was understood then, so that a better reader of needs changes nothing."""
    parts = {part.name: getattr(kept.plan, part.name) for part in fields(kept.plan)}
    as_sent = {name: list(part) if isinstance(part, tuple) else part for name, part in parts.items()}
    return replace(kept.need, overrides=kept.need.overrides | as_sent)


def names_anybody(kept: StoredSearch, covers: Callable[[str], bool]) -> bool:
    """Whether the stored need or plan names one of these people."""
    from indexing.search_store import logins_named

    return any(map(covers, logins_named([asdict(kept.need), asdict(kept.plan)])))


def changes(kept: StoredSearch, found: Answer, opened: OpenRelease, hidden: frozenset[int]) -> Differences:
    """From what was shown then to what is found now; who is hidden or no longer in the release has left."""
    shown = [login for login, _ in kept.results]
    people = opened.index.find_people(shown) if shown else {}
    gone = frozenset(login for login in shown if people.get(login) is None or people[login] in hidden)
    return differences(kept.results, found.candidates, gone=gone, erased=kept.erased)


def body(kept: StoredSearch, found: Answer, changed: Differences, live: LiveRelease) -> dict[str, Any]:
    """The body of `GET /searches/{search_id}`."""
    return {
        "search_id": kept.id,
        "asked_at": kept.asked_at.isoformat(),
        "release": rendering.release(live),
        "answer": rendering.answer(found, live, kept.id),
        "changed": changed.is_change,
        "differences": rendering.flat(changed)
        | {name: [rendering.flat(one) for one in getattr(changed, name)] for name in ("entered", "left", "moved")},
    }
