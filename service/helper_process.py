"""What runs in a batch helper: opens the release it is told to and answers the needs it is sent.

Both ways values are pickled: the two ends are one program, started by each other, over a socket nobody else has.
"""

from __future__ import annotations

import logging
import signal
import sys
from multiprocessing.connection import Connection
from typing import Any

from indexing.assembly import assemble
from indexing.candidates import Answer, Need
from indexing.errors import VivierError
from indexing.hidden_people import HiddenPeople
from indexing.open_release import OpenRelease
from indexing.releases import Release
from indexing.search import search_people
from indexing.skills import load_catalogue
from service import logs

LOG = logging.getLogger("vivier.service")


def main() -> None:
    """Serve the process at the other end until it goes away."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the service stops us
    logs.configure("json" if sys.argv[2:] == ["json"] else "text")
    with Connection(int(sys.argv[1])) as connection:
        serve(connection)


def serve(connection: Connection) -> None:
    """Take settings, then releases and lists of needs; each gets one reply."""
    workspace, catalogue = assemble(connection.recv()), load_catalogue()
    hidden = HiddenPeople()
    opened: OpenRelease | None = None
    try:
        while True:
            message: Release | list[Need] = connection.recv()
            if isinstance(message, Release):
                if opened is not None:
                    opened.close()
                # From this home's own copy: the service verified it, and MLflow takes seconds to import.
                opened = workspace.open(workspace.verify(message, registry_is_away=True))
                connection.send(message.id)
            elif opened is not None:
                connection.send([_answer(need, opened, catalogue, hidden) for need in message])
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the service is gone, or wants us no more
    finally:
        if opened is not None:
            opened.close()


def _answer(need: Need, opened: OpenRelease, catalogue: Any, hidden: HiddenPeople) -> Answer | None:
    """The answer; None when there is none, and the service finds out why."""
    try:
        return search_people(need, opened, catalogue, hidden=hidden.of(opened))
    except VivierError:
        return None


if __name__ == "__main__":
    main()
