"""Which version of this package runs."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def package_version() -> str:
    """The installed version."""
    try:
        return version("vivier")
    except PackageNotFoundError:
        return "0+unknown"
