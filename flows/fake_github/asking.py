"""One GraphQL request while it is answered: what resolvers read, and what they note for the server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flows.fake_github.world import World


@dataclass(slots=True)
class Asking:
    """The world, what this request costs, whether heavy accounts are refused, and whom it listed and showed."""

    world: World
    cost: int
    node_count: int
    rate_limit: dict[str, Any]
    refuses_heavy: bool
    is_capped: bool
    order: Callable[[str], int | None]  # query -> the number of its shuffled order, None for a fixed one
    listed: list[int] = field(default_factory=list)
    shown: list[int] = field(default_factory=list)
    is_too_heavy: bool = False  # answer 502 instead
