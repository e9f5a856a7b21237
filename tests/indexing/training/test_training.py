"""A training from its first step to a model: stopped, killed and out of disk, it goes on from its newest checkpoint."""

from __future__ import annotations

import errno
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexing.errors import VivierError
from indexing.export.model_folders import ModelSource, from_folder
from indexing.passages import work_text
from indexing.training.fine_tuning import fine_tune, mixed
from indexing.training.held_out import HeldOut
from indexing.training.options import Options
from indexing.training.pairs import Pair, PairMiner, Passages
from indexing.training.split import split_people
from indexing.training.task import Outcome
from indexing.training.trainer import WholeCheckpointTrainer, checkpoints
from indexing.training.validation import Validation, make_validation
from tests.fakes import HashEncoder
from tests.indexing.training.trades import people_of_trades
from tests.tiny_model import shared_tiny_model

pytestmark = pytest.mark.slow  # each trains a model, if a tiny one

OPTIONS = Options(steps=6, batch_size=8, learning_rate=1e-3, evaluate_every=2, patience=9)
Lesson = tuple[list[list[Pair]], Validation]


@pytest.fixture(scope="module")
def source() -> ModelSource:
    return from_folder(shared_tiny_model())


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    """Six batches and the people set apart."""
    split = split_people(people_of_trades(80), HeldOut([]), seed=1)
    texts = list(dict.fromkeys(work_text(work) for person in split.training for work in person.works))
    miner = PairMiner(split.training, Passages(texts, HashEncoder().encode_passages(texts)), seed=1)
    return list(miner.batches(count=OPTIONS.steps, size=OPTIONS.batch_size)), make_validation(split, seed=1, others=20)


@pytest.fixture
def tuned(source: ModelSource, lesson: Lesson) -> Callable[..., Outcome]:
    def run(folder: Path, **options: Any) -> Outcome:
        ignored: Callable[..., None] = lambda *_: None  # noqa: E731
        batches, validation = lesson
        chosen: dict[str, Any] = {"minutes": 5.0, "report": ignored, "progress": ignored, **options}
        return fine_tune(source, batches, validation, folder, OPTIONS, **chosen)

    return run


def weights(folder: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(folder / "model.safetensors")


def equal(folder: Path, other: Path) -> bool:
    ours, theirs = weights(folder), weights(other)
    return all(np.allclose(ours[name], theirs[name], atol=1e-7) for name in ours)


class Killed(BaseException):
    """Stands for kill -9: nothing catches it."""


def killing(step: int) -> Callable[[str, int, int], None]:
    def progress(stage: str, done: int, total: int) -> None:
        if stage == "train" and done == step:
            raise Killed

    return progress


def test_a_training_moves_the_upper_layers_and_leaves_the_lower_and_the_word_table(
    tuned: Callable[..., Outcome], source: ModelSource, tmp_path: Path
) -> None:
    """What is saved is a sentence-transformers folder of the base's kind and length, with no text in it."""
    outcome = tuned(tmp_path)
    before, after = weights(source.folder), weights(outcome.folder)
    moved = {name for name in before if not np.allclose(before[name], after[name])}
    assert any(".layer.1." in name for name in moved)
    assert not any(".layer.0." in name for name in moved)  # the lower half stays
    table = next(name for name in before if name.endswith("word_embeddings.weight"))
    assert np.array_equal(before[table], after[table])
    assert from_folder(outcome.folder).max_length == source.max_length
    assert [entry["step"] for entry in outcome.history if "validation_ndcg_10" in entry] == [0, 2, 4, 6]
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.suffix in (".md", ".json"))
    assert b"neural network" not in written
    assert not list(tmp_path.rglob("README.md"))


def test_killed_in_the_middle_it_ends_as_if_it_had_not_been(tuned: Callable[..., Outcome], tmp_path: Path) -> None:
    """Weights, optimiser, schedule, randomness and the order of the pairs come from the checkpoint."""
    whole = tuned(tmp_path / "whole")
    with pytest.raises(Killed):
        tuned(tmp_path / "killed", progress=killing(3))
    assert [path.name for path in checkpoints(tmp_path / "killed" / "checkpoints")] == ["checkpoint-2"]
    again = tuned(tmp_path / "killed")
    assert equal(whole.folder, again.folder)
    assert again.scores == pytest.approx(whole.scores)
    assert [entry["step"] for entry in again.history] == [entry["step"] for entry in whole.history]


def test_ctrl_c_ends_after_the_step_with_a_checkpoint(tuned: Callable[..., Outcome], tmp_path: Path) -> None:
    """And the same command goes on with the next step."""
    whole = tuned(tmp_path / "whole")

    def interrupt(stage: str, done: int, total: int) -> None:
        if stage == "train" and done == 3:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        tuned(tmp_path / "stopped", progress=interrupt)
    assert signal.getsignal(signal.SIGINT) is before
    newest = checkpoints(tmp_path / "stopped" / "checkpoints")[-1]
    assert json.loads((newest / "trainer_state.json").read_text())["global_step"] in (3, 4)
    assert equal(whole.folder, tuned(tmp_path / "stopped").folder)


def test_a_disk_full_while_a_checkpoint_is_saved_keeps_the_one_before(
    tuned: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence says so; with space again the same command goes on."""
    with pytest.raises(Killed):
        tuned(tmp_path, progress=killing(3))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(WholeCheckpointTrainer, "_save_optimizer_and_scheduler", full)
        with pytest.raises(VivierError, match=r"step 4 could not be saved \(No space left on device\)"):
            tuned(tmp_path)
    kept = list((tmp_path / "checkpoints").glob("checkpoint-*"))
    assert [path.name for path in kept] == ["checkpoint-2"]
    assert not (tmp_path / "checkpoints" / ".unfinished").exists()
    assert tuned(tmp_path).folder.exists()


def test_the_time_budget_ends_a_training_and_what_there_is_is_evaluated(
    tuned: Callable[..., Outcome], tmp_path: Path
) -> None:
    """A training that ended is not begun again."""
    outcome = tuned(tmp_path, minutes=1e-6)
    assert max(entry["step"] for entry in outcome.history) == 1
    assert max(entry["step"] for entry in tuned(tmp_path).history) == 1


def test_mixed_weights_lie_between_the_base_and_the_tuned_ones(source: ModelSource, tmp_path: Path) -> None:
    """None of the tuned weights is the base, all of them the tuned model."""
    from indexing.export.torch_encoder import load_model
    from tests.tiny_model import make_tiny_model

    base, other = load_model(source), load_model(from_folder(make_tiny_model(tmp_path / "other", seed=5)))
    name = "0.auto_model.encoder.layer.0.output.dense.weight"
    name = next(key for key in base.state_dict() if key.endswith(name.removeprefix("0.auto_model.")))
    ours, theirs = base.state_dict()[name].numpy(), other.state_dict()[name].numpy()
    assert np.allclose(mixed(base, other, 0.0).state_dict()[name], ours)
    assert np.allclose(mixed(base, other, 1.0).state_dict()[name], theirs)
    assert np.allclose(mixed(base, other, 0.25).state_dict()[name], 0.75 * ours + 0.25 * theirs, atol=1e-6)
