"""A restored home put in the place of the one that was there: by renames, written down before the first of them.

While the note is there nothing may be read here: some parts are the old ones, some the new. Whoever finds it, after a
kill, goes on from where the other stopped.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from indexing.errors import Busy
from indexing.owned_folders import sync
from indexing.whole_files import write_whole

NOTE = "restoring.json"
STAGED, ASIDE = ".restore-", ".before-restore-"


@dataclass(frozen=True, slots=True)
class Swap:
    """A swap under way in a home."""

    backup: str
    staged: str  # folder of what comes
    aside: str  # folder of what went
    parts: tuple[str, ...]  # every name that is to be what is staged, or not to be there
    staged_parts: tuple[str, ...]  # those that there is something staged for


def refuse_half_restored(home: Path) -> None:
    """Busy while a home is half the old one and half the new."""
    swap = under_way(home)
    if swap is not None:
        raise Busy(f"A restore of this home was interrupted; run `vivier backup restore {swap.backup}` to finish it.")


def under_way(home: Path) -> Swap | None:
    """The swap that was begun and not finished, if any."""
    try:
        written = json.loads((home / NOTE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Swap(
        written["backup"], written["staged"], written["aside"], tuple(written["parts"]), tuple(written["staged_parts"])
    )


def new_stage(home: Path) -> Path:
    """An empty folder in the home to restore into; what killed restores left there is removed first."""
    for left in (path for kind in (STAGED, ASIDE) for path in home.glob(f"{kind}*")):
        shutil.rmtree(left, ignore_errors=True)
    staged = home / f"{STAGED}{secrets.token_hex(4)}"
    staged.mkdir(mode=0o700, parents=True)
    return staged


def begin(home: Path, staged: Path, *, backup: str, parts: Sequence[str]) -> Swap:
    """Write down what is about to be swapped. From here it only goes forward."""
    aside = home / staged.name.replace(STAGED, ASIDE)
    aside.mkdir(mode=0o700)
    found = tuple(part for part in parts if (staged / part).exists())
    swap = Swap(backup, staged.name, aside.name, tuple(parts), found)
    sync(staged)
    write_whole(home / NOTE, json.dumps(asdict(swap)))
    return swap


def go_forward(home: Path, swap: Swap) -> None:
    """Do what is left of a swap, and take the note away. What was there before stays aside."""
    staged, aside = home / swap.staged, home / swap.aside
    for part in swap.parts:
        present, coming = home / part, staged / part
        if part in swap.staged_parts and not coming.exists():
            continue  # came before
        if present.exists():
            present.rename(aside / part)
        if coming.exists():
            coming.rename(present)
    sync(aside)
    (home / NOTE).unlink()
    shutil.rmtree(staged, ignore_errors=True)


def let_go(home: Path, swap: Swap) -> None:
    """Remove what was there before."""
    shutil.rmtree(home / swap.aside, ignore_errors=True)
