"""The flows' settings, read once where a flow starts."""

from __future__ import annotations

from indexing.settings import HomeSettings


class FlowSettings(HomeSettings):
    """What flows need: the home, the registry and the vector database."""
