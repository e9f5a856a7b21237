"""Ending runs whose process is gone: a run says every half minute that it lives, and one that stops is marked crashed.

Without it, a run whose machine lost power stays "Running" for ever and keeps its place in the queue of heavy flows.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

AUTOMATION = "vivier: runs whose process is gone"
HEARTBEAT_SECONDS = 30  # Prefect's least
SILENCE_SECONDS = 90  # two lost ones are a slow machine
_BEAT = "prefect.flow-run.heartbeat"
_ENDS = {
    f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Cancelled", "Crashed", "Paused", "Suspended")
}


async def end_lost_runs(client: PrefectClient) -> None:
    """Have the server mark lost runs of our deployments as crashed; an automation that is there stays as it is."""
    if await client.read_automations_by_name(AUTOMATION):
        return
    await client.create_automation(
        AutomationCore(
            name=AUTOMATION,
            description=f"Marks a run as crashed when it has not been heard of for {SILENCE_SECONDS} s.",
            trigger=EventTrigger(
                posture=Posture.Proactive,
                after={_BEAT},
                expect={_BEAT, *_ENDS},
                match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
                match_related=[
                    ResourceSpecification({"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.vivier"})
                ],
                for_each={"prefect.resource.id"},
                threshold=1,
                within=timedelta(seconds=SILENCE_SECONDS),
            ),
            actions=[
                ChangeFlowRunState(
                    state=StateType.CRASHED,
                    message="Its process was not heard of any more. What it did is kept: run it again to go on.",
                )
            ],
        )
    )
