"""The catalogue of skills and roles, and where a text names them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import chain

from indexing.errors import InputError
from indexing.skills.ambiguity import judged
from indexing.skills.gendered import gendered
from indexing.skills.lexicon import INCLUSIVE_GAP, Form, Lexicon, Reading, words_of

_PLURAL_KINDS = frozenset(("method", "domain"))


@dataclass(frozen=True, slots=True)
class Skill:
    """A technology, method or domain, by its English display name.

    `cased` forms hold in their own casing ("Rust"), `weak` ones only among technical words or in a list of skills
    ("Go"), `strict` ones only so and in their own casing ("Processing"). None is read beside a word of `denied_near`
    ("Go" beside "joseki").
    """

    name: str
    kind: str
    french: str
    aliases: tuple[str, ...] = ()
    cased: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    strict: tuple[str, ...] = ()
    denied_near: frozenset[str] = frozenset()
    implies: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """A job, with its titles and the skills it typically needs, the most telling first."""

    name: str
    french: str
    aliases: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class SkillMention:
    """A skill named in a text; `text[start:end] == surface`."""

    skill: Skill
    start: int
    end: int
    surface: str


@dataclass(frozen=True, slots=True)
class RoleMention:
    """A role named in a text; `text[start:end] == surface`."""

    role: Role
    start: int
    end: int
    surface: str


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Catalogue:
    """The skills and roles known, each found by any of its names in French or English; equal only to itself."""

    skills: tuple[Skill, ...]
    roles: tuple[Role, ...]
    _by_name: Mapping[str, Skill] = field(init=False)
    _skill_forms: Lexicon = field(init=False)
    _role_forms: Lexicon = field(init=False)
    _denied_near: Mapping[int, frozenset[str]] = field(init=False)

    def __post_init__(self) -> None:
        _check(self.skills, self.roles)
        set_once = object.__setattr__  # the indexes are derived, once; the catalogue stays frozen
        set_once(self, "_by_name", {skill.name: skill for skill in self.skills})
        set_once(self, "_skill_forms", Lexicon(_skill_forms(self.skills)))
        set_once(self, "_role_forms", Lexicon(_role_forms(self.roles), gap=INCLUSIVE_GAP))
        set_once(self, "_denied_near", {n: skill.denied_near for n, skill in enumerate(self.skills)})

    def __repr__(self) -> str:
        return f"Catalogue({len(self.skills)} skills, {len(self.roles)} roles)"

    def skill(self, name: str) -> Skill:
        """The skill of this exact display name; KeyError when there is none."""
        return self._by_name[name]

    def find(self, text: str) -> tuple[SkillMention, ...]:
        """The skills a text names, in order; ambiguous words count only where their context speaks for them."""
        cut, candidates = self._skill_forms.scan(text)
        if not candidates:
            return ()
        return tuple(
            SkillMention(self.skills[one.owner], one.start, one.end, text[one.start : one.end])
            for one in judged(cut, candidates, self._denied_near)
        )

    def find_roles(self, text: str) -> tuple[RoleMention, ...]:
        """The job titles a text names, in order, in either gender or inclusive writing."""
        _, candidates = self._role_forms.scan(text)
        return tuple(
            RoleMention(self.roles[one.owner], one.start, one.end, text[one.start : one.end]) for one in candidates
        )

    def normalise(self, label: str) -> Skill | None:
        """The skill a whole label names: a topic ("k8s"), a language field ("Jupyter Notebook"); None if unknown."""
        owner = self._skill_forms.owner_of(label)
        return None if owner is None else self.skills[owner]


@cache
def load_catalogue() -> Catalogue:
    """The catalogue shipped with the library, read and indexed once per process."""
    return Catalogue(
        tuple(_read_skill(row) for row in _rows("skills.csv")), tuple(_read_role(row) for row in _rows("roles.csv"))
    )


def _rows(name: str) -> Iterator[dict[str, str]]:
    table = files("indexing.skills.catalogue_data") / name
    return iter(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split(";") if part)


def _read_skill(row: Mapping[str, str]) -> Skill:
    return Skill(
        name=row["name"],
        kind=row["kind"],
        french=row["french"],
        aliases=_split(row["aliases"]),
        cased=_split(row["cased"]),
        weak=_split(row["weak"]),
        strict=_split(row["strict"]),
        denied_near=frozenset(_split(row["denied_near"])),
        implies=_split(row["implies"]),
        description=row["description"],
    )


def _read_role(row: Mapping[str, str]) -> Role:
    return Role(row["name"], row["french"], _split(row["aliases"]), _split(row["skills"]), row["description"])


def _skill_forms(skills: Sequence[Skill]) -> Iterator[Form]:
    """Every form of every skill, exact ones before the plurals made from them."""
    plurals: list[Form] = []
    for owner, skill in enumerate(skills):
        readings: dict[str, Reading] = dict.fromkeys(skill.cased, "cased")
        readings.update(dict.fromkeys(skill.weak, "weak"))
        readings.update(dict.fromkeys(skill.strict, "strict"))
        ambiguous = {" ".join(words_of(form)) for form in readings}
        for form in dict.fromkeys((skill.name, skill.french, *skill.aliases)):
            if " ".join(words_of(form)) not in ambiguous:
                yield Form(owner, form)
                plurals.extend(_plural(owner, form) if skill.kind in _PLURAL_KINDS else ())
        for form, reading in readings.items():
            yield Form(owner, form, reading)
    yield from plurals


def _plural(owner: int, form: str) -> Iterator[Form]:
    last = words_of(form)[-1]
    if len(last) > 3 and last.isalpha() and not last.endswith(("s", "x", "ing", "ics")):
        yield Form(owner, form + "s")


def _role_forms(roles: Sequence[Role]) -> Iterator[Form]:
    exact = ((owner, form) for owner, role in enumerate(roles) for form in (role.name, role.french, *role.aliases))
    variants: list[Form] = []
    for owner, form in exact:
        yield Form(owner, form)
        variants.extend(Form(owner, variant) for variant in gendered(form))
    yield from variants


def _check(skills: Sequence[Skill], roles: Sequence[Role]) -> None:
    """InputError for a name given twice, a form two skills claim, or a skill that is referred to and missing."""
    names = {skill.name for skill in skills}
    _claim_once("skills.csv", ((s.name, (s.name, s.french, *s.aliases, *s.cased, *s.weak, *s.strict)) for s in skills))
    _claim_once("roles.csv", ((r.name, (r.name, r.french, *r.aliases)) for r in roles))
    references = chain(
        ((s.name, "implies", parent) for s in skills for parent in s.implies),
        ((r.name, "skills", skill) for r in roles for skill in r.skills),
    )
    for owner, column, reference in references:
        if reference not in names:
            raise InputError(f"{owner}: {column} names {reference!r}, which is no skill; add it or mend the name.")
    if len(names) != len(skills):
        raise InputError("skills.csv: two skills have the same name; merge them.")


def _claim_once(table: str, entries: Iterable[tuple[str, Iterable[str]]]) -> None:
    owners: dict[str, str] = {}
    for name, forms in entries:
        for form in forms:
            key = " ".join(words_of(form))
            if not key:
                raise InputError(f"{table}: {name} has a form without a letter or digit ({form!r}); remove it.")
            if owners.setdefault(key, name) != name:
                raise InputError(f"{table}: {form!r} is claimed by {owners[key]} and by {name}; keep one.")
