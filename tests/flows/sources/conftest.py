"""No configuration of the machine's own plays a part in these tests."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _only_the_clones_own_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
