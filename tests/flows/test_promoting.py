"""From the gate's yes to the end of the probation: the move, the watch, the way back, and what is kept of it all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows import promoting
from flows.promotion_report.page import page as draw
from flows.promotion_report.tracking import description
from indexing.champions import crown, pin, reigns
from indexing.erasure import sweep
from indexing.errors import Busy, InputError, ReleaseNotFound, ReleaseRefused, Unavailable
from indexing.promotion import retention
from indexing.promotion.change import move, usable
from indexing.promotion.probation import Limits, begin, under_way
from indexing.promotion.records import new_promotion_id, read_record
from indexing.promotion.records import promoting as right_to_promote
from indexing.promotion.running_service import Traffic
from indexing.promotion.term import Office, resume, serve_probation, step_down, take_office
from indexing.registry import Champion
from indexing.releases import Release
from tests.contests import ContestWorld, installation_of, judged_file
from tests.registries import FIRST, SECOND, make_release, register_two
from tests.worlds import CROWD, World

INFINITY = float("inf")


class ScriptedService:
    """A service that switches as it is told, and whose traffic a test writes."""

    url = "http://service.test"

    def __init__(self, world: Any) -> None:
        self.world = world
        self.is_up = True
        self.counted = Traffic(1_000, 0, ((0.05, 950.0), (0.5, 1_000.0), (INFINITY, 1_000.0)))
        self.causes: list[str] = []
        self.on_load: Callable[[], None] = lambda: None

    def answers(self) -> bool:
        return self.is_up

    def knows(self, release_id: str) -> bool:
        return any(release_id in version.releases for version in self.world.registry.versions())

    def serves(self) -> str | None:
        self._refuse_when_down()
        champion = self.world.registry.champion()
        return champion.release_id if champion else None

    def traffic(self) -> Traffic:
        self._refuse_when_down()
        return self.counted

    def load(self, release_id: str, *, cause: str) -> None:
        self._refuse_when_down()
        self.causes.append(cause)
        self.on_load()
        crown(self.world.registry, self.world.registry.resolve(release_id), cause=cause)

    def add(self, requests: float, failures: float = 0.0, *, within: float = 0.05) -> None:
        """More requests, of which so many failed, and whose searches took so long."""
        searches = tuple(
            (limit, count + (requests if limit >= within else 0.0)) for limit, count in self.counted.searches
        )
        self.counted = Traffic(self.counted.requests + requests, self.counted.failures + failures, searches)

    def _refuse_when_down(self) -> None:
        if not self.is_up:
            raise Unavailable("The service does not answer.")


class Stage:
    """Two releases, the first served, a service, and a clock that moves by sleeping."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        register_two(self.world.registry, self._model(folder), folder / "made")
        self.releases = [self.add(1, FIRST), self.add(2, SECOND)]
        for release in self.releases:
            self.world.registry.make_current(release.model_version, release.id)
        crown(self.world.registry, self.first, cause="index")
        self.service = ScriptedService(self.world)
        self.told: list[str] = []
        self.slept: list[float] = []
        self.may_idle = False  # a watch may look again without anything having happened
        self.events: list[Callable[[], None]] = []  # what happens at each look, in order
        self.record = {
            "id": new_promotion_id(),
            "candidate": self.second.release_id,
            "champion": self.first.release_id,
        }

    @staticmethod
    def _model(folder: Path) -> Path:
        (folder / "model").mkdir()
        (folder / "model" / "modules.json").write_text("[]", encoding="utf-8")
        return folder / "model"

    def add(self, version: int, fingerprint: str) -> Release:
        """A release with nobody in it, recorded."""
        release = make_release(version, fingerprint)
        self.world.store.build(release.collection, [], dimension=32, manifest=release.to_dict())
        self.world.registry.record(release)
        return release

    def office(self, *, minutes: float = 0.01, service: Any = "scripted", **limits: Any) -> Office:
        running = self.service if service == "scripted" else service
        settings = Limits(minutes=minutes, **{"min_searches": 20, "silence_seconds": 0.0, **limits})
        return Office(self.world.workspace, running, settings, self.told.append, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self.events:
            self.events.pop(0)()
        else:
            assert self.may_idle, "the watch went on and on"

    def finish(self) -> None:
        """Let the probation be over."""
        probation = under_way(self.world.registry)
        if probation is not None:
            begin(self.world.registry, replace(probation, ends="2020-01-01T00:00:00+00:00"))

    @property
    def first(self) -> Champion:
        return Champion(1, self.releases[0].id)

    @property
    def second(self) -> Champion:
        return Champion(2, self.releases[1].id)

    def promote(self, office: Office) -> dict[str, Any]:
        record = take_office(self.second, self.first, self.record, office)
        return serve_probation(record, office)

    @property
    def served(self) -> Champion | None:
        return self.world.registry.champion()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_a_promotion_goes_through_the_service_and_ends_its_probation(stage: Stage) -> None:
    stage.may_idle = True
    record = stage.promote(stage.office(minutes=0.002))
    assert record["state"] == "promoted"
    assert record["through"] == "service"
    assert stage.served == stage.second
    assert stage.service.causes == ["promotion"]
    assert under_way(stage.world.registry) is None
    assert read_record(record["id"], stage.world.workspace) == record


def test_failing_requests_bring_the_old_release_back(stage: Stage) -> None:
    stage.events = [lambda: stage.service.add(100, failures=2), lambda: stage.service.add(100, failures=30)]
    record = stage.promote(stage.office(minutes=10))
    assert record["state"] == "rolled back"
    assert "32 of 200 requests failed (16.0%), 0.0% before" in record["probation"]
    assert stage.served == stage.first
    assert stage.service.causes == ["promotion", "probation"]
    assert [reign.cause for reign in reigns(stage.world.registry)] == ["probation", "promotion", "index"]


def test_slow_searches_bring_the_old_release_back(stage: Stage) -> None:
    stage.events = [lambda: stage.service.add(100, within=0.5)]
    record = stage.promote(stage.office(minutes=10))
    assert record["state"] == "rolled back"
    assert "before the switch" in record["probation"]
    assert stage.served == stage.first


def test_a_service_that_falls_silent_is_rolled_back_in_the_registry(stage: Stage) -> None:
    stage.events = [lambda: setattr(stage.service, "is_up", False)]
    record = stage.promote(stage.office(minutes=10))
    assert record["state"] == "rolled back"
    assert stage.served == stage.first
    assert any("in the registry, since the service does not answer" in told for told in stage.told)


def test_a_service_started_anew_counts_from_nothing(stage: Stage) -> None:
    def restart() -> None:
        stage.service.counted = Traffic(10, 0, ((0.05, 10.0), (0.5, 10.0), (INFINITY, 10.0)))

    stage.events = [restart, lambda: stage.service.add(40, failures=20)]
    record = stage.promote(stage.office(minutes=10))
    assert "20 of 50 requests failed" in record["probation"]


def test_somebody_elses_load_ends_the_watch_and_stays(stage: Stage) -> None:
    stage.events = [lambda: crown(stage.world.registry, stage.first, cause="load")]
    record = stage.promote(stage.office(minutes=10))
    assert record["state"] == "superseded"
    assert stage.served == stage.first
    assert stage.service.causes == ["promotion"]


def test_without_a_service_the_alias_moves_in_the_registry_and_it_is_written_down(stage: Stage) -> None:
    record = stage.promote(stage.office(service=None))
    assert (record["state"], record["through"]) == ("promoted", "registry")
    assert stage.served == stage.second
    assert reigns(stage.world.registry)[0].cause == "promotion"


def test_a_refused_load_changes_nothing_and_says_so_in_the_record(stage: Stage) -> None:
    def refuse() -> None:
        raise ReleaseRefused("its files are damaged")

    stage.service.on_load = refuse
    with pytest.raises(ReleaseRefused, match="damaged"):
        stage.promote(stage.office())
    record = read_record(stage.record["id"], stage.world.workspace)
    assert record is not None
    assert record["state"] == "not moved"
    assert stage.served == stage.first
    assert under_way(stage.world.registry) is None


def test_an_answer_that_is_lost_after_the_switch_is_no_failure(stage: Stage) -> None:
    def switch_and_die() -> None:
        crown(stage.world.registry, stage.second, cause="promotion")
        raise Unavailable("read timeout")

    stage.service.on_load = switch_and_die
    move(stage.second, stage.world.registry, stage.service, cause="promotion")  # type: ignore[arg-type]
    assert stage.served == stage.second


def test_a_champion_that_changed_since_the_comparison_is_not_replaced_unseen(stage: Stage) -> None:
    newer = stage.add(1, FIRST)
    crown(stage.world.registry, Champion(1, newer.id), cause="refresh")
    with pytest.raises(ReleaseRefused, match="compare it again"):
        stage.promote(stage.office())
    assert stage.served == Champion(1, newer.id)


def test_an_erasure_removes_the_pages_that_name_people_and_leaves_the_records(stage: Stage) -> None:
    folder = stage.world.workspace.home / "promotions"
    folder.mkdir(parents=True)
    for name in ("p-1.html", "p-1.json"):
        (folder / name).write_text("{}", encoding="utf-8")
    sweep(stage.world.workspace, stage.world.workspace.home / "data", say=stage.told.append)
    assert [path.name for path in folder.iterdir()] == ["p-1.json"]


class Died(BaseException):
    """What a kill looks like from inside."""


def die() -> None:
    raise Died


def test_killed_before_the_alias_moved_nothing_has_changed_and_the_next_command_says_so(stage: Stage) -> None:
    stage.service.on_load = die
    with pytest.raises(Died):
        stage.promote(stage.office(minutes=10))
    assert stage.served == stage.first
    record = resume(stage.office())
    assert record is not None
    assert record["state"] == "not moved"
    assert under_way(stage.world.registry) is None


def test_killed_during_the_probation_it_is_gone_on_with(stage: Stage) -> None:
    stage.events = [die]
    with pytest.raises(Died):
        stage.promote(stage.office(minutes=10))
    assert stage.served == stage.second
    stage.events = [lambda: stage.service.add(100, failures=50)]
    record = resume(stage.office())
    assert record is not None
    assert record["state"] == "rolled back"
    assert stage.served == stage.first


def test_an_interrupted_probation_waits_for_a_service(stage: Stage) -> None:
    stage.events = [die]
    with pytest.raises(Died):
        stage.promote(stage.office(minutes=10))
    with pytest.raises(Unavailable, match="promote --resume"):
        resume(stage.office(service=None))
    stage.finish()
    record = resume(stage.office(service=None))
    assert record is not None
    assert record["probation"] == "nobody watched the end of it"
    assert resume(stage.office()) is None


def test_another_machines_probation_is_left_to_it(stage: Stage) -> None:
    stage.events = [die]
    with pytest.raises(Died):
        stage.promote(stage.office(minutes=10))
    probation = under_way(stage.world.registry)
    assert probation is not None
    begin(stage.world.registry, replace(probation, host="elsewhere"))
    with pytest.raises(Busy, match="watched from elsewhere"):
        resume(stage.office())


def test_rolling_back_by_hand_ends_a_probation(stage: Stage) -> None:
    stage.events = [lambda: step_down(stage.first, stage.office())]
    record = stage.promote(stage.office(minutes=10))
    assert record["state"] == "superseded"
    assert stage.served == stage.first
    assert under_way(stage.world.registry) is None


def test_two_promotions_of_a_home_do_not_meet(stage: Stage) -> None:
    with right_to_promote(stage.world.workspace), pytest.raises(Busy), right_to_promote(stage.world.workspace):
        pass


def test_a_service_of_another_registry_is_left_alone(stage: Stage) -> None:
    assert usable(stage.service, stage.first.release_id, is_named=True, say=stage.told.append) is stage.service
    stage.service.knows = lambda release_id: False  # type: ignore[method-assign]
    assert usable(stage.service, stage.first.release_id, is_named=False, say=stage.told.append) is None
    with pytest.raises(InputError, match="another registry"):
        usable(stage.service, stage.first.release_id, is_named=True, say=stage.told.append)


def test_a_rollback_without_a_name_goes_to_what_was_served_before(stage: Stage) -> None:
    installation = installation_of(stage.world, told=stage.told, service_url="")
    with pytest.raises(ReleaseNotFound):
        promoting.roll_back(None, installation, url="http://127.0.0.1:9")
    crown(stage.world.registry, stage.second, cause="promotion")
    served = promoting.roll_back(None, installation, url="http://127.0.0.1:9")
    assert served == (stage.second.release_id, stage.first.release_id)
    assert stage.served == stage.first
    assert any("No service answers at http://127.0.0.1:9" in told for told in stage.told)
    with pytest.raises(InputError, match="served already"):
        promoting.roll_back("1", installation, url="http://127.0.0.1:9")


def test_the_newest_of_each_version_stay_and_what_is_served_pinned_or_needed_to_go_back(stage: Stage) -> None:
    world, registry = stage.world, stage.world.registry
    built = [stage.add(1, FIRST) for _ in range(5)]  # ids of one second are in no order of time
    ids = sorted([stage.first.release_id, *(one.id for one in built)], reverse=True)
    served, pinned, before = ids[-1], ids[-2], ids[-3]
    crown(registry, Champion(1, before), cause="load")
    crown(registry, Champion(1, served), cause="load")
    registry.make_current(1, served)
    pin(registry, pinned)
    done = retention.prune(world.workspace, keep=1)
    assert set(done.removed) == set(ids[1:-3])
    assert {f"profiles-{one}" for one in (ids[0], served, pinned, before)} <= set(world.store.names())
    assert retention.prune(world.workspace, keep=1).removed == ()


def test_what_must_stay_is_not_removed_by_name_either(stage: Stage) -> None:
    registry = stage.world.registry
    extra = stage.add(2, SECOND)
    for reference, reason in (
        (stage.first.release_id, "is what is served"),
        (stage.second.release_id, "names as its own"),
    ):
        with pytest.raises(Busy, match=reason):
            retention.remove(reference, stage.world.workspace)
    pin(registry, extra.id)
    with pytest.raises(Busy, match="is pinned"):
        retention.remove(extra.id, stage.world.workspace)
    registry.note(f"pin/{extra.id}", None)
    stage.world.store.is_open = lambda collection: True  # type: ignore[method-assign]
    with pytest.raises(Busy, match="another process has it open"):
        retention.remove(extra.id, stage.world.workspace)
    stage.world.store.is_open = lambda collection: False  # type: ignore[method-assign]
    assert retention.remove(extra.id, stage.world.workspace) == extra.id
    assert extra.collection not in stage.world.store.names()


def test_the_report_names_people_inside_and_nobody_in_the_record(tmp_path: Path) -> None:
    world = ContestWorld(tmp_path)
    dull = world.add_release(world.add_version("dull-one"), CROWD, served=True)
    knowing = world.add_release(world.add_version("knowing"), CROWD)
    told: list[str] = []
    installation = installation_of(world, told=told)
    compared = promoting.compare(knowing.id, installation, judgements=[judged_file(tmp_path)])
    verdict = promoting.judged(compared, installation)
    record = promoting.report(new_promotion_id(), compared, verdict, installation)
    page = Path(record["page"]).read_text(encoding="utf-8")
    entrant = compared.findings.changes[0].outcome.entered[0]
    assert entrant.arrival.login in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    written = (world.workspace.home / "promotions" / f"{record['id']}.json").read_text(encoding="utf-8")
    nameless = draw(record["id"], compared.findings, verdict, made_at=record["made_at"])
    for text in (written, nameless, description(record, record["findings"])):
        assert not any(person.login in text for person in CROWD)
        assert "stargazing" not in text
    assert json.loads(written)["champion"] == dull.id
    if verdict.passes:
        decided = promoting.decide(record, installation, by="a test")
        assert decided["decision"] == "approved by a test"
    refused = {**record, "state": "refused", "verdict": "no"}
    with pytest.raises(ReleaseRefused, match="no"):
        promoting.decide(refused, installation, by="a test")
    forced = promoting.decide(refused, installation, by="a test", forced="the champion is broken")
    assert forced["decision"] == "forced by a test: the champion is broken"
