"""Many searches in one request, on the threads that single ones leave free and in helper processes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from indexing.candidates import Answer, Need
from indexing.errors import InvalidNeed
from indexing.open_release import OpenRelease
from service.batch_helpers import Helper, HelperFailed
from service.dependencies import Service

FEW = 8  # distinct needs that are not worth a helper
AT_ONCE = 3  # needs sent to a helper: few, so that it and the threads end together


async def search_all(needs: Sequence[Need], opened: OpenRelease, service: Service) -> list[Answer]:
    """An answer to each need, in order; equal needs are searched once. InvalidNeed names the first that is invalid.

    Whole searches run side by side rather than their stages in turn: while one encodes, which holds no lock, another
    ranks. Ranking does hold one, so that threads alone make 1.3 times the searches of one client on two cores.
    """
    places: dict[str, list[int]] = {}
    for place, need in enumerate(needs):
        places.setdefault(repr(need), []).append(place)
    waiting = deque(equal[0] for equal in places.values())
    answers: dict[int, Answer] = {}
    invalid: dict[int, InvalidNeed] = {}

    async def take_turns() -> None:
        while waiting and not invalid:
            async with service.batch_turns:
                if not waiting:
                    return
                place = waiting.popleft()
                try:
                    answers[place] = await service.run(service.search, needs[place], opened)
                except InvalidNeed as error:
                    invalid[place] = error

    async def lend(helper: Helper) -> None:
        while waiting and not invalid:
            async with helper.turn:
                if helper.release_id != opened.release.id:
                    return  # another batch made it open another
                taken = [waiting.popleft() for _ in range(min(AT_ONCE, len(waiting)))]
                try:
                    found = await helper.search([needs[place] for place in taken])
                except HelperFailed as error:
                    waiting.extendleft(reversed(taken))
                    service.helpers.drop(helper, error)
                    return
            for place, answer in zip(taken, found, strict=True):
                if answer is None:
                    waiting.appendleft(place)  # invalid, most likely: here its error is known
                else:
                    service.metrics.observe_search(answer.timings)
                    answers[place] = answer
            if None in found:
                return

    helpers = service.helpers.ready(opened.release) if len(waiting) >= FEW else []
    await asyncio.gather(*map(lend, helpers), *(take_turns() for _ in range(service.batch_places)))
    await take_turns()  # what a helper gave back when the threads were done
    if invalid:
        place = min(invalid)
        raise _named(invalid[place], place)
    firsts = {place: equal[0] for equal in places.values() for place in equal}
    return [answers[firsts[place]] for place in range(len(needs))]


def _named(error: InvalidNeed, place: int) -> InvalidNeed:
    """The error with the field's whole name, which its sentence begins with too."""
    whole = f"searches[{place}]"
    sentence = str(error)
    joined = f"{whole}.{sentence}" if error.field and sentence.startswith(error.field) else f"{whole}: {sentence}"
    return InvalidNeed(joined, field=f"{whole}.{error.field}" if error.field else whole)
