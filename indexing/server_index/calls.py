"""Calls to a Qdrant server: tried again when that may help, and every failure in our own words."""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from json import JSONDecodeError
from typing import NoReturn, TypeVar

import grpc
import httpx
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from indexing.errors import CollectionNotFound, IndexUnavailable

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

_DENIED = (401, 403)
_TOO_MANY = 429
# The last two come bare from the client when something that is not Qdrant (a proxy's page) answers 200.
_NO_ANSWER = (
    UnexpectedResponse,
    ResponseHandlingException,
    QdrantException,
    grpc.RpcError,
    JSONDecodeError,
    UnicodeDecodeError,
)
_PASSING = (408, 425, _TOO_MANY)  # with every 5xx: the same call may succeed later
# What gRPC says where HTTP has 401 and 403, a timeout, 429 and 5xx; every other code is about the request itself.
_DENIED_CODES = (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)
_PASSING_CODES = {
    grpc.StatusCode.DEADLINE_EXCEEDED: "it did not answer in time",
    grpc.StatusCode.UNAVAILABLE: "the connection failed",
    grpc.StatusCode.RESOURCE_EXHAUSTED: "it has too many requests",
    grpc.StatusCode.ABORTED: "it answers ABORTED",
    grpc.StatusCode.CANCELLED: "it answers CANCELLED",
    grpc.StatusCode.INTERNAL: "it answers INTERNAL",
    grpc.StatusCode.UNKNOWN: "it answers UNKNOWN",
    grpc.StatusCode.DATA_LOSS: "it answers DATA_LOSS",
}


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often, and how long apart, a call is tried again.

    Delays double and are drawn at random below that ceiling ("full jitter"), so that many clients cut off together
    do not come back together.
    """

    attempts: int = 4
    first_delay_seconds: float = 0.1
    longest_delay_seconds: float = 5.0  # a Retry-After beyond it is handed to the caller instead of slept through

    def delay_seconds(self, failures: int) -> float:
        """How long to wait after this many failures."""
        ceiling = min(self.longest_delay_seconds, self.first_delay_seconds * 2.0 ** (failures - 1))
        return random.uniform(0.0, ceiling)


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: str
    may_pass: bool
    retry_after_seconds: float | None = None


class ServerCalls:
    """Runs calls to one server under a retry policy."""

    def __init__(self, policy: RetryPolicy, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._policy = policy
        self._sleep = sleep
        self._is_closed = False

    def close(self) -> None:
        """Refuse every later call."""
        self._is_closed = True

    def run(self, call: Callable[[], Answer], *, collection: str = "", idempotent: bool = True) -> Answer:
        """The call's answer; CollectionNotFound or IndexUnavailable when there is none to be had.

        `idempotent=False` is tried once only: after a timeout nobody knows whether it was carried out.
        """
        failures = 0
        while True:
            if self._is_closed:
                raise IndexUnavailable("The connection to the Qdrant server has been closed; open the store again.")
            try:
                return call()
            except _NO_ANSWER as error:
                failures += 1
                failure = _failure(error, collection)
                out_of_tries = not idempotent or failures >= self._policy.attempts
                if out_of_tries or not failure.may_pass or self._too_long(failure):
                    _give_up(error, failure, failures)
                wait = failure.retry_after_seconds
                self._sleep(self._policy.delay_seconds(failures) if wait is None else wait)
            except ValueError as error:  # the emulator's way of saying 404
                if collection and f"Collection {collection} not found" in str(error):
                    raise CollectionNotFound(collection) from error
                raise

    def _too_long(self, failure: _Failure) -> bool:
        wait = failure.retry_after_seconds
        return wait is not None and wait > self._policy.longest_delay_seconds


def _failure(error: Exception, collection: str) -> _Failure:
    if isinstance(error, ResourceExhaustedResponse):
        return _Failure("it has too many requests", may_pass=True, retry_after_seconds=max(0, error.retry_after_s))
    if isinstance(error, UnexpectedResponse):
        return _failure_of_status(error, collection)
    if isinstance(error, grpc.RpcError):
        return _failure_of_code(error, collection)
    if isinstance(error, ResponseHandlingException):
        return _failure_of_transport(error.source)
    if isinstance(error, QdrantException):  # 429 with a Retry-After that qdrant-client cannot read: a date
        return _Failure("it has too many requests", may_pass=True)
    return _failure_of_transport(error)


def _failure_of_status(error: UnexpectedResponse, collection: str) -> _Failure:
    status = error.status_code or 0
    if status in _DENIED:
        raise _denied() from error
    if status == 404 and collection:
        raise CollectionNotFound(collection) from error
    if status == _TOO_MANY:
        return _Failure("it has too many requests", may_pass=True)
    if status in _PASSING or status >= 500:
        return _Failure(f"it answers {status}", True, _retry_after(error.headers.get("Retry-After")))
    return _Failure(f"it answers {status}", may_pass=False)


def _failure_of_code(error: grpc.RpcError, collection: str) -> _Failure:
    # A call that failed is its own error and has a code; only a channel that was closed raises without one.
    code = error.code() if isinstance(error, grpc.Call) else grpc.StatusCode.UNKNOWN
    if code in _DENIED_CODES:
        raise _denied() from error
    if code == grpc.StatusCode.NOT_FOUND and collection:
        raise CollectionNotFound(collection) from error
    reason = _PASSING_CODES.get(code)
    return _Failure(reason or f"it answers {code.name}", may_pass=reason is not None)


def _denied() -> IndexUnavailable:
    return IndexUnavailable(
        "The Qdrant server refuses the key; set VIVIER_QDRANT_API_KEY to one that may read and write.",
        retry_after_seconds=60,
    )


def _failure_of_transport(source: Exception) -> _Failure:
    if isinstance(source, httpx.TimeoutException):
        return _Failure("it did not answer in time", may_pass=True)
    if isinstance(source, httpx.TransportError):
        return _Failure("the connection failed", may_pass=True)
    # Not a Qdrant answer: half a body, a proxy's page. The address may be wrong, or it may pass.
    return _Failure("its answer is not one of Qdrant's; check VIVIER_QDRANT_URL", may_pass=True)


def _retry_after(header: str | None) -> float | None:
    return float(header) if header is not None and header.isdecimal() else None


def _give_up(error: Exception, failure: _Failure, failures: int) -> NoReturn:
    logger.warning("Qdrant call given up after %d tries: %s", failures, failure.reason)
    wait = 5 if failure.retry_after_seconds is None else math.ceil(failure.retry_after_seconds)
    raise IndexUnavailable(
        f"The Qdrant server cannot be used: {failure.reason} ({failures} {'try' if failures == 1 else 'tries'}).",
        retry_after_seconds=max(1, wait),
    ) from error
