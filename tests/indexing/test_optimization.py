"""Studies on a small corpus in memory: begun, gone on with, raced, crashed, and their trials registered."""

from __future__ import annotations

import json
import shutil
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from threading import Barrier
from typing import Any

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

from indexing.encoder_variants import variant_of
from indexing.errors import InputError, NotFound, VivierError
from indexing.evaluation.judgements import Judgement
from indexing.optimization import trials as running
from indexing.optimization.choices import Choice, Question, Workshop
from indexing.optimization.findings import changes, findings
from indexing.optimization.front import (
    BY_QUERY,
    CHOICE,
    Tried,
    best_of,
    front_of,
    is_dominated_already,
    measured_trials,
    start_of,
    trial_of,
)
from indexing.optimization.halves import halves
from indexing.optimization.plots import draw
from indexing.optimization.registering import chosen, register_trial
from indexing.optimization.space import IN_THE_INDEX, RANKING, Kind, Space
from indexing.optimization.storage import FAILURE, PROCESS, RETRIED, known_study, open_storage, opened_storage
from indexing.optimization.studies import Asked, Study, begin
from indexing.optimization.tables import print_findings
from indexing.optimization.trials import Bounds, bench, run_trials
from indexing.pipeline import Sources
from indexing.releases import FieldWeights, RankingConstants
from indexing.run_log import UNTRACKED
from indexing.tuning import BOUNDS, UNTUNED, Tuning
from indexing.workspace import Workspace
from tests.builders import repo_row, user_row, write_raw_files
from tests.worlds import World

NEEDS = {
    "predicts tides": "ada",
    "motor control firmware": "bo",
    "tides and motors": "cy",
    "harmonic constituents": "ada",
    "firmware notes": "cy",
    "control of a motor": "bo",
    "prédire les marées": "ada",
    "a brushless motor": "bo",
    "notes on tides": "cy",
    "firmware": "bo",
}


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Optuna's tables, made once: that takes seconds."""
    path = tmp_path_factory.mktemp("optuna") / "vivier.db"
    storage = open_storage(f"sqlite:///{path}")
    storage.remove_session()
    storage.engine.dispose()
    return path


class Lab:
    """A small corpus with judged needs, one registered version, and a database."""

    def __init__(self, folder: Path, database: Path) -> None:
        self.world = World(folder)
        self.world.add_version("salt")
        self.built = World(folder / "throwaway")
        raw = write_raw_files(
            folder,
            users=[user_row(login) for login in ("ada", "bo", "cy", "dee")],
            repos=[
                repo_row("ada/tides", description="Predicts tides from harmonic constituents.", language="Python"),
                repo_row("bo/motor", description="Motor control firmware.", language="Rust"),
                repo_row("bo/spin", description="Control of a brushless motor."),
                repo_row("cy/motor-notes", description="Notes on motor control and tides."),
                repo_row("dee/site", description="A web site."),
            ],
        )
        judged = folder / "judged.jsonl"
        rows = [
            {"id": f"n{number}", "kind": "task", "query": query, "relevant": {login: 1}}
            for number, (query, login) in enumerate(NEEDS.items())
        ]
        judged.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        self.asked = Asked(Question(Sources(raw.users, raw.repos), (judged,)), name="small")
        self.database = Path(shutil.copy(database, folder / "vivier.db"))
        self.said: list[FrozenTrial] = []

    @property
    def workshop(self) -> Workshop:
        return Workshop(
            self.world.workspace,
            self._workspace_at,
            ensure_version=lambda version: version or 1,
            variant=variant_of,
            warn=lambda sentence: None,
        )

    def begin(self, **changed: Any) -> Study:
        """The study as a new process would open it."""
        self.asked = replace(self.asked, **changed)
        return begin(self.asked, self.workshop, open_storage(f"sqlite:///{self.database}"))

    def run(
        self,
        study: Study,
        trials: int,
        *,
        builds: int = 2,
        seconds: float | None = None,
        stop: Callable[[], bool] = lambda: False,
        seed: int = 0,
    ) -> None:
        """Trials until the study has so many."""
        deadline = None if seconds is None else time.monotonic() + seconds
        with bench(study.question, study.halves, study.space, self.workshop, data_rev=study.data_rev) as (at, start):
            run_trials(
                study.kept,
                at,
                start,
                Bounds(trials, builds, seed, deadline),
                tracker=UNTRACKED,
                is_stopping=stop,
                on_trial=self.said.append,
            )

    def found(self, study: Study) -> dict[str, Any]:
        """The report."""
        with bench(study.question, study.halves, study.space, self.workshop, data_rev=study.data_rev) as (at, start):
            return findings(study, at, start)

    def embedded(self) -> list[str]:
        """Every text encoded on the way."""
        return [text.replace("salt", "") for encoder in self.built.encoders for text in encoder.encoded]

    def _workspace_at(self, folder: Path) -> Workspace:
        return replace(self.built.workspace, home=folder, processed=folder / "processed")


