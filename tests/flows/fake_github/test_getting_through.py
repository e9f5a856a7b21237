"""With everything on, whoever is patient and polite collects exactly those who are there."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.flows.fake_github.asking import Asker, fake

pytestmark = pytest.mark.slow

NAMED = """query ($search: String!, $size: Int!) { search(type: USER, query: $search, first: $size) {
    userCount nodes { __typename ... on User { id login } } } }"""
ONE = """query ($id: ID!) { node(id: $id) { ... on User {
    id login repositories(first: 30) { totalCount nodes { id } } } } }"""


class Patient:
    """Asks again until it is answered whole; waits when told to."""

    def __init__(self, asker: Asker) -> None:
        self.asker = asker
        self.attempts = 0

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        for _ in range(60):
            self.attempts += 1
            try:
                answered = self.asker.post(query, **variables)
            except httpx.TransportError:
                continue
            if answered.status_code in (403, 429):
                time.sleep(float(answered.headers.get("retry-after", 0.12)))
            if answered.status_code != 200:
                continue
            content: dict[str, Any] = answered.json()
            kinds = {error.get("type") for error in content.get("errors", ())}
            if kinds & {"RATE_LIMITED", "RATE_LIMIT"}:
                time.sleep(max(0.0, int(answered.headers["x-ratelimit-reset"]) - time.time()))
            elif kinds <= {"NOT_FOUND"}:
                return content
        raise AssertionError("asked sixty times in vain")

    def collect(self, base: str, begin: datetime, end: datetime) -> dict[str, str]:
        """Everybody in a span of time: halved until one page holds it."""
        search = f"{base} created:{begin:%Y-%m-%dT%H:%M:%SZ}..{end:%Y-%m-%dT%H:%M:%SZ}"
        found = self.ask(NAMED, search=search, size=100)["data"]["search"]
        if found["userCount"] > 100:
            middle = begin + (end - begin) // 2
            middle = middle.replace(microsecond=0)
            return self.collect(base, begin, middle) | self.collect(base, middle + timedelta(seconds=1), end)
        return {node["id"]: node["login"] for node in found["nodes"] if node}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_patient_collect_exactly_those_who_are_there(seed: int) -> None:
    options = {"fault_rate": 3.0, "retry_after_seconds": 1, "silent_seconds": 0.1, "slow_seconds": 0.02,
               "points_per_hour": 120, "hour_seconds": 1.0}  # fmt: skip
    with fake(people=300, seed=seed, faults="all", **options) as asker:
        patient = Patient(asker)
        begin, end = datetime(2008, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
        named = patient.collect("type:user repos:>0", begin, end)
        shown = {}
        for node_id in sorted(named)[:40]:
            shown[node_id] = patient.ask(ONE, id=node_id)
        told = asker.truth("type:user repos:>0")
        there = {each["id"]: each for each in told["people"]}
        gone = {each["id"] for each in (*told["deleted"], *told["suspended"])}
        assert set(there) <= set(named) <= set(there) | gone
        for node_id, content in shown.items():
            if content["data"]["node"] is None:
                assert node_id in gone
            elif node_id in there:
                assert content["data"]["node"]["repositories"]["totalCount"] == there[node_id]["repositories"]
        log = asker.get("/_log")
        assert log["too_early"] == 0
        assert log["answered_again"] == 0
        assert sum(log["faults"].values()) > 10
        assert patient.attempts > log["answered"]
