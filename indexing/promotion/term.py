"""A candidate's term of office: the alias moves, the probation is watched, and trouble sends it back."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from indexing.champions import Cause
from indexing.errors import Busy, RegistryUnavailable, ReleaseRefused, Unavailable, VivierError
from indexing.promotion.change import Say, move
from indexing.promotion.probation import Limits, Probation, begin, end, ends_after, under_way, watch
from indexing.promotion.records import Section, keep_record, read_record
from indexing.promotion.running_service import RunningService
from indexing.registry import Champion
from indexing.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Office:
    """Where a release takes office, and who is told."""

    workspace: Workspace
    service: RunningService | None  # None: nobody answers, so the registry alone is changed
    limits: Limits
    say: Say
    on_progress: Callable[[float], None] = lambda left: None  # seconds of probation that are left
    sleep: Callable[[float], None] = time.sleep


def take_office(
    target: Champion, previous: Champion, record: Section, office: Office, *, cause: Cause = "promotion"
) -> Section:
    """Move the alias; the record says how far it came, whatever happens. The probation is noted before the move."""
    registry = office.workspace.registry
    served = registry.champion()
    if served != previous:
        reason = (
            f"{served.release_id if served else 'Nothing'} is served now and not {previous.release_id}, with which the "
            "candidate was compared; compare it again."
        )
        _kept(record, office, state="not moved", reason=reason)
        raise ReleaseRefused(reason)
    is_watched = office.service is not None and office.limits.minutes > 0
    if office.service is not None and is_watched:
        begin(
            registry,
            Probation(
                record["id"],
                target.release_id,
                previous.release_id,
                ends_after(office.limits.minutes),
                platform.node(),
                office.service.traffic(),
            ),
        )
    record = _kept(record, office, state="moving", through="service" if office.service else "registry")
    try:
        move(target, registry, office.service, cause=cause)
    except VivierError as error:
        with suppress(RegistryUnavailable):
            if registry.champion() != target:
                end(registry)
        _kept(record, office, state="not moved", reason=str(error))
        raise
    office.say(f"{target.release_id} is served (before: {previous.release_id}).")
    return _kept(record, office, state="on probation" if is_watched else "promoted", moved_at=_now())


def serve_probation(record: Section, office: Office) -> Section:
    """Watch the probation that is under way to its end; trouble goes back to the release served before."""
    registry = office.workspace.registry
    probation = under_way(registry)
    if probation is None or office.service is None or record["state"] != "on probation":
        return record
    watched = watch(
        probation, registry, office.service, office.limits, on_progress=office.on_progress, sleep=office.sleep
    )
    office.say(watched.sentence)
    if watched.result == "trouble":
        _go_back(probation, office)
    end(registry)
    states = {"passed": "promoted", "trouble": "rolled back", "superseded": "superseded"}
    return _kept(record, office, state=states[watched.result], probation=watched.sentence, ended_at=_now())


def resume(office: Office) -> Section | None:
    """Finish a probation whose process was killed; None when there is none. Busy when another machine watches it."""
    registry = office.workspace.registry
    probation = under_way(registry)
    if probation is None:
        return None
    if probation.host != platform.node() and not probation.is_over:
        raise Busy(
            f"{probation.release_id} is on probation until {probation.ends}, watched from {probation.host}; "
            "wait, or end it with `vivier rollback`."
        )
    record = read_record(probation.promotion, office.workspace) or {"id": probation.promotion}
    champion = registry.champion()
    if champion is None or champion.release_id != probation.release_id:
        end(registry)
        office.say(f"The promotion of {probation.release_id} was interrupted before the alias moved: nothing changed.")
        return _kept(record, office, state="not moved")
    if office.service is None and not probation.is_over:
        raise Unavailable(
            f"{probation.release_id} is on probation until {probation.ends} and no service answers that could be "
            "watched; start one and say `vivier promote --resume`, or go back with `vivier rollback`."
        )
    office.say(f"Going on with the probation of {probation.release_id}, until {probation.ends}.")
    if office.service is None:
        end(registry)
        office.say("Its time is over and no service answers: nobody watched the end of it.")
        return _kept(record, office, state="promoted", probation="nobody watched the end of it")
    return serve_probation(_kept(record, office, state="on probation"), office)


def step_down(target: Champion, office: Office) -> None:
    """Roll back by hand; a probation that is under way ends with it, and whoever watches it sees that."""
    registry = office.workspace.registry
    move(target, registry, office.service, cause="rollback")
    probation = under_way(registry)
    if probation is not None:
        end(registry)
        record = read_record(probation.promotion, office.workspace)
        if record is not None:
            _kept(record, office, state="rolled back", probation="rolled back by hand", ended_at=_now())


def _go_back(probation: Probation, office: Office) -> None:
    registry = office.workspace.registry
    previous = registry.resolve(probation.previous)
    service = office.service if office.service is not None and office.service.answers() else None
    move(previous, registry, service, cause="probation")
    how = "" if service is not None else " in the registry, since the service does not answer"
    office.say(f"Rolled back to {previous.release_id}{how}.")


def _kept(record: Section, office: Office, **changes: Any) -> Section:
    """The record with what is new, on the disk too."""
    changed = {**record, **changes}
    keep_record(changed, office.workspace)
    return changed


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
