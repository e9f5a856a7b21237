"""The fake itself, without HTTP: requests in, replies out, and what they did to the world, the budgets and the log."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import DocumentNode, ExecutionResult

from flows.fake_github import execution
from flows.fake_github.asking import Asking
from flows.fake_github.costs import MOST_NODES, Cost, cost_of, operation_of
from flows.fake_github.faults import Faults, read_faults, request_key
from flows.fake_github.limits import Budgets
from flows.fake_github.request_log import RequestLog
from flows.fake_github.world import World

DOCS = "https://docs.github.com"
WENT_WRONG = (
    "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug."
    " Please include `FA1E:0000:0000:0000:00000000` when reporting this issue."
)
TOO_SLOW = (
    "We couldn't respond to your request in time. Sorry about that. Please try resubmitting your request and contact us"
    " if the problem persists."
)
SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. If you reach out to"
    " GitHub Support for help, please include the request ID FA1E:0000:0000:0000:00000000."
)
UNICORN = (
    "<!DOCTYPE html>\n<html>\n<head><title>Unicorn! &middot; GitHub</title></head>\n"
    "<body><p><strong>We had issues producing the response to your request.</strong></p></body>\n</html>\n"
)


@dataclass(frozen=True, slots=True)
class FakeSettings:
    """What population, and how it misbehaves; times in seconds, short ones so that tests need not wait an hour."""

    people: int = 50_000
    seed: int = 1
    faults: str = "none"
    fault_rate: float = 1.0  # how many times as often requests are hit
    fault_hits: int = 2  # how often the same request is hit at most
    points_per_hour: int = 5_000
    hour_seconds: float = 3_600.0
    retry_after_seconds: int = 2
    silent_seconds: float = 2.0  # how long a limit lasts that does not say so
    slow_seconds: float = 12.0


@dataclass(slots=True)
class Reply:
    """A status, a body and headers; a body that is cut goes out by half."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    is_cut: bool = False


def as_json(status: int, content: Any, headers: dict[str, str] | None = None) -> Reply:
    """A reply in JSON."""
    return Reply(status, orjson.dumps(content), {"content-type": "application/json; charset=utf-8"} | (headers or {}))


