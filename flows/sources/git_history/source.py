"""The source: local clones in, the three raw tables out."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from flows.raw_files import RawFiles
from flows.sources.git_history.clones import Clone, about, different, open_clone
from flows.sources.git_history.descriptions import Description, describe
from flows.sources.git_history.history import History, read_history
from flows.sources.git_history.logins import Person, people_of
from flows.sources.git_history.parts import Part
from flows.sources.git_history.people import same_people
from flows.sources.git_history.roles import maintainers
from flows.sources.git_history.signatures import Signatures
from flows.sources.port import Ledger, Say, Slice
from indexing.errors import InputError
from indexing.raw_data.schemas import FULL_NAME


@dataclass(frozen=True, slots=True)
class GitHistory:
    """The people of some clones on this machine.

    `moment` is what is written as the time of the collection; dates of commits after it are not believed.
    """

    paths: Sequence[Path]
    moment: datetime
    mailmap: Path | None = None
    since: datetime | None = None
    repository: str | None = None  # what to call the only clone, in place of what its remote says
    name: str = "git"

    def collect(self, into: RawFiles, *, say: Say) -> Ledger:
        """Read every clone from its beginning, and write everybody who has written a commit."""
        clones = self._clones(say)
        signatures = Signatures()
        histories = [self._history(clone, signatures, say) for clone in clones]
        groups = same_people(signatures.known)
        people = people_of(signatures.known, groups, [history.parts for history in histories])
        here = {person.login for person in people if into.person(self._person_row(person))}
        gone = {person.login.casefold() for person in people if person.login not in here}
        kept = {
            number
            for number, (clone, history) in enumerate(zip(clones, histories, strict=True))
            if clone.owner.casefold() not in gone and into.repository(self._repository_row(clone, history))
        }
        self._write_contributions(clones, kept, people, here, into)
        left_out = {
            "commits whose author git cannot read": sum(history.unreadable for history in histories),
            "programs": signatures.automated,
            "people who asked to be left out": len(people) - len(here),
        }
        ledger = Ledger(
            source=self.name,
            selection={
                "clones": len(clones),
                "shallow": sum(clone.is_shallow for clone in clones),
                "since": None if self.since is None else self.since.date().isoformat(),
                "commits": sum(history.commits for history in histories),
            },
            people=into.rows["github_users.csv"],
            repositories=into.rows["github_repos.csv"],
            contributions=into.rows["github_contributions.csv"],
            slices=(Slice("authors", len(here), len(people)),),
            started_at=_moment(self.moment),
            finished_at=_moment(max(self.moment, datetime.now(UTC))),
            left_out={reason: count for reason, count in left_out.items() if count},
        )
        into.finish(ledger.to_dict())
        return ledger

    def _clones(self, say: Say) -> list[Clone]:
        name = self._checked_name()
        if self.mailmap is not None and not os.access(self.mailmap, os.R_OK):
            raise InputError(
                f"{self.mailmap} cannot be read; --mailmap names a file of `git shortlog`.", field="mailmap"
            )
        mailmap = None if self.mailmap is None else self.mailmap.resolve()
        found = []
        for path in dict.fromkeys(path.resolve() for path in self.paths):
            clone = open_clone(path, mailmap=mailmap, name=name)
            if clone is None:
                say(f"{path} has no commits yet and is left out.")
            else:
                found.append(clone)
                if clone.is_shallow:
                    say(f"{path} is shallow: it has only the newest commits; `git fetch --unshallow` brings the rest.")
        if not found:
            raise InputError("None of the clones has a commit; give one that has.", field="path")
        clones = different(found)
        if len(clones) < len(found):
            say(f"{len(found) - len(clones)} clones are of a repository that another one is of, and are read once.")
        return sorted(clones, key=lambda clone: (clone.full_name.casefold(), clone.full_name))

    def _checked_name(self) -> str | None:
        if self.repository is None:
            return None
        if len(self.paths) > 1:
            raise InputError("--name names one repository; give one path with it.", field="name")
        name = self.repository if "/" in self.repository else f"local/{self.repository}"
        if not re.fullmatch(FULL_NAME, name):
            raise InputError("--name is owner/name, of letters, digits, dots, hyphens and underscores.", field="name")
        return name

    def _history(self, clone: Clone, signatures: Signatures, say: Say) -> History:
        def heard(name: str, count: int) -> None:
            say(f"{name}: {count:,} commits read.")

        history = read_history(
            clone.git,
            clone.revisions,
            signatures,
            since=self.since,
            now=self.moment,
            say=partial(heard, clone.full_name),
        )
        heard(clone.full_name, history.commits)
        return history

    def _repository_row(self, clone: Clone, history: History) -> dict[str, Any]:
        told = about(clone)
        is_whole = self.since is None and not clone.is_shallow
        return {
            "owner": clone.owner,
            "name": clone.full_name.partition("/")[2],
            "full_name": clone.full_name,
            "description": told.description,
            "language": told.language,
            "created_at": _seconds(history.first) if is_whole else None,
            "pushed_at": _seconds(history.last),
            "fetched_at": _moment(self.moment),
            "html_url": clone.html_url,
        }

    def _person_row(self, person: Person) -> dict[str, Any]:
        return {
            "login": person.login,
            "id": person.account,
            "type": "User",
            "name": person.name,
            "fetched_at": _moment(self.moment),
        }

    def _write_contributions(
        self, clones: Sequence[Clone], kept: set[int], people: Sequence[Person], here: set[str], into: RawFiles
    ) -> None:
        described: dict[int, Mapping[str, Description]] = {}
        answering: dict[int, set[str]] = {}
        for number in kept:
            parts = {person.login: part for person in people if (part := person.parts.get(number)) is not None}
            described[number] = describe(parts)
            answering[number] = maintainers({login: part.commits for login, part in parts.items()})
        for person in people:
            for number, part in sorted(person.parts.items()):
                if person.login in here and number in kept:
                    role = "maintainer" if person.login in answering[number] else "contributor"
                    row = _contribution_row(person.login, clones[number].full_name, role, part)
                    words = described[number][person.login]
                    into.contribution(
                        row | {"description": words.text, "language": words.language, "topics": words.topics}
                    )


def _contribution_row(login: str, full_name: str, role: str, part: Part) -> dict[str, Any]:
    return {
        "login": login,
        "full_name": full_name,
        "role": role,
        "commits": part.commits,
        "first_at": _seconds(part.first),
        "last_at": _seconds(part.last),
    }


def _seconds(moment: int | None) -> str | None:
    return None if moment is None else _moment(datetime.fromtimestamp(moment, UTC))


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
