"""The gate on real releases: what is better passes, what was sabotaged is refused, each for its own reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows import promoting
from indexing.candidates import Need, Plan
from indexing.errors import FingerprintMismatch, InputError
from indexing.promotion.gate import Verdict
from indexing.registry import Champion
from indexing.releases import Release
from indexing.search_store import SearchStore, StoredSearch
from tests.contests import ContestWorld, installation_of, judged_file
from tests.worlds import CROWD

pytestmark = pytest.mark.slow


class Arena:
    """A champion, and what is said of candidates."""

    def __init__(self, folder: Path) -> None:
        self.world = ContestWorld(folder)
        self.judged = judged_file(folder)
        self.champion = self.add("knowing")
        self.world.registry.make_champion(1)

    def add(self, name: str) -> Release:
        """A release of a new version; its name says what is wrong with it."""
        return self.world.add_release(self.world.add_version(name), CROWD)

    def verdict(self, release: Release, mode: str | None = None) -> Verdict:
        """The gate's, with the first champion on the throne."""
        installation = installation_of(self.world)
        self.compared = promoting.compare(release.id, installation, judgements=[self.judged])
        return promoting.judged(self.compared, installation, mode=mode)


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    return Arena(tmp_path_factory.mktemp("arena"))


def failed(verdict: Verdict) -> set[str]:
    return {rule.name for rule in verdict.failed}


def test_a_model_that_knows_less_is_refused_for_its_quality(arena: Arena) -> None:
    verdict = arena.verdict(arena.add("dull-one"))
    assert not verdict.passes
    assert {"nDCG@10 change", "nDCG@10 change, lower bound"} <= failed(verdict)
    assert failed(arena.verdict(arena.world.registry.release(arena.compared.candidate.release_id), "not-worse"))


def test_one_that_breaks_french_is_refused_for_french(arena: Arena) -> None:
    verdict = arena.verdict(arena.add("english-only"), "not-worse")
    assert {"nDCG@10 of French queries", "French gap, rise"} <= failed(verdict)
    assert "nDCG@10 of English queries" not in failed(verdict)


def test_a_slower_one_is_refused_for_its_time_alone(arena: Arena) -> None:
    verdict = arena.verdict(arena.add("slow-one"), "not-worse")
    assert "latency, median" in failed(verdict)
    assert failed(verdict) <= {"latency, median", "latency, 95th percentile"}
    latency = arena.compared.findings.sections["latency"]
    assert latency["encode"]["ratio"]["p50"] > latency["search"]["ratio"]["p50"]


def test_shuffled_vectors_are_refused_even_where_opening_does_not_look(arena: Arena) -> None:
    with pytest.raises(FingerprintMismatch):
        arena.verdict(arena.world.add_shuffled(arena.champion, spares_probes=False))
    verdict = arena.verdict(arena.world.add_shuffled(arena.champion, spares_probes=True), "not-worse")
    assert {"nDCG@10 change", "nDCG@10 change, lower bound"} <= failed(verdict)


def test_an_equal_one_is_no_better_and_not_worse(arena: Arena) -> None:
    equal = arena.add("knowing-too")
    verdict = arena.verdict(equal)
    assert "nDCG@10 change" in failed(verdict)
    assert "no better than the champion" in verdict.sentence
    assert failed(arena.verdict(equal, "not-worse")) <= {"latency, 95th percentile"}


def test_a_better_one_passes_and_the_findings_say_what_changes(tmp_path: Path) -> None:
    arena = Arena(tmp_path)
    dull = arena.add("dull-one")
    arena.world.registry.make_champion(dull.model_version)
    verdict = arena.verdict(arena.champion)
    assert failed(verdict) <= {"latency, 95th percentile"}
    sections = arena.compared.findings.sections
    assert sections["judged"]["queries"] == 32
    assert sections["judged"]["candidate"]["people_lacking"] == 0
    assert sections["quality"]["means"]["candidate"]["ndcg@10"] > 0.9
    assert sections["parity"]["candidate"]["pairs"] == 16
    assert sections["changes"]["entered"]["people"] > 0
    shares = sections["exposure"]["followers"]
    assert sum(one["pool"] for one in shares.values()) == pytest.approx(1, abs=1e-3)
    change = arena.compared.findings.changes[0]
    assert change.after > change.before
    assert change.outcome.entered[0].arrival.why


def test_saved_searches_are_asked_again_and_only_their_ids_are_told(arena: Arena) -> None:
    installation = installation_of(arena.world)
    searches = SearchStore(installation.settings.database)
    moment = datetime(2026, 11, 29, tzinfo=UTC)
    asked = (("first", "secret looms"), ("second", "secret boats"), ("third", "secret boats"))
    searches.keep(
        [
            StoredSearch(name, moment + timedelta(minutes=place), "v1", Need(query), Plan(), ())
            for place, (name, query) in enumerate(asked)
        ]
    )
    searches.close()
    candidate = arena.add("dull-saved")
    compared = promoting.compare(candidate.id, installation, judgements=[arena.judged])
    kept = compared.findings.sections["kept_searches"]
    assert kept["searches"] == 2
    assert set(kept["by_search"]) == {"first", "third"}
    assert "secret" not in json.dumps(compared.findings.sections)


def test_too_few_judged_queries_are_said(arena: Arena) -> None:
    installation = installation_of(arena.world, gate_min_queries=1_000)
    compared = promoting.compare(arena.add("knowing-again").id, installation, judgements=[arena.judged])
    assert "judged queries" in failed(promoting.judged(compared, installation))


def test_what_is_served_already_or_not_the_sample_is_refused_with_a_sentence(arena: Arena) -> None:
    installation = installation_of(arena.world)
    with pytest.raises(InputError, match="is what is served already"):
        promoting.compare("champion", installation, judgements=[arena.judged])
    with pytest.raises(InputError, match="not the shipped sample"):
        promoting.compare(arena.add("knowing-more").id, installation)


def test_before_the_first_release_there_is_nothing_to_compare(tmp_path: Path) -> None:
    world = ContestWorld(tmp_path)
    release = world.add_release(world.add_version("knowing"), CROWD)
    assert Champion(1, release.id) != world.registry.champion()
    with pytest.raises(InputError, match="Nothing is served yet"):
        promoting.compare(release.id, installation_of(world))
