"""What is registered on a Prefect server, looked at without one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flows.deployments.flows_table import FLOWS, parameters, schedules
from flows.deployments.server_address import reachable_server
from flows.settings import FlowSettings
from indexing.errors import InputError, Unavailable
from tests.processes import ROOT, environment, free_port

# Prefect is imported in a process of its own: what its import warns of is not ours.
FORMS = """
import json
from flows.deployments.flows_table import FLOWS
from flows.deployments.register import payload
from flows.settings import FlowSettings
from pathlib import Path

settings = FlowSettings(_env_file=None, refresh_cron="0 3 * * 0", refresh_queries="language:rust; language:go")
print(json.dumps({one.name: payload(one, settings, Path("/app")) for one in FLOWS if one.is_here}))
"""


def settings(**given: str) -> FlowSettings:
    return FlowSettings(_env_file=None, **given)  # type: ignore[arg-type]


def test_without_an_address_a_sentence_says_how_to_get_a_server() -> None:
    with pytest.raises(InputError, match="PREFECT_API_URL is not set; start a server with `vivier flows server`"):
        reachable_server(settings(prefect_api_url=""))


def test_an_address_that_is_no_servers_is_said() -> None:
    with pytest.raises(InputError, match=r"a Prefect server's ends in /api"):
        reachable_server(settings(prefect_api_url="http://127.0.0.1:4200"))


def test_a_server_that_is_away_is_said() -> None:
    with pytest.raises(Unavailable, match=r"does not answer \(ConnectError\); start it"):
        reachable_server(settings(prefect_api_url=f"http://127.0.0.1:{free_port()}/api"))


def test_a_refresh_is_scheduled_by_the_settings_only() -> None:
    assert schedules(settings()) == {}
    assert schedules(settings(refresh_cron="0 3 * * 0")) == {"refresh": "0 3 * * 0"}
    assert parameters(settings(refresh_source="git", refresh_clones="/a;/b ")) == {
        "refresh": {"source": "git", "clones": ["/a", "/b"]}
    }


def test_heavy_flows_share_a_place_and_a_second_refresh_is_cancelled() -> None:
    named = {one.name: one for one in FLOWS}
    assert {name for name, one in named.items() if one.is_heavy} >= {
        "index",
        "refresh",
        "evaluate",
        "train",
        "optimize",
    }
    assert (named["refresh"].at_once, named["refresh"].when_full) == (1, "CANCEL_NEW")


@pytest.mark.slow
def test_every_field_of_every_form_is_explained() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", FORMS],
        env=environment(Path("unused")),
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=True,
        timeout=280,
    )
    forms = json.loads(ended.stdout)
    for name, form in forms.items():
        fields = form["parameter_openapi_schema"].get("properties", {})
        assert [field for field, told in fields.items() if not told.get("description")] == [], name
        assert form["description"], name
        assert "Args:" not in form["description"], name
    assert forms["refresh"]["cron"] == "0 3 * * 0"
    assert forms["refresh"]["parameters"]["queries"] == ["language:rust", "language:go"]
    assert forms["refresh"]["job_variables"]["working_dir"] == "/app"
    assert forms["scrape"]["parameter_openapi_schema"]["properties"]["points_an_hour"]["anyOf"][0]["maximum"] == 5_000


@pytest.mark.slow
def test_a_schedule_that_is_no_cron_line_is_said() -> None:
    code = (
        "from flows.deployments.register import payload; from flows.deployments.flows_table import FLOWS\n"
        "from flows.settings import FlowSettings; from pathlib import Path\n"
        "refresh = next(one for one in FLOWS if one.name == 'refresh')\n"
        "payload(refresh, FlowSettings(_env_file=None, refresh_cron='on Sundays'), Path('/app'))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(Path("unused")),
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
        timeout=280,
    )
    assert "VIVIER_REFRESH_CRON is no cron line: 'on Sundays'" in ended.stderr
