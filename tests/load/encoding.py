"""How long a query takes to become a vector, encoders side by side: `python -m tests.load.encoding [HOME]`.

MiniLM beside a static encoder over its tokens. How fast that is does not depend on what it has learned, so one made on
the spot stands for any; with the home of an installation, its registered versions are measured too. The encoders take
turns query by query, so that whatever else the machine does falls on all of them alike.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import numpy as np

from indexing.encoder import Encoder
from indexing.export.graph import export_encoder
from indexing.export.model_folders import from_folder
from indexing.export.sources import english_minilm
from indexing.export.torch_encoder import load_model
from indexing.onnx_encoder import OnnxEncoder
from indexing.training.fine_tuning import save_model
from indexing.training.static_encoder import static_from
from tests.load.corpus import SEED, prepare, queries
from tests.load.report import Row, machine, table

QUERIES = 500
WARM_UP = 20
MINILM = "all-MiniLM-L6-v2, int8"


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        asked = list(islice(queries(prepare(folder), seed=SEED), QUERIES + WARM_UP))
        encoders: dict[str, Encoder] = {
            MINILM: OnnxEncoder(_exported(folder, "int8")),
            "all-MiniLM-L6-v2, fp32": OnnxEncoder(_exported(folder, "fp32")),
            "a static encoder over its tokens": OnnxEncoder(_static(folder)),
        }
        for home in sys.argv[1:]:
            for path in sorted(Path(home, "models").glob("*/encoder.json")):
                encoder = OnnxEncoder(path.parent)
                encoders[f"registered: {encoder.fingerprint}"] = encoder
        print(table([("machine", machine()), ("queries", f"{QUERIES}"), *measure(encoders, asked)]))


def measure(encoders: Mapping[str, Encoder], asked: list[str]) -> list[Row]:
    """A line an encoder: the median and the 99th percentile of one query alone, and how many times MiniLM's speed."""
    seconds: dict[str, list[float]] = {name: [] for name in encoders}
    for query in asked:
        for name, encoder in encoders.items():
            started = time.perf_counter()
            encoder.encode_queries([query])
            seconds[name].append(time.perf_counter() - started)
    medians = {name: float(np.median(taken[WARM_UP:])) for name, taken in seconds.items()}
    return [
        (
            name,
            f"p50 {1_000 * medians[name]:.3f} ms, p99 {1_000 * float(np.percentile(taken[WARM_UP:], 99)):.3f} ms, "
            f"{medians[MINILM] / medians[name]:.1f} times MiniLM's speed",
        )
        for name, taken in seconds.items()
    ]


def _exported(folder: Path, precision: str) -> Path:
    destination = folder / f"minilm-{precision}"
    export_encoder(english_minilm(), destination, precision="int8" if precision == "int8" else "fp32")
    return destination


def _static(folder: Path) -> Path:
    teacher = load_model(english_minilm())
    save_model(static_from(teacher, max_length=256, progress=lambda *_: None), folder / "static")
    export_encoder(from_folder(folder / "static"), folder / "static-onnx")
    return folder / "static-onnx"


if __name__ == "__main__":
    main()
