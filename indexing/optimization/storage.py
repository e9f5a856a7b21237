"""Studies in the project's own database, SQLite or PostgreSQL, and trials whose process died taken up again."""

from __future__ import annotations

import os
import socket
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import optuna
import psutil
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from indexing.databases import open_engine
from indexing.errors import DatabaseUnavailable, InputError, NotFound

HEARTBEAT_SECONDS, GRACE_SECONDS = 10, 60
WAIT_SECONDS = 30.0  # for the write of another process
LOOK_AGAIN_SECONDS, MORE_LOOKS = 1.0, 5  # for its making of the tables
# What is noted of a trial: who runs it, how it crashed, of which lost one (its process died) it is the second attempt.
PROCESS, FAILURE, RETRIED = "process", "failure", "retried"


def open_storage(database: str) -> RDBStorage:
    """Optuna's tables in the database, made when they are missing. DatabaseUnavailable when it does not answer."""
    engine = open_engine(database)  # its checks of the address, and SQLite's settings, which stay in the file
    try:
        engine.connect().close()
        for _ in range(MORE_LOOKS):
            try:
                return _storage(engine)
            except (IntegrityError, OperationalError, ProgrammingError):
                # Processes that find no tables all make them, and all but one fail at some table: they look again.
                time.sleep(LOOK_AGAIN_SECONDS)
        return _storage(engine)
    except (SQLAlchemyError, RuntimeError) as error:
        raise DatabaseUnavailable(
            f"The database cannot keep studies ({type(error).__name__}); see VIVIER_DATABASE_URL."
        ) from error
    finally:
        engine.dispose()


def _storage(engine: Engine) -> RDBStorage:
    is_sqlite = engine.dialect.name == "sqlite"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # heartbeats are "experimental" since version 2
        return RDBStorage(
            engine.url.render_as_string(hide_password=False),
            engine_kwargs={
                "pool_pre_ping": True,
                "hide_parameters": True,
                "connect_args": {"timeout": WAIT_SECONDS} if is_sqlite else {},
            },
            heartbeat_interval=HEARTBEAT_SECONDS,
            grace_period=GRACE_SECONDS,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(max_retry=1),
        )


@contextmanager
def opened_storage(database: str) -> Iterator[RDBStorage]:
    """The same for the time of a block, after which no connection is left."""
    storage = open_storage(database)
    try:
        yield storage
    finally:
        storage.remove_session()
        storage.engine.dispose()


def open_study(storage: RDBStorage, name: str, about: Mapping[str, Any]) -> optuna.Study:
    """The study of this name, made when it is new. InputError when it is about something else than `about` says."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # what is worth saying is said here, in our words
    study = optuna.create_study(
        study_name=name, storage=storage, directions=["maximize", "minimize"], load_if_exists=True
    )
    for fact, value in about.items():
        known = study.user_attrs.get(fact)
        if known is None:
            study.set_user_attr(fact, value)
        elif known != value:
            raise InputError(
                f"The study {name!r} was begun with another {fact}, so their trials do not compare; give --study "
                "another name.",
                field="study",
            )
    return study


def known_study(storage: RDBStorage, name: str | None) -> optuna.Study:
    """A study that exists: the one named, or the latest begun. NotFound when there is none."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    known = [one for one in optuna.get_all_study_summaries(storage, include_best_trial=False) if one.datetime_start]
    latest = max(known, key=lambda one: one.datetime_start or one.study_name, default=None)
    wanted = name or (latest.study_name if latest else None)
    if wanted is None or all(one.study_name != wanted for one in known):
        names = ", ".join(sorted(one.study_name for one in known)) or "none yet; `vivier optimize` begins one"
        raise NotFound(f"No study is called {name!r}. Known: {names}.")
    return optuna.load_study(study_name=wanted, storage=storage)


def this_process() -> str:
    """This process in a word that no later one has."""
    return f"{socket.gethostname()} {os.getpid()} {psutil.Process().create_time():.2f}"


def take_up_lost(study: optuna.Study) -> int:
    """Fail the trials whose process on this machine is dead, and ask for each once more; returns how many.

    Those of other machines are found by their heartbeat, a minute later.
    """
    lost = [trial for trial in study.get_trials(deepcopy=False) if _is_lost(trial)]
    for trial in lost:
        with suppress(ValueError, optuna.exceptions.UpdateFinishedTrialError):  # another process was faster
            study.tell(trial.number, state=TrialState.FAIL)
            if trial.params and not trial.user_attrs.get(RETRIED):
                study.enqueue_trial(dict(trial.params), user_attrs={RETRIED: trial.number})
    return len(lost)


def is_done(trial: FrozenTrial) -> bool:
    """Whether a trial counts as one of those asked for: not one that a kill ended and that is tried again."""
    if trial.state == TrialState.FAIL:
        return FAILURE in trial.user_attrs or RETRIED in trial.user_attrs
    return trial.state != TrialState.WAITING


def _is_lost(trial: FrozenTrial) -> bool:
    host, _, rest = str(trial.user_attrs.get(PROCESS, "")).partition(" ")
    if trial.state != TrialState.RUNNING or host != socket.gethostname():
        return False
    pid, _, created = rest.partition(" ")
    try:
        return f"{psutil.Process(int(pid)).create_time():.2f}" != created
    except psutil.Error:
        return True
