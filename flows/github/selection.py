"""What is asked for: searches, members of organisations, accounts by name, contributors of repositories."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from indexing.errors import InputError

_LOGIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}(?:\[bot\])?")
_REPOSITORY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}/[A-Za-z0-9._-]{1,100}")


@dataclass(frozen=True, slots=True)
class Selection:
    """The union of everything named; `of` makes one and refuses what cannot be meant."""

    queries: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    logins: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()  # whose contributors are wanted
    limit: int | None = None

    @classmethod
    def of(
        cls,
        *,
        queries: Iterable[str] = (),
        organisations: Iterable[str] = (),
        logins: Iterable[str] = (),
        repositories: Iterable[str] = (),
        limit: int | None = None,
    ) -> Selection:
        """The selection in one form, however it was written."""
        chosen = cls(
            queries=tuple(sorted({" ".join(one.split()) for one in queries})),
            organisations=_names(organisations, "--org", _LOGIN),
            logins=_names(logins, "--login", _LOGIN),
            repositories=_names(repositories, "--contributors", _REPOSITORY),
            limit=limit,
        )
        if not (chosen.queries or chosen.organisations or chosen.logins or chosen.repositories):
            raise InputError("Say who to collect: --query, --org, --login or --contributors.", field="--query")
        if limit is not None and limit < 1:
            raise InputError("--limit must be at least 1.", field="--limit")
        return chosen

    def key(self, url: str) -> str:
        """A name for this selection at one GitHub: what the journal files it under."""
        parts = [url, self.queries, self.organisations, self.logins, self.repositories, self.limit]
        return blake2b(orjson.dumps(parts), digest_size=12).hexdigest()

    def described(self) -> dict[str, Any]:
        """For the ledger: everything but the people named, who are only counted."""
        return {
            "queries": list(self.queries),
            "organisations": list(self.organisations),
            "logins": len(self.logins),
            "contributors": list(self.repositories),
            "limit": self.limit,
        }


def _names(values: Iterable[str], option: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    names = {value.strip().removeprefix("@").casefold() for value in values}
    for name in sorted(names):
        if not pattern.fullmatch(name):
            example = "OWNER/REPOSITORY" if pattern is _REPOSITORY else "a name as it stands in the address"
            raise InputError(f"{option} {name!r} cannot be at GitHub; write {example}.", field=option)
    return tuple(sorted(names))
