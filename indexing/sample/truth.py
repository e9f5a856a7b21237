"""The hidden truth of the sample, counted from what people really did: the ground that judgements stand on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from indexing.sample.collaboration import Contribution
from indexing.sample.people import Person

# In halves of a repository: someone else's fix is worth less than a thing one keeps going.
_UNITS = {"owner": 2, "maintainer": 2, "member": 2, "contributor": 1}


@dataclass(slots=True)
class Record:
    """What one person has done, in half repositories, and what else a need may ask about."""

    person: Person
    total: int = 0
    stars: int = 0
    last_push: datetime | None = None
    fields: Counter[str] = field(default_factory=Counter)
    works: Counter[tuple[str, str]] = field(default_factory=Counter)
    languages: Counter[tuple[str, str]] = field(default_factory=Counter)

    def grade(self, field_key: str) -> int:
        """3 for a specialist of the field, 2 for substantial work in it, 1 for some, 0 for none."""
        units = self.fields.get(field_key, 0)
        if units >= 6 and 2 * units >= self.total:
            return 3
        if units >= 4 and 5 * units >= self.total:
            return 2
        return 1 if units else 0

    def work_grade(self, field_key: str, work_key: str) -> int:
        """3 for having built it more than once, 2 for once, 1 for a hand in it or the field's specialists."""
        units = self.works.get((field_key, work_key), 0)
        if units >= 2:
            return 3 if units >= 4 else 2
        return 1 if units or self.grade(field_key) == 3 else 0


class Truth:
    """Everybody's record, found by login or by field."""

    def __init__(self, people: Mapping[str, Person], parts: Iterable[Contribution]) -> None:
        self.records = {login: Record(person) for login, person in people.items()}
        self.by_field: dict[str, list[Record]] = {}
        for part in parts:
            record = self.records.get(part.login)
            if record is not None and not part.repo.is_fork:
                self._count(record, part)

    def of_field(self, field_key: str) -> list[Record]:
        """Those who did anything in the field."""
        return self.by_field.get(field_key, [])

    def _count(self, record: Record, part: Contribution) -> None:
        repo, units = part.repo, _UNITS[part.role]
        if part.role == "owner":
            record.stars += repo.stars or 0
            record.last_push = max(record.last_push or repo.pushed, repo.pushed)
        if not repo.field:
            return
        if repo.field not in record.fields:
            self.by_field.setdefault(repo.field, []).append(record)
        record.total += units
        record.fields[repo.field] += units
        record.works[repo.field, repo.work] += units
        if repo.language is not None:
            record.languages[repo.field, repo.language] += units
