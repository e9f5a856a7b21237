"""The manifests against Kubernetes' own schemas, as base and as each overlay changes them.

There is no kustomize to be had as a package: overlays use JSON patches only, which are applied here by a library.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonpatch
import pytest
import yaml

from tests.processes import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
VERSION = "1.33"
KNOWN_KEYS = {"apiVersion", "kind", "resources", "patches", "namespace", "images"}
Manifest = dict[str, Any]


def built(folder: Path) -> list[Manifest]:
    """What `kustomize build` makes of a folder that has resources and JSON patches."""
    plan = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    assert set(plan) <= KNOWN_KEYS
    manifests: list[Manifest] = []
    for name in plan["resources"]:
        path = (folder / name).resolve()
        manifests += built(path) if path.is_dir() else list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    for patch in plan.get("patches", ()):
        named = [one for one in manifests if is_meant(one, patch["target"])]
        assert len(named) == 1, f"{folder.name}: {patch['target']} is nothing, or more than one thing"
        changed = jsonpatch.apply_patch(named[0], yaml.safe_load(patch["patch"]))
        manifests[manifests.index(named[0])] = changed
    return manifests


def is_meant(manifest: Manifest, target: dict[str, str]) -> bool:
    return manifest["kind"] == target["kind"] and manifest["metadata"]["name"] == target["name"]


@pytest.mark.parametrize("name", ["base", "overlays/small", "overlays/production"])
def test_every_manifest_is_what_kubernetes_takes(name: str) -> None:
    from kubernetes_validate import validate  # three seconds to import: not for every worker

    manifests = built(FOLDER / name)
    assert len(manifests) == 12
    for manifest in manifests:
        validate(manifest, VERSION, strict=True)


@pytest.mark.parametrize("name", ["base", "overlays/small", "overlays/production"])
def test_containers_have_limits_and_no_rights(name: str) -> None:
    for manifest in built(FOLDER / name):
        for pod in pods(manifest):
            assert pod["securityContext"]["runAsNonRoot"] is True
            assert pod["automountServiceAccountToken"] is False
            for container in pod["containers"]:
                assert container["securityContext"]["readOnlyRootFilesystem"] is True
                assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
                assert {"requests", "limits"} == set(container["resources"])


def pods(manifest: Manifest) -> list[Manifest]:
    """The pods that a manifest describes."""
    match manifest["kind"]:
        case "Deployment" | "Job":
            return [manifest["spec"]["template"]["spec"]]
        case "CronJob":
            return [manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]]
    return []


def test_a_drained_node_leaves_somebody_who_answers() -> None:
    production = {
        (one["kind"], one["metadata"]["name"]): one["spec"]
        for one in built(FOLDER / "overlays/production")
        if "spec" in one
    }
    left = production["PodDisruptionBudget", "api"]["minAvailable"]
    assert 1 <= left < production["HorizontalPodAutoscaler", "api"]["minReplicas"]
    assert production["HorizontalPodAutoscaler", "api"]["minReplicas"] == production["Deployment", "api"]["replicas"]
