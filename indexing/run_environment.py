"""What a piece of work ran on: commit, Python, libraries, processor; no host name, no user, no path."""

from __future__ import annotations

import os
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

LIBRARIES = (
    "torch", "sentence-transformers", "transformers", "tokenizers", "onnxruntime", "numpy", "scipy", "scikit-learn",
    "qdrant-edge-py", "mlflow", "prefect", "optuna",
)  # fmt: skip


@cache
def environment() -> dict[str, str]:
    """Versions and hardware by name, the same for the whole life of a process."""
    found = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "memory_gb": f"{psutil.virtual_memory().total / 2**30:.0f}",
    }
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


def machine() -> str:
    """The processor and its cores in a few words."""
    found = environment()
    return f"{found['processor']}, {found['cores']} cores, {found['memory_gb']} GB"


def git_revision() -> str | None:
    """The commit of the working folder, or the one an image was built from; None when nobody knows."""
    if built_from := os.environ.get("VIVIER_GIT_REVISION"):
        return built_from
    try:
        finished = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607  # whichever git the user has
            capture_output=True,
            text=True,
            check=False,
            timeout=5,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return finished.stdout.strip() or None


def package_version() -> str:
    """The installed version of this project."""
    try:
        return version("vivier")
    except PackageNotFoundError:
        return "0+unknown"


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
