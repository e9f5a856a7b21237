"""Log lines: one JSON object each when asked for, and in no form a word of what people asked or wrote."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from indexing.errors import IndexUnavailable
from service import logs
from service.logs import LogFormat
from tests.service.broken_index import put_in
from tests.service.conftest import Running, running
from tests.worlds import NAMED, World, make_deed, make_person

SECRET = "xylophone"
SECRETIVE = make_person(f"{SECRET}-login", make_deed("drums", f"Plays the {SECRET}.", "C"), bio=f"I love my {SECRET}.")


@pytest.fixture
def configured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[LogFormat], Callable[[], list[str]]]]:
    """Configures this process's logging, gives its lines, and puts everything back."""
    for name in ("uvicorn", "uvicorn.error"):  # Prefect, or a server of a test before, keeps these lines for itself
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
        monkeypatch.setattr(logging.getLogger(name), "disabled", False)
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def configure(log_format: LogFormat) -> Callable[[], list[str]]:
        capsys.readouterr()
        logs.configure(log_format)
        return lambda: capsys.readouterr().err.splitlines()

    yield configure
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    world = World(tmp_path)
    release = world.add_release(world.add_version("north"), (*NAMED, SECRETIVE), served=True)
    with running(world, release, search_keys="one", store_searches=True) as found:
        found.client.headers["authorization"] = "Bearer one"
        yield found


def ask_everything(service: Running) -> list[int]:
    """Requests with the secret wherever a caller can put it, answered and refused, and faults that quote it."""
    post, get = service.client.post, service.client.get
    need = {"query": f"{SECRET} drums", "filters": {"exclude": [f"{SECRET}-other"]}}
    responses = [
        post("/agent_search", json=need),
        post("/agent_search", json=need, headers={"accept": "text/csv"}),
        post("/agent_search/batch", json={"searches": [need, {"query": f"like @{SECRET}-login"}]}),
        post("/agent_search/compare", json={"query": SECRET, "versions": ["1", "champion"]}),
        post("/predict", json={"texts": [SECRET]}),
        get(f"/profiles/{SECRET}-login"),
        get(f"/profiles/{SECRET}-login/similar"),
        get(f"/profiles/{SECRET}/indexed?x={SECRET}"),
        get(f"/searches/{SECRET}"),
        post("/agent_search", json=need | {"version": SECRET}),
        post("/agent_search", json={"query": f"like @{SECRET}-nobody"}),
        post("/agent_search", json=need | {SECRET: SECRET}),
        post("/agent_search", content=f'{{"query": "{SECRET}'.encode()),
        get(f"/{SECRET}"),
        post("/agent_search", json=need, headers={"authorization": f"Bearer {SECRET}"}),
        service.client.delete(f"/profiles/{SECRET}-login", headers={"x-forwarded-for": SECRET}),
    ]

    class Quoting:
        def __init__(self, index: Any, error: Exception) -> None:
            self._index, self._error = index, error

        def search_sparse(self, *_: Any, **__: Any) -> Any:
            raise self._error

        def __getattr__(self, name: str) -> Any:
            return getattr(self._index, name)

    for error in (ValueError(f"cannot read {SECRET!r}"), IndexUnavailable("The Qdrant server cannot be used.")):
        error.__cause__ = KeyError(SECRET)
        put_in(service, lambda index, error=error: Quoting(index, error))
        responses.append(post("/agent_search", json=need))
    return [one.status_code for one in responses]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_line_has_a_word_of_what_was_asked_or_written(
    service: Running, configured: Any, log_format: LogFormat
) -> None:
    lines = configured(log_format)
    assert ask_everything(service) == [200] * 8 + [404, 404, 422, 422, 422, 404, 401, 403, 500, 503]
    written = lines()
    assert len(written) >= 18
    assert [line for line in written if SECRET in line] == []
    assert "builtins.ValueError" in "\n".join(written)  # kind and place are told
    assert SECRET not in service.client.get("/metrics").text


def test_in_json_every_line_is_an_object_and_says_which_request_it_is_of(service: Running, configured: Any) -> None:
    lines = configured("json")
    service.client.post("/agent_search", json={"query": "motor"}, headers={"x-request-id": "find-me"})
    service.client.get("/profiles/ada-lumen")
    first, second = map(json.loads, lines())
    assert first["request_id"] == "find-me"
    assert (first["method"], first["route"], first["status"]) == ("POST", "/agent_search", 200)
    assert first["ms"] > 0
    assert (first["level"], first["logger"]) == ("INFO", "vivier.access")
    assert first["time"].endswith("+00:00")
    assert "trace_id" not in first
    assert second["route"] == "/profiles/{login}"
    assert len(second["request_id"]) == 32


def test_what_a_thread_logs_says_which_request_it_was_for(service: Running, configured: Any) -> None:
    lines = configured("json")

    class Talking:
        def __init__(self, index: Any) -> None:
            self._index = index

        def search_sparse(self, *arguments: Any, **options: Any) -> Any:
            logging.getLogger("vivier.made-up").warning("it is slow")
            return self._index.search_sparse(*arguments, **options)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._index, name)

    put_in(service, Talking)
    service.client.post("/agent_search", json={"query": "motor"}, headers={"x-request-id": "find-me"})
    told = [json.loads(line) for line in lines()]  # others' threads may say something meanwhile
    ours = {(one["logger"], one["request_id"]) for one in told if one["logger"] in ("vivier.made-up", "vivier.access")}
    assert ours == {("vivier.made-up", "find-me"), ("vivier.access", "find-me")}


def test_what_others_log_and_warn_of_is_an_object_too(configured: Any) -> None:
    lines = configured("json")
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.\nReally.")
    logging.getLogger("made-up").warning("half a pair: %s", "\ud800")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("something is old", DeprecationWarning, stacklevel=1)
    expected = ["uvicorn.error", "made-up", "py.warnings"]
    found = [told for told in map(json.loads, lines()) if told["logger"] in expected]
    assert [one["logger"] for one in found] == expected
    assert found[0]["message"] == "Invalid HTTP request received.\nReally."
    assert "request_id" not in found[0]


def test_an_error_is_told_by_kind_and_place_with_what_caused_it(configured: Any) -> None:
    lines = configured("json")
    try:
        try:
            int(SECRET)
        except ValueError as error:
            raise RuntimeError(SECRET) from error
    except RuntimeError as error:
        logging.getLogger("made-up").error("it failed", exc_info=error)
    told = json.loads(lines()[0])["exception"]
    assert SECRET not in told
    assert told.index("builtins.ValueError") < told.index("builtins.RuntimeError")
    assert "test_logs.py" in told
