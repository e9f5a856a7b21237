"""The library: profiles, passages, encoders, search, ranking, releases, and their adapters."""

import os

# ONNX Runtime reports every session that is opened to its maker, unless this is set before it is imported (1.29 and
# later, on Linux too). Nothing here reports to anybody.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
