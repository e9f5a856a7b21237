"""Answers that take no longer than they may, without a thread, a helper or a release let go of while it is in use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.routing import APIRoute

from indexing.errors import TookTooLong

R = TypeVar("R")
_OVERDUE: set[asyncio.Task[Response]] = set()  # the event loop itself keeps no task alive


async def to_its_end(future: asyncio.Future[R], *, give_up: Callable[[], bool] = lambda: False) -> R:
    """What work on a thread gives. Cancelled, it waits all the same until the thread is done with what it was lent.

    `give_up` says whether the work had not begun yet and never will.
    """
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        while not (give_up() or future.done()):
            try:
                await asyncio.wait([future])
            except asyncio.CancelledError:
                continue
        if future.done() and not future.cancelled():
            future.exception()  # nobody else asks for it any more
        raise


class TimedRoute(APIRoute):
    """A route that answers 503 once `request_seconds` of the application's state are over.

    What was begun for the request goes on to its end behind the answer, since nothing can stop a thread; what still
    waits for a thread is given up at once.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, with an end."""
        answer = super().get_route_handler()

        async def answer_in_time(request: Request) -> Response:
            seconds: float = request.app.state.request_seconds
            answering = asyncio.create_task(answer(request))
            try:
                done, _ = await asyncio.wait([answering], timeout=seconds)
            except asyncio.CancelledError:
                _give_up(answering)
                raise
            if done:
                return answering.result()
            _give_up(answering)
            raise TookTooLong(f"No answer was found within {seconds:g} s; try again later, or ask for less at a time.")

        return answer_in_time


def _give_up(answering: asyncio.Task[Response]) -> None:
    answering.cancel()
    _OVERDUE.add(answering)
    answering.add_done_callback(_forget)


def _forget(answering: asyncio.Task[Response]) -> None:
    _OVERDUE.discard(answering)
    if not answering.cancelled():
        answering.exception()  # it came too late for anybody
