"""The images' locks, and that what serves needs nothing that the api image lacks."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.processes import ROOT, environment

LOCKS = sorted((ROOT / "deploy" / "locks").glob("*.lock"))
SERVES = "vivier, service.app, indexing.assembly, indexing.onnx_encoder, indexing.server_index, indexing.edge_index, \
indexing.people_store, flows.commands, flows.erase, flows.backing_up, flows.bringing_back, flows.promotion_settings, \
indexing.promotion.listing, indexing.erasure, mlflow.tracking, service.mcp_server.exchange, \
service.mcp_server.conversation"

BLOCKING = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Absent())
import {modules}
"""


def pins(lock: Path) -> dict[str, str]:
    """Version by package name, as pip writes it."""
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_images_take_the_versions_that_are_tested_and_every_file_by_its_hash(lock: Path) -> None:
    tested = pins(ROOT / "requirements.lock") | pins(ROOT / "requirements-dev.lock")
    pinned = pins(lock)
    assert len(pinned) > 20
    assert {name: version for name, version in pinned.items() if tested.get(name, version) != version} == {}
    text = lock.read_text(encoding="utf-8")
    assert text.count("==") <= text.count("--hash=sha256:")
    assert not re.search(r"--(extra-)?index-url|--find-links|file:", text)


@pytest.mark.slow
def test_the_api_image_has_no_torch_and_every_module_that_serving_imports(tmp_path: Path) -> None:
    pinned = pins(ROOT / "deploy" / "locks" / "api.lock")
    assert not {"torch", "sentence-transformers", "mlflow", "scikit-learn", "prefect", "optuna"} & set(pinned)
    own = {"vivier", "service", "indexing", "flows"}
    absent = {
        module
        for module, owners in packages_distributions().items()
        if module not in own and not any(re.sub(r"[-_.]+", "-", owner).lower() in pinned for owner in owners)
    }
    assert "torch" in absent
    done = subprocess.run(
        [sys.executable, "-c", BLOCKING.format(absent=absent, modules=SERVES)],
        env=environment(tmp_path),
        cwd=ROOT,
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_images_run_as_somebody_without_rights_and_tell_whether_they_are_well() -> None:
    stages = re.split(r"^FROM ", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    targets = {stage.split("\n", 1)[0].rpartition(" ")[2]: stage for stage in stages}
    for target in ("api", "worker", "mlflow", "prefect"):
        assert "USER 10001:10001" in targets[target]
    for target in ("api", "mlflow", "prefect"):  # the worker answers nobody; Prefect hears its heartbeats
        assert "HEALTHCHECK" in targets[target]
