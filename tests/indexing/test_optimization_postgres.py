"""Studies in a real PostgreSQL server, where processes of several machines would share them."""

from __future__ import annotations

import warnings

import optuna
import pytest

from indexing.errors import DatabaseUnavailable
from indexing.optimization.storage import known_study, open_storage, open_study, opened_storage
from tests.postgres_server import PostgresServer, postgres_binaries

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(postgres_binaries() is None, reason="PostgreSQL is not installed here"),
]


def test_a_study_is_one_for_every_connection_and_a_server_that_is_gone_is_said_to_be() -> None:
    with PostgresServer() as server, server.database() as url:
        with opened_storage(url):
            pass  # the tables

        def begin(_: int) -> int:
            with opened_storage(url) as storage, warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that a heartbeat is for whoever runs it
                study = open_study(storage, "shared", {"start": "s"})
                trial = study.ask({"rarity": optuna.distributions.FloatDistribution(0, 1)})
                study.tell(trial, (trial.params["rarity"], 1.0))
                return trial.number

        numbers = sorted(begin(turn) for turn in range(3))
        assert numbers == [0, 1, 2]
        with opened_storage(url) as storage:
            assert len(known_study(storage, None).trials) == 3
        server.stop()
        with pytest.raises(DatabaseUnavailable):
            open_storage(url)
        server.start()  # whose database is dropped at the end
