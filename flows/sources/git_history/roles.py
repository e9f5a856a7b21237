"""Who answers for a repository, told by its history alone."""

from __future__ import annotations

from collections.abc import Mapping

FEWEST_COMMITS = 5  # below, half of a repository is a handful of commits and says nothing


def maintainers(commits: Mapping[str, int]) -> set[str]:
    """The fewest people who together made half of the commits (CHAOSS: bus factor), and who equals the last."""
    total, so_far, least = sum(commits.values()), 0, 0
    for count in sorted(commits.values(), reverse=True):
        if 2 * so_far >= total:
            break
        so_far, least = so_far + count, count
    return {login for login, count in commits.items() if count >= max(least, FEWEST_COMMITS)}
