"""People from the history of local clones: who wrote what, without a token and without keeping an address."""

from flows.sources.git_history.source import GitHistory

__all__ = ["GitHistory"]
