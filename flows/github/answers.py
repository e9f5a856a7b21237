"""What an HTTP response of GitHub means: an answer, a limit, a failure that passes, a question too large, a mistake."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import httpx
import orjson

from flows.github.limits import limit_in_headers, retry_after

NOT_FOUND, TOO_LARGE = "NOT_FOUND", ("RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED")
_RATE = re.compile(r"rate limit|abuse detection|secondary limit|submitted too quickly", re.IGNORECASE)
_TOO_LARGE = re.compile(r"resource limits? for this query|exceeds? the .*node limit", re.IGNORECASE)
_INVALID = re.compile(
    r"doesn't exist on|cannot query field|unknown (?:argument|type|fragment)|syntax error|parse error"
    r"|was provided invalid value|got invalid value|doesn't accept argument|must have a selection",
    re.IGNORECASE,
)
_FINAL = (NOT_FOUND, "FORBIDDEN", "INSUFFICIENT_SCOPES", *TOO_LARGE)
_INVALID_CODES = frozenset(
    "undefinedField undefinedType argumentNotAccepted missingRequiredArguments variableMismatch parseError "
    "GRAPHQL_VALIDATION_FAILED GRAPHQL_PARSE_FAILED".split()
)
PASSING = frozenset({408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524})


class Missing(Enum):
    """Why a person or repository asked for by id is not in an answer."""

    GONE = "gone"  # no such account: deleted, suspended, or never there
    REFUSED = "refused"  # more than GitHub is ready to compute
    UNANSWERED = "unanswered"  # something went wrong; worth asking again


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What came back of a GraphQL question: data, perhaps with holes, and an error for each hole."""

    data: dict[str, Any]
    errors: Sequence[dict[str, Any]] = ()

    def missing(self, *path: str | int) -> Missing:
        """Why there is nothing at this place."""
        mine = [one for one in self.errors if _starts_with(one.get("path"), path)]
        pathless = [one for one in self.errors if not one.get("path")]
        kinds = {str(one.get("type")) for one in mine or pathless}
        if any(is_too_large(one) for one in mine or pathless):
            return Missing.REFUSED
        return Missing.GONE if kinds <= {NOT_FOUND} else Missing.UNANSWERED

    def is_torn(self, *path: str | int) -> bool:
        """Whether something below this place went wrong, so that asking again would bring more."""
        mine = [one for one in self.errors if _starts_with(one.get("path"), path)]
        return any(one.get("type") not in _FINAL for one in mine)

    def nodes(self, asked: Sequence[str]) -> dict[str, dict[str, Any] | Missing]:
        """What came for each id, by place: GitHub may answer with ids of its new form."""
        came = self.data.get("nodes") or []
        if len(came) != len(asked):
            by_id = {node["id"]: node for node in came if node}
            return {one: by_id.get(one) or Missing.UNANSWERED for one in asked}
        return {one: came[place] or self.missing("nodes", place) for place, one in enumerate(asked)}


@dataclass(frozen=True, slots=True)
class Limited:
    """A limit is reached; `retry_after` is in seconds, None when GitHub does not say."""

    retry_after: float | None


@dataclass(frozen=True, slots=True)
class Failed:
    """Something that passes: a timeout, a gateway's error, an answer cut short."""

    why: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class TooLarge:
    """GitHub refuses to compute that much for one question."""


