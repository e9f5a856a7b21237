"""One more process of a study: `python -m flows.optimization_worker`, the request as JSON on standard input."""

from __future__ import annotations

import os
import sys

from flows.optimizing import Request, StopAfterTrial, Watching, work
from flows.settings import FlowSettings
from indexing.errors import VivierError


def main() -> int:
    """Run trials until there are enough or the process that started this one is gone; 1 when it cannot go on."""
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    request, parent = Request.from_json(sys.stdin.read()), os.getppid()

    def say(sentence: str) -> None:
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()

    try:
        with StopAfterTrial(say=lambda sentence: None) as stop:
            work(
                request,
                FlowSettings(),
                Watching(say=say, warn=say, is_stopping=lambda: stop.is_stopping or os.getppid() != parent),
            )
    except VivierError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
