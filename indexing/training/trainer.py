"""sentence-transformers' trainer, with checkpoints that are whole or absent, and no text in anything it writes."""

# transformers annotates only part of what it exports.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.base.sampler import DefaultBatchSampler
from torch.utils.data import SequentialSampler
from transformers import PrinterCallback
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from indexing.errors import VivierError
from indexing.owned_folders import sync
from indexing.training.options import Options

SCORE = "validation_ndcg_10"
STATE = "trainer_state.json"
_UNFINISHED = ".unfinished"
_CHECKPOINT = re.compile(rf"{PREFIX_CHECKPOINT_DIR}-([0-9]+)")


class AsMined(DefaultBatchSampler):
    """Batches as they were mined, so that a resumed training goes on with the next one."""

    def __init__(self, dataset: Any, lesson: Lesson, **options: Any) -> None:
        super().__init__(SequentialSampler(dataset), **options)
        self._sizes = lesson.sizes
        self._order = lesson.order if lesson.order is not None else range(len(dataset))

    def __iter__(self) -> Iterator[list[int]]:
        start = 0
        for size in self._sizes:
            yield list(self._order[start : start + size])
            start += size

    def __len__(self) -> int:
        return len(self._sizes)


class WholeCheckpointTrainer(SentenceTransformerTrainer):
    """Keeps the newest checkpoint and the best one; a kill or a full disk while one is saved costs neither."""

    def _save_checkpoint(self, model: torch.nn.Module, trial: Any) -> None:
        home = Path(str(self.args.output_dir))
        unfinished = home / _UNFINISHED
        shutil.rmtree(unfinished, ignore_errors=True)
        name = f"{PREFIX_CHECKPOINT_DIR}-{self.state.global_step}"
        try:
            self.args.output_dir = str(unfinished)
            super()._save_checkpoint(model, trial)
            sync(unfinished / name)
            shutil.rmtree(home / name, ignore_errors=True)
            (unfinished / name).rename(home / name)
        except (OSError, RuntimeError) as error:  # torch's and safetensors' writers raise what they like
            raise VivierError(
                f"The checkpoint of step {self.state.global_step} could not be saved ({_reason(error)}). The one "
                "before it is kept: free space on the disk, and the same command goes on from there."
            ) from error
        finally:
            self.args.output_dir = str(home)
            shutil.rmtree(unfinished, ignore_errors=True)
        keep = {name, f"{PREFIX_CHECKPOINT_DIR}-{best_step(self.state.log_history)}"}
        for path in checkpoints(home):
            if path.name not in keep:
                shutil.rmtree(path, ignore_errors=True)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        # Without a model card: it would quote the texts trained on.
        self.model.save(str(output_dir or self.args.output_dir), create_model_card=False)

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """None: it would gather texts to quote."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a model is trained on, and by which loss."""

    dataset: Any
    sizes: Sequence[int]  # of the batches, in the dataset's order
    loss: Callable[[Any], Any]  # from the model
    prompts: dict[str, str]  # by column
    order: Sequence[int] | None = None  # rows of the dataset; as they are, when not given


def make_trainer(model: Any, lesson: Lesson, *, folder: Path, options: Options) -> WholeCheckpointTrainer:
    """The trainer of one run; half precision on a GPU that has it, full on a CPU."""
    has_gpu = torch.cuda.is_available()
    has_bf16 = has_gpu and torch.cuda.is_bf16_supported()
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(folder),
        num_train_epochs=1,
        per_device_train_batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        warmup_steps=max(1, len(lesson.sizes) // 20),
        lr_scheduler_type="linear",
        weight_decay=0.01,
        max_grad_norm=1.0,
        seed=options.seed,
        data_seed=options.seed,
        bf16=has_bf16,
        fp16=has_gpu and not has_bf16,
        batch_sampler=lambda dataset, **rest: AsMined(dataset, lesson, **rest),
        prompts=lesson.prompts or None,
        logging_steps=max(1, min(10, options.evaluate_every)),
        save_strategy="no",  # when there is something to save, the callbacks say so
        eval_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_num_workers=0,
    )
    trainer = WholeCheckpointTrainer(model=model, args=arguments, train_dataset=lesson.dataset, loss=lesson.loss(model))
    trainer.remove_callback(PrinterCallback)
    return trainer


def checkpoints(folder: Path) -> list[Path]:
    """The whole checkpoints in a folder, oldest first."""
    found = [(int(match[1]), path) for path in folder.glob("*") if (match := _CHECKPOINT.fullmatch(path.name))]
    return [path for _, path in sorted(found)]


def history_of(checkpoint: Path) -> list[dict[str, Any]]:
    """What had been logged when a checkpoint was saved."""
    history: list[dict[str, Any]] = json.loads((checkpoint / STATE).read_text(encoding="utf-8"))["log_history"]
    return history


def scores_of(history: list[dict[str, Any]]) -> list[tuple[int, float]]:
    """The steps at which people set apart were asked for, and how well they were found."""
    return [(int(entry["step"]), float(entry[SCORE])) for entry in history if SCORE in entry]


def best_step(history: list[dict[str, Any]]) -> int | None:
    """The first step with the best score, the start left out; None before the first evaluation."""
    scores = [score for score in scores_of(history) if score[0]]
    return max(scores, key=lambda score: (score[1], -score[0]))[0] if scores else None


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error).splitlines()[0][:200]
