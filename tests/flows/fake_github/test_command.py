"""The command: where it serves is said at once, Ctrl-C stops it, and what is wrong is told in a sentence."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import httpx
import pytest

COMMAND = [sys.executable, "-m", "flows.fake_github"]


@pytest.mark.e2e
def test_the_command_serves_until_it_is_interrupted() -> None:
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--people", "100"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    ready = process.stdout.readline()
    assert ready.endswith("(GraphQL at /graphql): 100 fictional people. Ctrl-C stops it.\n")
    address = re.findall(r"http://\S+", ready)[0]
    answered = httpx.post(
        f"{address}/graphql", json={"query": "{ viewer { login } }"}, headers={"Authorization": "Bearer x"}, timeout=10
    )
    assert answered.json()["data"]["viewer"]["login"] == "vivier-visitor"
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=20)
    assert process.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in complaint


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["--faults", "laziness"], "There is no misbehaviour"), (["--port", "0", "--host", "256.0.0.1"], "--host")],
)
def test_what_is_wrong_is_told_in_a_sentence(arguments: list[str], says: str) -> None:
    ended = subprocess.run(
        [*COMMAND, "--people", "20", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode != 0
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr
