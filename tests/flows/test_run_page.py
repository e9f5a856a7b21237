"""What a run's page in the Prefect UI is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prefect.client.schemas.actions import ArtifactCreate

from flows.run_page import artifact_key


def test_a_stage_may_be_called_anything_that_reads_well() -> None:
    assert artifact_key("evaluate", "Asking version 1") == "evaluate-asking-version-1"


@given(st.text())
def test_every_key_is_one_that_prefect_takes(stage: str) -> None:
    key = artifact_key("evaluate", stage)
    assert ArtifactCreate(key=key).key == key
