"""Connections as GitHub pages them: first or last needed, a hundred at most, cursors that mean nothing to anybody."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLResolveInfo,
    InlineFragmentNode,
    SelectionSetNode,
)

MOST = 100


class GitHubError(GraphQLError):
    """An error with GitHub's `type` beside its message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message, extensions={"type": kind})


def paged(
    items: Sequence[Any],
    info: GraphQLResolveInfo,
    arguments: dict[str, Any],
    render: Callable[[Any], Any],
    *,
    total: int | None = None,
    edge: Callable[[Any], dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The page asked for, each of its items rendered; `edge` adds fields to an edge."""
    begin, end = _window(len(items), info, arguments)
    nodes = [render(item) for item in items[begin:end]]
    edges = [
        {"cursor": cursor(begin + place + 1), "node": node, **(edge(items[begin + place]) if edge else {})}
        for place, node in enumerate(nodes)
    ]
    return {
        "totalCount": len(items) if total is None else total,
        "nodes": nodes,
        "edges": edges,
        "pageInfo": {
            "hasNextPage": end < len(items) and end > begin,
            "hasPreviousPage": begin > 0,
            "startCursor": cursor(begin + 1) if nodes else None,
            "endCursor": cursor(end) if nodes else None,
        },
    }


def cursor(position: int) -> str:
    """An opaque cursor."""
    return base64.b64encode(f"cursor:{position}".encode()).decode()


def position(text: str) -> int:
    """Where a cursor points to."""
    try:
        return int(base64.b64decode(text, validate=True).removeprefix(b"cursor:"))
    except (binascii.Error, ValueError):
        raise GitHubError("INVALID_CURSOR_ARGUMENTS", f"`{text}` does not appear to be a valid cursor.") from None


def _window(count: int, info: GraphQLResolveInfo, arguments: dict[str, Any]) -> tuple[int, int]:
    first, last = arguments.get("first"), arguments.get("last")
    name = info.field_name
    if first is None and last is None:
        if lists(info):
            raise GitHubError(
                "MISSING_PAGINATION_BOUNDARIES",
                f"You must provide a `first` or `last` value to properly paginate the `{name}` connection.",
            )
        return 0, 0
    for bound, asked in (("first", first), ("last", last)):
        if asked is not None and asked < 0:
            raise GitHubError("INVALID_PAGINATION", f"`{bound}` on the `{name}` connection cannot be less than zero.")
        if asked is not None and asked > MOST:
            raise GitHubError(
                "EXCESSIVE_PAGINATION",
                f"Requesting {asked} records on the `{name}` connection exceeds the `{bound}` limit of {MOST} records.",
            )
    begin = position(arguments["after"]) if arguments.get("after") else 0
    end = min(count, position(arguments["before"]) - 1) if arguments.get("before") else count
    if first is not None:
        return begin, max(begin, min(end, begin + first))
    return max(begin, end - (last or 0)), max(begin, end)


def lists(info: GraphQLResolveInfo) -> bool:
    """Whether a connection's nodes or edges are asked for, not only how many there are."""
    return any(
        node.selection_set is not None and _names(node.selection_set, info) & {"nodes", "edges"}
        for node in info.field_nodes
    )


def _names(selected: SelectionSetNode, info: GraphQLResolveInfo) -> set[str]:
    names: set[str] = set()
    for node in selected.selections:
        if isinstance(node, FieldNode):
            names.add(node.name.value)
        elif isinstance(node, InlineFragmentNode):
            names |= _names(node.selection_set, info)
        elif isinstance(node, FragmentSpreadNode):
            names |= _names(info.fragments[node.name.value].selection_set, info)
    return names
