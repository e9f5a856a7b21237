"""Whatever a caller sends, the service answers, and its answers are the documented ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from indexing.search_store import SearchStore
from service.app import create_app
from tests.indexing.test_search_store import make_search
from tests.service.conftest import make_settings
from tests.worlds import NAMED, World

pytestmark = pytest.mark.slow

EXAMPLES = 30
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
KNOWN = {"login": "ada-lumen", "version": "1", "search_id": "known"}
OPERATIONS = [
    ("DELETE", "/profiles/{login}"),
    ("GET", "/"),
    ("GET", "/health"),
    ("GET", "/health/live"),
    ("GET", "/map"),
    ("GET", "/metrics"),
    ("GET", "/models/info"),
    ("GET", "/models/loading"),
    ("GET", "/profiles/{login}"),
    ("GET", "/profiles/{login}/indexed"),
    ("GET", "/profiles/{login}/similar"),
    ("GET", "/searches/{search_id}"),
    ("POST", "/agent_search"),
    ("POST", "/agent_search/batch"),
    ("POST", "/agent_search/compare"),
    ("POST", "/agent_search/facets"),
    ("POST", "/models/load/{version}"),
    ("POST", "/predict"),
    ("POST", "/predict/similarity"),
]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    world = World(tmp_path_factory.mktemp("fuzz"))
    release = world.add_release(world.add_version("north"), NAMED, served=True)
    settings = make_settings(world.workspace.home, admin_key="open-sesame", store_searches=True)
    settings.home.mkdir(parents=True, exist_ok=True)
    store = SearchStore(settings.database)
    store.keep([make_search(KNOWN["search_id"], asked_at=datetime.now(UTC), release_id=release.id)])
    store.close()
    app = create_app(settings, world.workspace)
    yield schemathesis.openapi.from_asgi("/openapi.json", app)
    asgi.shutdown_lifespans()


def test_every_operation_is_fuzzed(api: Any) -> None:
    found = [(one.ok().method.upper(), one.ok().path) for one in api.get_all_operations()]
    assert sorted(found) == OPERATIONS


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda value: str(value))
def test_nothing_a_caller_sends_is_our_fault(api: Any, method: str, path: str, mode: GenerationMode) -> None:
    operation = api[path][method]
    statuses: set[int] = set()
    cases = operation.as_strategy(generation_mode=mode)
    # Whoever leaves is not there for the other routes; any login may leave.
    if operation.path_parameters and mode is GenerationMode.POSITIVE and method != "DELETE":
        cases |= operation.as_strategy(path_parameters={name: KNOWN[name] for name in KNOWN if f"{{{name}}}" in path})
    if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query or operation.path_parameters):
        return  # nothing is sent, so nothing can be wrong

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,  # the same requests on every run: a failure is a change of ours
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def send(data: st.DataObject) -> None:
        case = data.draw(cases)
        if path == "/agent_search/compare" and mode is GenerationMode.POSITIVE and data.draw(st.booleans()):
            case.body["versions"] = ["1", "champion"]  # made-up words name no release
        response = case.call(headers={"authorization": "Bearer open-sesame"})
        statuses.add(response.status_code)
        assert response.headers["x-request-id"]
        case.validate_response(response, checks=CHECKS)

    send()
    # A fuzzer that is turned away at the door finds nothing.
    if mode is GenerationMode.NEGATIVE and (method == "DELETE" or path.endswith("/indexed")):
        return  # of a login that nobody has, both are answers
    assert bool({200, 202} & statuses) == (mode is GenerationMode.POSITIVE)
