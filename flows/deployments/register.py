"""Registering the flows on a Prefect server: the pool, its queues, a deployment each, and what ends lost runs.

A second time changes nothing: each deployment's version is the hash of what was registered, and one that has it is
left as it is, with whatever was changed in the UI since (a schedule paused, a description).
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import prefect
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions, VersionInfo
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.utilities.callables import parameter_schema
from prefect.workers.process import ProcessWorker

from flows.deployments.flows_table import FLOWS, HEAVY, LIGHT, POOL, DeployedFlow, parameters, schedules
from flows.deployments.lost_runs import HEARTBEAT_SECONDS, end_lost_runs
from flows.deployments.server_address import reachable_server
from flows.settings import FlowSettings
from indexing.errors import InputError

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

Outcome = Literal["registered", "changed", "unchanged"]
DESCRIPTIONS = {
    HEAVY: "Flows that take every processor for minutes: one at a time.",
    LIGHT: "Everything else.",
}


@dataclass(frozen=True, slots=True)
class Registered:
    """One flow's deployment, and whether it had to be written."""

    flow: str
    outcome: Outcome
    url: str


async def register(settings: FlowSettings, *, folder: Path, table: Sequence[DeployedFlow] = FLOWS) -> list[Registered]:
    """Register every flow of the table. `folder` is where workers run them: the checkout, or /app in an image.

    InputError when PREFECT_API_URL is not set, or a schedule is no cron line; Unavailable when no server answers there.
    """
    server = reachable_server(settings)
    with temporary_settings({PREFECT_API_URL: server.api_url}):
        async with get_client() as client:
            await _make_pool(client)
            done = []
            for deployed in filter(lambda one: one.is_here, table):
                wanted = payload(deployed, settings, folder)
                done.append(Registered(deployed.name, *await _write(client, deployed, wanted, server.ui_url)))
            await end_lost_runs(client)
    return done


async def _make_pool(client: PrefectClient) -> None:
    try:
        await client.read_work_pool(POOL)
    except ObjectNotFound:
        await client.create_work_pool(
            WorkPoolCreate(
                name=POOL,
                type=ProcessWorker.type,
                description="Vivier's flows, each run a process of its own; `vivier flows worker` runs them.",
                base_job_template=ProcessWorker.get_default_base_job_template(),
            )
        )
    for queue, limit in ((HEAVY, 1), (LIGHT, None)):
        try:
            known = await client.read_work_queue_by_name(queue, work_pool_name=POOL)
        except ObjectNotFound:
            await client.create_work_queue(
                queue, work_pool_name=POOL, concurrency_limit=limit, description=DESCRIPTIONS[queue]
            )
        else:
            if not known.description:
                await client.update_work_queue(known.id, description=DESCRIPTIONS[queue])


def payload(deployed: DeployedFlow, settings: FlowSettings, folder: Path) -> dict[str, Any]:
    """What the server is told of a flow, as JSON-able values; equal payloads are one deployment."""
    flow = deployed.load()
    cron = schedules(settings).get(deployed.name)
    return {
        "entrypoint": f"{deployed.module}.{deployed.name}",  # imported: the same in a checkout and in an image
        "description": prose(inspect.getdoc(flow.fn) or flow.description or ""),
        "tags": ["vivier", *deployed.tags],
        "work_queue_name": HEAVY if deployed.is_heavy else LIGHT,
        "concurrency_limit": deployed.at_once,
        "when_full": deployed.when_full,
        "cron": _checked(cron) if cron else None,
        "parameters": dict(parameters(settings).get(deployed.name, {})),
        "parameter_openapi_schema": parameter_schema(flow).model_dump_for_openapi(),
        "job_variables": {
            "working_dir": str(folder),
            "env": {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS)},
        },
        "prefect": prefect.__version__,
    }


async def _write(
    client: PrefectClient, deployed: DeployedFlow, wanted: dict[str, Any], ui_url: str
) -> tuple[Outcome, str]:
    version = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()[:12]
    outcome: Outcome = "registered"
    try:
        known = await client.read_deployment_by_name(f"{deployed.name}/{deployed.name}")
    except ObjectNotFound:
        pass
    else:
        if known.version == version:
            return "unchanged", f"{ui_url}/deployments/deployment/{known.id}"
        outcome = "changed"
    options = ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy(wanted["when_full"]))
    cron = wanted["cron"]
    # Whatever is said here takes the place of what was there; the deployment's id, runs and pause stay.
    number = await client.create_deployment(
        flow_id=await client.create_flow_from_name(deployed.name),
        name=deployed.name,  # what the list of deployments shows in bold
        version=version,
        version_info=VersionInfo(type="prefect:simple", version=version),
        work_pool_name=POOL,
        concurrency_options=options if wanted["concurrency_limit"] else None,
        schedules=[DeploymentScheduleCreate(schedule=CronSchedule(cron=cron), active=True)] if cron else [],
        pull_steps=[],
        enforce_parameter_schema=True,
        **{name: wanted[name] for name in _AS_THEY_ARE},
    )
    return outcome, f"{ui_url}/deployments/deployment/{number}"


_AS_THEY_ARE = (
    "entrypoint description tags work_queue_name concurrency_limit parameters parameter_openapi_schema job_variables"
).split()


def _checked(cron: str) -> str:
    try:
        return CronSchedule(cron=cron).cron
    except ValueError as error:
        raise InputError(
            f"VIVIER_REFRESH_CRON is no cron line: {cron!r}; weekly on Sunday at 3 is `0 3 * * 0`.",
            field="refresh_cron",
        ) from error


def prose(docstring: str) -> str:
    """A docstring without its list of parameters, which the form shows beside each field."""
    return "\n".join(_until_parameters(docstring)).strip()


def _until_parameters(docstring: str) -> Iterator[str]:
    for line in docstring.splitlines():
        if line.strip() in {"Args:", "Returns:", "Raises:"}:
            return
        yield line