@pytest.fixture
def lab(tmp_path: Path, empty_database: Path) -> Lab:
    return Lab(tmp_path, empty_database)


def begun(study: Study) -> optuna.Trial:
    """A trial that nobody ends."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a heartbeat is for whoever runs it
        return study.kept.ask()


def states(study: Study) -> list[str]:
    return [trial.state.name for trial in study.kept.get_trials(deepcopy=False)]


# Trials


def test_the_first_trial_is_what_is_served_and_it_stays_in_the_front_whatever_comes(lab: Lab) -> None:
    study = lab.begin()
    lab.run(study, 5)
    tried = measured_trials(study.kept)
    assert tried[0].is_start
    assert tried[0].choice == study.space.start
    assert tried[0].choice.tuning == UNTUNED
    assert tried[0] in front_of(tried)
    assert start_of(tried) == tried[0]
    assert states(study).count("COMPLETE") + states(study).count("PRUNED") == 5
    assert len(lab.built.store.names()) == 1  # only weighed anew, so only built once


def test_a_study_goes_on_where_it_was_and_asks_for_no_more_than_its_trials(lab: Lab) -> None:
    first = lab.begin()
    lab.run(first, 2)
    before = [trial.params for trial in first.kept.get_trials(deepcopy=False)]
    again = lab.begin()
    lab.run(again, 4)
    lab.run(again, 4)
    after = again.kept.get_trials(deepcopy=False)
    assert [trial.params for trial in after[:2]] == before
    assert len(after) == 4


@pytest.mark.slow
def test_a_study_of_one_seed_tries_the_same_though_it_was_stopped(
    lab: Lab, tmp_path: Path, empty_database: Path
) -> None:
    whole = lab.begin()
    lab.run(whole, 4, seed=3)
    (tmp_path / "other").mkdir()
    other = Lab(tmp_path / "other", empty_database)
    for trials in (1, 3, 4):
        other.run(other.begin(), trials, seed=3)
    tried = [[trial.params for trial in study.kept.get_trials()] for study in (whole, other.begin())]
    assert tried[0] == tried[1]


def test_who_makes_the_tables_at_the_same_moment_gets_them_all_the_same(tmp_path: Path) -> None:
    address, together = f"sqlite:///{tmp_path / 'new.db'}", Barrier(4)

    def open_at_once(_: int) -> int:
        together.wait()
        with opened_storage(address) as storage:
            return len(storage.get_all_studies())

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(open_at_once, range(4))) == [0] * 4


def test_a_study_stops_when_told_to_or_when_its_time_is_over(lab: Lab) -> None:
    study = lab.begin()
    lab.run(study, 9, stop=lambda: len(lab.said) == 1)
    assert len(states(study)) == 1
    lab.run(study, 9, seconds=0.0)
    assert len(states(study)) == 1


def test_a_study_of_other_judgements_or_another_space_is_not_gone_on_with(lab: Lab) -> None:
    lab.begin()
    with pytest.raises(InputError, match="another space"):
        lab.begin(kind="index")
    (file,) = lab.asked.question.judgements
    with file.open("a", encoding="utf-8") as judged:
        judged.write(json.dumps({"id": "new", "kind": "task", "query": "a web site", "relevant": {"dee": 1}}) + "\n")
    with pytest.raises(InputError, match="another judgements"):
        lab.begin(kind="ranking")


def test_a_trial_whose_process_is_gone_is_asked_for_once_more(lab: Lab) -> None:
    study = lab.begin()
    lab.run(study, 1)
    for _ in range(2):  # killed, and killed again as it was tried again
        lost = begun(study)
        study.space.choose(lost)
        host = running.this_process().split()[0]
        lost.set_user_attr(PROCESS, f"{host} 999999999 1.00")
    lab.run(study, 3)
    known = study.kept.get_trials(deepcopy=False)
    assert [trial.state for trial in known[1:3]] == [TrialState.FAIL] * 2
    again = [trial for trial in known if RETRIED in trial.user_attrs]
    assert {trial.user_attrs[RETRIED] for trial in again} == {1, 2}
    assert [trial.params for trial in again] == [trial.params for trial in known[1:3]]
    assert all(trial.state in (TrialState.COMPLETE, TrialState.PRUNED) for trial in again)


def test_a_trial_that_crashes_is_noted_and_the_study_goes_on(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    study, crashed = lab.begin(), list[int]()
    real = running.measured

    def sometimes(*arguments: Any, **named: Any) -> Any:
        if len(lab.said) == 1 and not crashed:
            crashed.append(1)
            raise RuntimeError("ada crashed it")
        return real(*arguments, **named)

    monkeypatch.setattr(running, "measured", sometimes)
    lab.run(study, 3)
    assert states(study)[1] == "FAIL"
    assert set(states(study)[::2]) <= {"COMPLETE", "PRUNED"}
    assert study.kept.get_trials()[1].user_attrs[FAILURE] == "RuntimeError"  # whose words may name somebody


def test_when_every_trial_crashes_the_study_ends_in_a_sentence(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def always(*_: Any, **__: Any) -> Any:
        raise VivierError("The index is gone.")

    monkeypatch.setattr(running, "measured", always)
    study = lab.begin()
    with pytest.raises(VivierError, match=r"5 trials in a row failed, the last with: The index is gone\."):
        lab.run(study, 40)
    with pytest.raises(NotFound, match="not measured"):
        best_of(measured_trials(study.kept))


def test_a_trial_that_is_clearly_beaten_gives_up_early(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    study = lab.begin()
    monkeypatch.setattr("indexing.optimization.measuring.CHUNK", 2)
    lab.run(study, 1)
    monkeypatch.setattr(running, "is_dominated_already", lambda *_: True)
    lab.run(study, 2)
    pruned = study.kept.get_trials()[1]
    assert pruned.state == TrialState.PRUNED
    assert 0 < len(pruned.user_attrs[BY_QUERY]) < len(study.halves.tuned_on)
    assert pruned.number not in [one.number for one in measured_trials(study.kept)]
    with pytest.raises(NotFound, match="is pruned, not complete"):
        trial_of(study.kept, 1)


# Builds


def test_builds_are_kept_used_again_and_never_more_than_allowed(lab: Lab) -> None:
    study = lab.begin(kind="index")
    lab.run(study, 8, builds=3)
    built = {trial.user_attrs["build"] for trial in study.kept.get_trials(deepcopy=False)}
    assert 2 <= len(built) <= 3
    assert len(lab.built.store.names()) == len(built)
    evaluations = lab.world.workspace.home / "evaluations"
    assert len(list(evaluations.glob("*/processed/*/profiles_index.csv"))) == 1  # other words and graphs embed nothing


def test_other_texts_are_embedded_by_a_variant_of_the_encoder(lab: Lab) -> None:
    study = lab.begin(kind="full", templates=("{description} | {name}",))
    assert study.space.choose(begun(study)) == study.space.start
    study.kept.enqueue_trial({**study.space.start_parameters(), "template": "{description} | {name}"})
    with bench(study.question, study.halves, study.space, lab.workshop, data_rev=study.data_rev) as (at, _):
        choice = study.space.choose(begun(study))
        assert choice == replace(study.space.start, template="{description} | {name}")
        with at.opened(choice) as opened:
            assert opened.release.fingerprint != lab.world.registry.versions()[0].fingerprint
    assert "A web site. site" in lab.embedded()


# The space


def _space(kind: Kind = "full", tuning: Tuning = UNTUNED) -> Space:
    return Space(kind, Choice(1, "{name}", "fp32", tuning), (1, 2), ("{name} | {description}",))


@pytest.mark.parametrize("kind", ["ranking", "index", "full"])
def test_the_start_comes_out_of_its_own_parameters_to_the_last_digit(kind: Kind) -> None:
    odd = Tuning(RankingConstants(dense_weight=0.3, sparse_weight=0.37), FieldWeights(name=1 / 3), 48)
    space = _space(kind, odd)
    assert space.choose(optuna.trial.FixedTrial(space.start_parameters())) == space.start


def test_a_choice_keeps_what_its_space_does_not_look_at() -> None:
    tuning = Tuning(RankingConstants(bm25_k1=2.0, unmet_weight=2.0), FieldWeights(topics=0.5), 8)
    space = _space("ranking", tuning)
    choice = space.choose(optuna.trial.FixedTrial({**space.start_parameters(), "rarity": 1.0, "dense_share": 0.75}))
    ranking = replace(tuning.ranking, rarity=1.0, dense_weight=0.75, sparse_weight=0.25)
    assert choice == replace(space.start, tuning=replace(tuning, ranking=ranking))
    assert changes(space.start, choice).keys() == {"rarity", "dense_weight", "sparse_weight"}


def test_every_number_a_space_may_draw_is_one_that_a_tuning_takes() -> None:
    words = {f"{name}_words": f"field_weights.{name}" for name in asdict(FieldWeights())}
    for name, (low, high) in {**RANKING, **IN_THE_INDEX}.items():
        least, most = BOUNDS[words.get(name, name)] if name != "dense_share" else (0.0, 1.0)
        assert least <= low < high <= most, name
    assert Choice.from_json(_space().start.to_json()) == _space().start
    with pytest.raises(InputError, match="start another study"):
        Choice.from_json('{"tuning": {}, "colour": 1}')


# Halves, the front


def _judged(need: str, language: str = "en") -> Judgement:
    return Judgement(f"{need}:{language}", "task", need, {"ada": 1}, language, need, "here")


def test_a_query_stays_in_its_half_whatever_else_is_judged_and_in_both_languages() -> None:
    few = [_judged(f"need {number}") for number in range(20)]
    many = [*few, *(_judged(f"other {number}") for number in range(20)), *(_judged(one.query, "fr") for one in few)]
    for half in ("tuned_on", "set_apart"):
        small, large = ({one.id for one in getattr(halves(judged), half)} for judged in (few, many))
        assert small < large
    pairs = [{one.pair for one in half} for half in (halves(many).tuned_on, halves(many).set_apart)]
    assert not pairs[0] & pairs[1]
    assert halves(many) == halves(many[::-1])
    with pytest.raises(InputError, match="too few"):
        halves(few[:1])


def _tried(number: int, ndcg: float, milliseconds: float, *, by_query: tuple[float, ...] = ()) -> Tried:
    choice = Choice(1, "{name}", "fp32", UNTUNED)
    return Tried(number, ndcg, milliseconds, by_query, choice, {}, is_start=number == 0)


def test_the_best_is_the_highest_of_the_front_that_is_hardly_slower() -> None:
    start = _tried(0, 0.20, 10.0)
    tried = [start, _tried(1, 0.30, 12.0), _tried(2, 0.25, 10.9), _tried(3, 0.21, 9.0), _tried(4, 0.21, 9.5)]
    assert [one.number for one in front_of(tried)] == [1, 2, 3, 0]
    assert best_of(tried).number == 2
    assert best_of([start]).number == 0


def test_a_trial_is_given_up_only_when_it_is_behind_beyond_chance() -> None:
    ahead = _tried(0, 0.5, 10.0, by_query=(0.5, 0.6, 0.4, 0.5, 0.6) * 4)
    behind = [value - 0.3 for value in ahead.by_query[:10]]
    assert is_dominated_already(behind, 10.0, [ahead])
    assert not is_dominated_already(behind, 9.0, [ahead])  # it is faster
    assert not is_dominated_already([*ahead.by_query[:9], 0.0], 10.0, [ahead])  # one query says nothing
    assert not is_dominated_already(behind, 10.0, [])


# What comes of it


def test_the_report_checks_the_best_on_the_half_that_no_trial_saw(lab: Lab, tmp_path: Path) -> None:
    from rich.console import Console

    study = lab.begin()
    lab.run(study, 4)
    found = lab.found(study)
    assert found["queries"] == {"tuned_on": len(study.halves.tuned_on), "set_apart": len(study.halves.set_apart)}
    served = next(row for row in found["front"] if row["is_start"])
    assert served["changes"] == {}
    assert served["set_apart_ndcg@10"] is not None
    assert set(found["best"]["set_apart"]) == {"difference", "interval", "p", "won", "lost"}
    assert not any(f'"{login}"' in json.dumps(found) for login in ("ada", "bo", "cy"))
    console = Console(record=True, width=100, file=(tmp_path / "said").open("w", encoding="utf-8"))
    print_findings(found, console)
    assert "The front, best first" in console.export_text()
    console.file.close()
    assert [path.name for path in draw(study.kept, tmp_path)] == ["front.png", "history.png"]


def test_a_trial_becomes_the_next_version_once_with_its_tuning(lab: Lab) -> None:
    study = lab.begin()
    lab.run(study, 3)
    tried = trial_of(study.kept, measured_trials(study.kept)[-1].number)
    first = register_trial(study.kept, tried, None, lab.workshop)
    again = register_trial(study.kept, tried, None, lab.workshop)
    assert (first.version, first.is_new, again.version, again.is_new) == (2, True, 2, False)
    assert lab.world.registry.tuning(2) == tried.choice.tuning
    versions = {known.version: known for known in lab.world.registry.versions()}
    assert versions[2].fingerprint == versions[1].fingerprint
    assert versions[2].name == f"salt (trial {tried.number} of small)"
    release = lab.world.add_release(2)
    assert release.ranking == tried.choice.tuning.ranking


def test_a_trial_is_named_by_its_number_or_as_the_best(lab: Lab) -> None:
    study = lab.begin()
    lab.run(study, 1)
    assert chosen(study.kept, "best") == chosen(study.kept, "0")
    for name, says in (("first", "is no trial"), ("7", "does not exist")):
        with pytest.raises((InputError, NotFound), match=says):
            chosen(study.kept, name)


def test_a_study_is_known_by_its_name_or_as_the_one_begun_last(lab: Lab) -> None:
    storage = open_storage(f"sqlite:///{lab.database}")
    with pytest.raises(NotFound, match="none yet"):
        known_study(storage, None)
    lab.run(lab.begin(), 1)
    lab.run(lab.begin(name="later"), 1)
    assert known_study(storage, None).study_name == "later"
    assert known_study(storage, "small").study_name == "small"
    with pytest.raises(NotFound, match="later, small"):
        known_study(storage, "other")


def test_what_is_noted_of_a_trial_says_what_it_tried(lab: Lab) -> None:
    study = lab.begin()
    lab.run(study, 2)
    for trial in study.kept.get_trials(deepcopy=False):
        choice = Choice.from_json(trial.user_attrs[CHOICE])
        assert choice.tuning.ranking.depth == trial.params["depth"]
        assert trial.user_attrs[PROCESS] == running.this_process()
