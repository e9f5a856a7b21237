"""A run of work while it is under way."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from indexing.errors import RegistryUnavailable
from indexing.run_log.mlflow_runs import OpenMlflow, end, now_ms

RETRY_SECONDS = 30.0  # a server that is frozen costs its timeout at every call
AT_ONCE = 100  # parameters, tags and measures a call: MLflow's limit for the first two
LONGEST = 500  # characters of a parameter, and of a data set's name
LONGEST_DIGEST = 36
_OUTSIDE_NAMES = re.compile(r"[^A-Za-z0-9_\-. :/]")  # of measures and parameters; "ndcg@10" becomes "ndcg_10"


StartRun = Callable[..., AbstractContextManager["Run"]]


@dataclass(slots=True)
class _Batch:
    metrics: list[Any] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)
    tags: list[Any] = field(default_factory=list)


class Run:
    """A run while it is under way, for one thread; its methods never raise for what MLflow does."""

    def __init__(
        self, run_id: str | None, opened: OpenMlflow | None, *, warn: Callable[[str], None], nested: StartRun
    ) -> None:
        self.id = run_id  # None: it is not logged at all
        self.problem: str | None = None  # why it is not logged whole, if so
        self._opened, self._warn, self._nested = opened, warn, nested
        self._pending: list[_Batch] = []
        self._not_before = 0.0
        self._measured: tuple[str, str, str] | tuple[()] = ()
        self._unsent = ""  # why what is pending was not sent

    def parameters(self, values: Mapping[str, object]) -> None:
        """Log what the work was set to; a parameter is written once."""
        if self.id is not None:
            from mlflow.entities import Param

            self._add(_Batch(parameters=[Param(key, value) for key, value in as_texts(values).items()]))

    def of_version(self, version: int, *, data_set: str, digest: str) -> None:
        """Say that the measures from here on are a registered version's, on a data set: its page shows them too."""
        if self.id is None or self._opened is None:
            return
        from mlflow.entities import Dataset, DatasetInput, LoggedModelInput

        name, digest = data_set[:LONGEST], digest[:LONGEST_DIGEST]
        measured_on = DatasetInput(Dataset(name, digest, source_type="files", source="{}"), [])
        try:
            model_id = self._opened.model_id(version)
            models = [LoggedModelInput(model_id)] if model_id is not None else []
            with self._opened.asking():
                self._opened.runs.log_inputs(self.id, datasets=[measured_on], models=models)
            self._measured = (model_id, name, digest) if model_id is not None else ()
        except RegistryUnavailable as error:
            self._broke(str(error))

    def metrics(self, values: Mapping[str, float], *, step: int = 0) -> None:
        """Log measures at a step."""
        if self.id is not None:
            from mlflow.entities import Metric

            now = now_ms()
            named = {metric_name(key): float(value) for key, value in values.items()}
            self._add(_Batch([Metric(key, value, now, step, *self._measured) for key, value in named.items()]))

    def tags(self, values: Mapping[str, str]) -> None:
        """Set tags; one that is set again is replaced."""
        if self.id is not None:
            from mlflow.entities import RunTag

            self._add(_Batch(tags=[RunTag(key, value) for key, value in values.items()]))

    def describe(self, markdown: str) -> None:
        """Say in Markdown what the run was and found; it heads the run's page."""
        self.tags({"mlflow.note.content": markdown})

    def files(self, folder: Path, path: str = "") -> None:
        """Copy the files in a folder to the run, under a path of its own if one is given."""
        if self.id is None or self._opened is None:
            return
        try:
            self._opened.put(self.id, folder, path)
        except (RegistryUnavailable, OSError) as error:
            self._broke(str(error))

    def table(self, name: str, rows: Mapping[str, list[Any]]) -> None:
        """Log columns as a table, which the run's page shows and compares between runs."""
        with TemporaryDirectory(prefix="vivier-run-") as scratch:
            columns = list(rows)
            lines = [list(line) for line in zip(*rows.values(), strict=True)]
            text = json.dumps({"columns": columns, "data": lines}, ensure_ascii=False)
            (Path(scratch) / name).write_text(text, encoding="utf-8")
            self.files(Path(scratch))
        self.tags({"mlflow.loggedArtifacts": json.dumps([{"path": name, "type": "table"}])})

    def child(self, name: str, **options: Any) -> AbstractContextManager[Run]:
        """A run nested in this one, with the options of `Tracker.run`."""
        return self._nested(name, **options)

    def end(self, status: str, reason: str | None = None) -> None:
        """Deliver what is pending and end the run. `Tracker.run` calls it."""
        if self.id is None or self._opened is None:
            return
        if reason:
            self.tags({"failure": reason})
        self._not_before = 0.0
        self._deliver()
        if self._pending:
            self._broke(self._unsent)
        try:
            end(self._opened, self.id, status if self.problem is None or status == "KILLED" else "FAILED")
        except RegistryUnavailable as error:
            self._broke(str(error))
        if self.problem is not None:
            self._warn(f"Run {self.id} was not logged to MLflow whole and does not count: {self.problem}")

    def _add(self, batch: _Batch) -> None:
        self._pending.append(batch)
        self._deliver()

    def _deliver(self) -> None:
        """Send what is pending, in order; what fails stays for the next time."""
        if self._opened is None or time.monotonic() < self._not_before:
            return
        try:
            while self._pending:
                batch = self._pending[0]
                for start in range(0, max(map(len, (batch.metrics, batch.parameters, batch.tags))), AT_ONCE):
                    part = slice(start, start + AT_ONCE)
                    with self._opened.asking():
                        self._opened.runs.log_batch(
                            self.id, batch.metrics[part], batch.parameters[part], batch.tags[part]
                        )
                self._pending.pop(0)
            self._not_before = 0.0
        except RegistryUnavailable as error:
            if self._not_before == 0.0:
                self._warn(f"{error} What is to be logged is kept and sent when it answers.")
            self._unsent = str(error)
            self._not_before = time.monotonic() + RETRY_SECONDS

    def _broke(self, why: str) -> None:
        self.problem = self.problem or why


def as_texts(values: Mapping[str, object]) -> dict[str, str]:
    """Parameters as MLflow takes them; those without a value are left out."""
    return {metric_name(key): str(value)[:LONGEST] for key, value in values.items() if value is not None}


def metric_name(name: str) -> str:
    """A name that MLflow takes."""
    return _OUTSIDE_NAMES.sub("_", name)
