"""Vivier on a schedule: Prefect flows over the library's plain functions."""

import os

# Set but empty, as `.env.example` and compose leave it, Prefect takes it for an address and loses every event.
if not os.environ.get("PREFECT_API_URL"):
    os.environ.pop("PREFECT_API_URL", None)