@dataclass(frozen=True, slots=True)
class Mistaken:
    """Trying again would not help: the token, the address or the question is wrong."""

    status: int
    why: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and what the response says of limits and points on the way."""

    verdict: Answer | Limited | Failed | TooLarge | Mistaken
    cost: int = 1
    limit: dict[str, Any] | None = None


def judge(response: httpx.Response, now: float) -> Judged:
    """What a response to a GraphQL question means."""
    early = _judge_status(response, now)
    limit = limit_in_headers(response.headers)
    if early is not None:
        return Judged(early, limit=limit)
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return Judged(Failed("an answer cut short"), limit=limit)
    if not isinstance(body, dict):
        return Judged(Failed("an answer that is not GraphQL"), limit=limit)
    data = body.get("data") if isinstance(body.get("data"), dict) else None
    errors = [one for one in body.get("errors") or () if isinstance(one, dict)]
    rate = data.get("rateLimit") if data else None
    return Judged(
        _judge_body(data, errors, retry_after(response.headers, now)),
        cost=int(rate.get("cost") or 1) if rate else 1,
        limit=limit or _limit_in_body(rate),
    )


def judge_rest(response: httpx.Response, now: float) -> Judged:
    """What a response of the REST API means; its body is the caller's to read."""
    limit = limit_in_headers(response.headers)
    early = _judge_status(response, now)
    if early is not None:
        return Judged(early, limit=limit)
    try:
        content = orjson.loads(response.content) if response.content.strip() else []
    except orjson.JSONDecodeError:
        return Judged(Failed("an answer cut short"), limit=limit)
    return Judged(Answer({"content": content, "has_next": "next" in response.links}), limit=limit)


def is_too_large(error: dict[str, Any]) -> bool:
    """Whether an error says that the question asks for more than GitHub computes."""
    return error.get("type") in TOO_LARGE or bool(_TOO_LARGE.search(str(error.get("message") or "")))


def _judge_status(response: httpx.Response, now: float) -> Limited | Failed | Mistaken | None:
    status = response.status_code
    wait = retry_after(response.headers, now)
    if status < 300:
        return None
    message = _message(response)
    if status == 429:
        return Limited(wait)
    if status == 403 and (
        wait is not None or response.headers.get("x-ratelimit-remaining") == "0" or _RATE.search(message)
    ):
        return Limited(wait)
    if status in PASSING:
        return Failed(f"{status} {response.reason_phrase}".strip(), wait)
    return Mistaken(status, message)


def _judge_body(
    data: dict[str, Any] | None, errors: list[dict[str, Any]], wait: float | None
) -> Answer | Limited | Failed | TooLarge | Mistaken:
    if any(_is_rate(one) for one in errors):
        return Limited(wait)
    has_something = data is not None and any(value is not None for name, value in data.items() if name != "rateLimit")
    if data is not None and (has_something or (errors and all(one.get("type") == NOT_FOUND for one in errors))):
        return Answer(data, errors)
    if data is not None and not errors:
        return Answer(data)
    if any(is_too_large(one) for one in errors):
        return TooLarge()
    messages = " ".join(str(one.get("message") or "") for one in errors)
    if _INVALID.search(messages) or any((one.get("extensions") or {}).get("code") in _INVALID_CODES for one in errors):
        return Mistaken(200, messages)
    if errors and all(one.get("type") in ("FORBIDDEN", "INSUFFICIENT_SCOPES", "UNPROCESSABLE") for one in errors):
        return Mistaken(403, messages)
    return Failed("an error in place of an answer", wait)


def _is_rate(error: dict[str, Any]) -> bool:
    return str(error.get("type") or "").startswith("RATE_LIMIT") or bool(
        _RATE.search(str(error.get("message") or "")) and not is_too_large(error)
    )


def _limit_in_body(rate: dict[str, Any] | None) -> dict[str, Any] | None:
    if not rate or rate.get("limit") is None or rate.get("remaining") is None or not rate.get("resetAt"):
        return None
    try:
        reset_at = datetime.fromisoformat(rate["resetAt"]).timestamp()
    except ValueError:
        return None
    return {"limit": int(rate["limit"]), "remaining": int(rate["remaining"]), "reset_at": reset_at}


def _message(response: httpx.Response) -> str:
    try:
        return str(orjson.loads(response.content).get("message") or "")
    except (orjson.JSONDecodeError, AttributeError):
        return response.text[:200]


def _starts_with(path: Any, start: Sequence[str | int]) -> bool:
    return isinstance(path, list) and path[: len(start)] == list(start)
