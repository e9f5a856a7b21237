"""People taken out of files: judgements, enriched profiles, embedding caches. Each is rewritten whole or not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from indexing.embedding_cache import ROWS, TEMPLATE_NOTE, VECTORS, EmbeddingCache
from indexing.passages import passages_of
from indexing.profile_store import iterate_profiles, write_profiles
from indexing.profiles import remaining, works_of
from indexing.templates import USUAL_TEMPLATE, PassageTemplate, parse_template
from indexing.tongue_cache import FILE as TONGUES
from indexing.whole_files import rewriting, write_whole

ERASED = "(erased)"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
Covers = Callable[..., bool]  # (login, *ids) -> whether the person has left


def erase_from_judgements(path: Path, covers: Covers) -> int:
    """Rewrite judgements without these people; returns from how many queries they went."""
    gone = 0
    with rewriting(path) as (source, target, untouched):
        for line in source:
            try:
                judgement = json.loads(line)
                relevant = dict(judgement["relevant"])
            except (ValueError, TypeError, KeyError):
                target.write(line)  # not a judgement
                continue
            kept = {login: gain for login, gain in relevant.items() if not covers(login)}
            if len(kept) == len(relevant):
                target.write(line)
                continue
            gone += 1
            if kept:  # a query nobody answers measures nothing
                target.write(json.dumps(judgement | {"relevant": kept}, ensure_ascii=False) + "\n")
        if not gone:
            untouched()
    return gone


def erase_from_ledger(path: Path, covers: Covers) -> bool:
    """Rewrite a scrape's ledger without the logins that its selection names; whether there was one."""
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False  # not ours
    kept = _without_names(written, covers)
    if kept == written:
        return False
    write_whole(path, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    return True


def _without_names(value: Any, covers: Covers) -> Any:
    if isinstance(value, str):
        return _NAME.sub(lambda found: ERASED if covers(found[0]) else found[0], value)
    if isinstance(value, dict):
        return {name: _without_names(inner, covers) for name, inner in value.items()}
    return [_without_names(inner, covers) for inner in value] if isinstance(value, list) else value


def erase_from_profiles(path: Path, processed: Path, covers: Covers) -> int:
    """Rewrite the enriched profiles, and the caches of their vectors, without these people; returns how many went.

    The caches first: which texts are to go is known from the profiles only.
    """
    if not path.exists():
        return _erase_from_caches(processed, covers, frozenset())  # what is kept by login, at least
    people, hashes = 0, set[str]()
    templates = _templates(processed)
    for profile in iterate_profiles(path):
        leaves = covers(profile.login, profile.node_id)
        theirs = profile.works if leaves else works_of(profile, covers)
        people += leaves
        if leaves or theirs:
            left = replace(profile, works=theirs)
            hashes.update(one.text_hash for template in templates for one in passages_of(left, 0, template=template))
    _erase_from_caches(processed, covers, hashes)
    if people or hashes:
        (processed / TONGUES).unlink(missing_ok=True)  # made anew by the next build, of those who are left
        write_profiles(remaining(iterate_profiles(path), covers), path)
    return people


def _templates(processed: Path) -> list[PassageTemplate]:
    """Every way in which the texts of the caches here were put together."""
    notes = sorted(processed.glob(f"*/{TEMPLATE_NOTE}"))
    return [USUAL_TEMPLATE, *(parse_template(note.read_text(encoding="utf-8")) for note in notes)]


def _erase_from_caches(processed: Path, covers: Covers, hashes: Collection[str]) -> int:
    gone = 0
    for rows in sorted(processed.glob(f"*/{ROWS}")):
        vectors = rows.parent / VECTORS
        if vectors.exists():
            with EmbeddingCache(rows.parent, dimension=int(np.load(vectors, mmap_mode="r").shape[1])) as cache:
                gone += cache.remove(lambda text_hash, login: text_hash in hashes or covers(login))
    return gone
