"""`python -m flows.fake_github`: the same as `vivier fake-github`."""

from __future__ import annotations

import sys

from flows.fake_github.commands import app
from indexing.errors import VivierError

if __name__ == "__main__":
    try:
        app()
    except VivierError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
