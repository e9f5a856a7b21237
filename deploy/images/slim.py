"""Remove from an environment what a serving process never reads; an image is pulled by every machine that serves."""

import shutil
import sys
from pathlib import Path

PACKAGES = next(Path(sys.argv[1]).glob("lib/python3*/site-packages"))
UNUSED = (
    "pip",
    "setuptools",
    "pyarrow/include",
    "pyarrow/src",
    "pyarrow/libarrow_flight.so*",  # Arrow's own network protocol
    "pyarrow/_flight*.so",
    "pyarrow/_substrait*.so",  # not its library, which all of pyarrow is linked to
    "pyarrow/*.px[di]",
    "pyarrow/*.pyx",
    "onnxruntime/capi/libonnxruntime.so*",  # for programs in C; Python's module has its own copy within
    "onnxruntime/transformers",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "hf_xet",  # downloads from a model hub: a serving process takes models from the registry
    "babel/locale-data/[!efr]*",  # places are told in English and French
)


def main() -> None:
    """Remove them, and say what that freed."""
    places = [path for pattern in UNUSED for path in PACKAGES.glob(pattern)]
    places += [path for path in PACKAGES.rglob("tests") if path.is_dir()]
    freed = 0
    for place in places:
        if place.is_dir():
            freed += sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
            shutil.rmtree(place)
        elif place.exists():
            freed += place.stat().st_size
            place.unlink()
    print(f"{freed / 1e6:.0f} MB removed from {PACKAGES}")


main()
