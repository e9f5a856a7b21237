"""Where runs go: started, handed to the work, and ended as the work ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock, Timeout

from indexing.errors import RegistryUnavailable, VivierError
from indexing.run_environment import environment
from indexing.run_log.mlflow_runs import OpenMlflow, create, mark_dead, now_ms, revive
from indexing.run_log.run import LONGEST, Run


@dataclass(frozen=True, slots=True)
class Tracker:
    """Where runs go; MLflow is opened when the first one starts."""

    open: Callable[[], OpenMlflow] | None  # RegistryUnavailable when it does not answer; None: nothing is logged
    warn: Callable[[str], None] = print
    locks: Path | None = None  # one file for each run under way here, so that a dead one's is known
    common: Mapping[str, str] = field(default_factory=dict)  # tags of every run, such as git_revision

    @contextmanager
    def run(
        self,
        experiment: str,
        name: str,
        *,
        kind: str,
        description: str = "",
        tags: Mapping[str, str | None] | None = None,
        parameters: Mapping[str, object] | None = None,
        parent: str | None = None,
        continues: str | None = None,
        seconds_ago: float = 0.0,
    ) -> Iterator[Run]:
        """A run for the time of the block; `continues` goes on with an earlier one that was cut short, if it is there.

        `tags` without a value are left out. `parent` nests it in a run, which may be another process's. `seconds_ago`
        is when the work began, for what is logged when it is done.
        """
        described = {"kind": kind, "mlflow.runName": name, "mlflow.note.content": description, **(tags or {})}
        # What is logged when it is done may be of an earlier revision than the one that logs it.
        described |= {"mlflow.parentRunId": parent, "mlflow.source.git.commit": described.get("git_revision")}
        entered = {key: text for key, text in described.items() if text}
        run, lock = self._start(experiment, name, entered, continues, began=now_ms() - int(seconds_ago * 1000))
        try:
            run.parameters(parameters or {})
            yield run
        except KeyboardInterrupt:
            run.end("KILLED", "stopped by hand")
            raise
        except BaseException as error:
            # The sentences of our own errors name no person; others' may.
            run.end("FAILED", str(error)[:LONGEST] if isinstance(error, VivierError) else type(error).__name__)
            raise
        else:
            run.end("FINISHED")
        finally:
            if lock is not None:
                lock.release()
                if run.problem is None:
                    Path(lock.lock_file).unlink(missing_ok=True)

    def _start(
        self, experiment: str, name: str, tags: Mapping[str, str], continues: str | None, *, began: int
    ) -> tuple[Run, FileLock | None]:
        if self.open is None:
            return self._unlogged(experiment), None
        try:
            opened = self.open()
            if "mlflow.parentRunId" not in tags:
                mark_dead(self.locks, opened, spare=continues)
            run_id = revive(opened, continues) or create(opened, experiment, name, {**self.common, **tags}, began=began)
        except (RegistryUnavailable, OSError) as error:
            self.warn(f"{name} is not logged to MLflow: {error}")
            return self._unlogged(experiment), None
        lock = None
        if self.locks is not None:
            self.locks.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.locks / f"{run_id}.lock")
            with suppress(Timeout):  # two processes that continue one run: both may
                lock.acquire(timeout=0)
        run = Run(run_id, opened, warn=self.warn, nested=partial(self.run, experiment, parent=run_id))
        if "mlflow.parentRunId" not in tags:
            with TemporaryDirectory(prefix="vivier-run-") as scratch:
                (Path(scratch) / "environment.json").write_text(json.dumps(environment(), indent=2), encoding="utf-8")
                run.files(Path(scratch))
        return run, lock

    def _unlogged(self, experiment: str) -> Run:
        """A run that drops all it is given, as its children do: they are no runs by themselves in its stead."""
        return Run(None, None, warn=self.warn, nested=partial(UNTRACKED.run, experiment))


UNTRACKED = Tracker(open=None)
