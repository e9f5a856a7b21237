"""What a registered version says of itself on MLflow's pages: a few lines of Markdown, and tags to look for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REGISTERED_MODEL = (
    "Encoders of Vivier: each turns texts into the vectors that people are searched by. The version under the alias "
    "`champion` is served, with the collection that its tag `release` names. Measures of a version are on its page and "
    "among its run's metrics as `corpus/measure`; the runs they come from are in the experiment `vivier-evaluation`."
)
SHOWN = ("dimension", "max_length", "precision")


def describe_version(name: str, manifest: Mapping[str, Any], *, is_tuned: bool) -> str:
    """What a version is, from its encoder's manifest."""
    prefixes = [f"`{manifest[role]}`" for role in ("query_prefix", "passage_prefix") if manifest.get(role)]
    lines = [
        f"**{name}**: sentence encoder, {manifest.get('dimension', '?')} dimensions, {manifest.get('precision', '?')}, "
        f"texts up to {manifest.get('max_length', '?')} tokens; {manifest.get('pooling', 'unknown layers')}.",
        "",
        f"- Fingerprint `{str(manifest['fingerprint'])[:12]}`: of all that decides a vector.",
        f"- Before a text: {' or '.join(prefixes)}." if prefixes else "- Nothing is put before a text.",
        "- Ranking and index as tuned for it (tag `tuning`)."
        if is_tuned
        else "- Ranking and index as the code has them.",
        "- The ONNX folder that serves and the manifests of its releases are artifacts of the run that registered it.",
    ]
    return "\n".join(lines)


def version_tags(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What one looks for among versions."""
    return {key: str(manifest[key]) for key in SHOWN if manifest.get(key) is not None}
