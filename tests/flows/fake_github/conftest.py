"""One well-behaved fake for all tests that change nothing in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.flows.fake_github.asking import Asker, fake


@pytest.fixture(scope="session")
def calm() -> Iterator[Asker]:
    """A fake without misbehaviours, of 1,500 people."""
    with fake(people=1_500, seed=5) as asker:
        yield asker