class GitHub:
    """A population behind GitHub's manners."""

    def __init__(self, settings: FakeSettings) -> None:
        self.settings = settings
        self.world = World(settings.people, settings.seed)
        self.log = RequestLog()
        self.faults = self._faults(settings.faults, settings.fault_rate, settings.fault_hits)
        self.budgets = Budgets(settings.points_per_hour, settings.hour_seconds)
        self._blocked: dict[str, tuple[float, bool]] = {}  # token -> until when, and whether it is told
        self._limited = 0

    def misbehave(self, names: str, rate: float | None = None, hits: int | None = None) -> None:
        """Switch misbehaviours; what requests have suffered so far is forgotten."""
        settings = self.settings
        rate, hits = settings.fault_rate if rate is None else rate, settings.fault_hits if hits is None else hits
        self.faults = self._faults(names, rate, hits)
        self._blocked.clear()

    def _faults(self, names: str, rate: float, hits: int) -> Faults:
        return Faults(read_faults(names), seed=self.settings.seed, rate=rate, hits=hits)

    def arrive(self) -> None:
        """A request came in: time passes in the world."""
        self.world.tick()
        self.faults.before(self.world)

    def still_blocked(self, token: str) -> Reply | None:
        """The refusal of a token that came back too early."""
        until, is_told = self._blocked.get(token, (0.0, False))
        if time.monotonic() >= until:
            return None
        self.log.too_early += 1
        return self._refusal(max(1, round(until - time.monotonic())) if is_told else None)

    def block(self, token: str, *, is_told: bool) -> Reply:
        """The first refusal of a secondary limit, for a while to come."""
        seconds = self.settings.retry_after_seconds if is_told else self.settings.silent_seconds
        self._blocked[token] = (time.monotonic() + seconds, is_told)
        return self._refusal(round(seconds) if is_told else None)

    def _refusal(self, retry_after: int | None) -> Reply:
        self._limited += 1
        address = f"{DOCS}/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
        content = {"documentation_url": address, "message": SECONDARY}
        # Both statuses are used, and the header is all that tells how long.
        status = 429 if retry_after is not None and self._limited % 2 else 403
        return as_json(status, content, {} if retry_after is None else {"retry-after": str(retry_after)})

    def graphql(self, body: bytes, token: str, *, key: int, fault: str | None = None) -> Reply:
        """Answer one GraphQL request; `errors-in-200` and `cut` leave it without a whole answer."""
        budget = self.budgets.of(token, "graphql")
        try:
            asked = json.loads(body)
        except ValueError:
            return as_json(400, {"message": "Problems parsing JSON", "documentation_url": f"{DOCS}/graphql"})
        if not isinstance(asked, dict) or not isinstance(asked.get("query"), str):
            message = "A query attribute must be specified and must be a string."
            return as_json(200, {"errors": [{"message": message}]}, budget.headers())
        variables, operation = asked.get("variables") or {}, asked.get("operationName")
        parsed = execution.document(asked["query"])
        if isinstance(parsed, list):
            return as_json(200, {"errors": [execution.told(error) for error in parsed]}, budget.headers())
        cost = cost_of(parsed, operation, variables)
        self.log.by_kind[kind_of(parsed, operation)] += 1
        if cost.nodes > MOST_NODES:
            return as_json(200, {"errors": [{"type": "MAX_NODE_LIMIT_EXCEEDED", "message": _too_many(cost)}]})
        if "points" in self.faults:
            if budget.remaining < cost.points:
                budget.used = budget.limit
                return as_json(200, {"errors": [self._exhausted()]}, budget.headers())
            budget.used += cost.points
        self.log.points += cost.points
        asking = Asking(
            world=self.world,
            cost=cost.points,
            node_count=cost.nodes,
            rate_limit=budget.fields(),
            refuses_heavy="heavy" in self.faults,
            is_capped="cap" in self.faults,
            order=self.faults.turn,
        )
        result = execution.answer(parsed, asking, variables, operation)
        self.faults.after(self.world, asking.listed)
        if asking.is_too_heavy:
            self.log.faults["heavy"] += 1
            return Reply(502, UNICORN.encode(), {"content-type": "text/html"} | budget.headers())
        is_spoilt = fault == "errors-in-200"
        if not is_spoilt and fault != "cut" and not result.errors:
            self.log.answered(key, asking.shown)
        return as_json(200, _content(result, key if is_spoilt else None), budget.headers())

    def _exhausted(self) -> dict[str, str]:
        self._limited += 1
        self.log.faults["points"] += 1
        # GitHub has used both words since 2026.
        kind = "RATE_LIMITED" if self._limited % 2 else "RATE_LIMIT"
        return {"type": kind, "message": "API rate limit exceeded for user ID 1999999999."}

    def key(self, method: str, address: str, body: bytes) -> int:
        """What makes two requests the same."""
        return request_key(method, address, body)


def _too_many(cost: Cost) -> str:
    return f"This query requests up to {cost.nodes:,} possible nodes which exceeds the maximum limit of {MOST_NODES:,}."


def kind_of(parsed: DocumentNode, operation: str | None) -> str:
    """The root fields of a query, `search` with what it does: `search.count` when it only counts."""
    found = operation_of(parsed, operation)
    names = set()
    for node in found.selection_set.selections if found else ():
        name = getattr(getattr(node, "name", None), "value", "fragment")
        inner = getattr(node, "selection_set", None)
        below = {getattr(getattr(each, "name", None), "value", "") for each in inner.selections} if inner else set()
        names.add(f"{name}.count" if name == "search" and not below & {"nodes", "edges"} else name)
    return "graphql:" + "+".join(sorted(names - {"rateLimit"} or names))


def _content(result: ExecutionResult, spoilt: int | None) -> dict[str, Any]:
    """Data and errors, as they are or spoilt: nothing at all, or one node of a list missing."""
    content: dict[str, Any] = {"data": result.data}
    if result.errors:
        content["errors"] = [execution.told(error) for error in result.errors]
    if spoilt is None:
        return content
    found = _longest_nodes(result.data, []) if spoilt % 2 else None
    if found is None:
        return {"data": None, "errors": [{"message": WENT_WRONG}]}
    path, nodes = found
    nodes[len(nodes) // 2] = None
    content["errors"] = [*content.get("errors", []), {"message": WENT_WRONG, "path": [*path, len(nodes) // 2]}]
    return content


def _longest_nodes(value: Any, path: list[Any]) -> tuple[list[Any], list[Any]] | None:
    """The first list of nodes with more than one in it, from the top."""
    if not isinstance(value, dict):
        return None
    nodes = value.get("nodes")
    if isinstance(nodes, list) and len(nodes) > 1:
        return [*path, "nodes"], nodes
    for name, inner in value.items():
        found = _longest_nodes(inner, [*path, name])
        if found is not None:
            return found
    return None
