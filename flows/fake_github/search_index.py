"""Which accounts and repositories a search means, over the columns of the population."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import numpy as np

from flows.fake_github import palette
from flows.fake_github.accounts import public_mail
from flows.fake_github.draws import Numbers, mix, mix_many
from flows.fake_github.homes import homes
from flows.fake_github.search_query import Range, Search
from flows.fake_github.world import World

_TOKEN = re.compile(r"\w+")
_ALIASES = {"cpp": "c++", "csharp": "c#", "golang": "go", "fsharp": "f#", "js": "javascript", "ts": "typescript"}


@lru_cache(maxsize=100_000)
def plain(text: str) -> str:
    """A text without case and accents, as searches compare it."""
    return "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each))


@lru_cache(maxsize=512)
def _places_named(words: str) -> Numbers:
    """For each location text, whether these words stand in it one after the other."""
    asked = _TOKEN.findall(plain(words))
    found = np.zeros(len(homes().texts), dtype=bool)
    for number, text in enumerate(homes().texts):
        said = _TOKEN.findall(plain(text or ""))
        ends = range(len(said) - len(asked) + 1)
        found[number] = bool(asked) and any(said[at : at + len(asked)] == asked for at in ends)
    return found


def language_number(name: str) -> int:
    """The number of a programming language by its name, -2 when nobody writes it."""
    asked = plain(name).replace("-", " ")
    known = [plain(each).replace("-", " ") for each in palette.languages()]
    asked = _ALIASES.get(asked, asked)
    return known.index(asked) if asked in known else -2


def accounts(search: Search, world: World, *, as_indexed: bool = True) -> Numbers:
    """Ordinals of the accounts meant; as the search index has them, or as they stand."""
    if search.is_empty:
        return np.empty(0, dtype=np.int64)
    keep: Numbers = (world.is_indexed if as_indexed else world.is_there).copy()
    for name, values in search.texts.items():
        keep &= _any_text(world, name, values, search)
    for name, values in search.not_texts.items():
        keep &= ~_any_text(world, name, values, search, negated=True)
    for name, limits in search.ranges:
        keep &= _in_range(world, name, limits)
    for name, limits in search.not_ranges:
        keep &= ~_in_range(world, name, limits)
    found = np.flatnonzero(keep)
    for words, wanted in ((search.words, True), (search.not_words, False)):
        for word in words:
            found = np.array([each for each in found if _says(world, int(each), word, search) is wanted], dtype=int)
    return found


def in_order(found: Numbers, search: Search, world: World, *, shuffle: int | None = None) -> Numbers:
    """The accounts in the order asked for, or in a fixed one of their own, or shuffled by a number."""
    population = world.population
    if shuffle is not None:
        return found[np.argsort(mix_many(population.seed, 101, shuffle, found), kind="stable")]
    by, _, direction = search.sort.partition("-")
    columns = {
        "followers": population.followers,
        "repositories": np.diff(population.starts),
        "joined": population.created,
        "updated": population.updated,
    }
    if by not in columns:
        return found[np.argsort(mix_many(population.seed, 102, found), kind="stable")]
    column = columns[by][found]
    return found[np.lexsort((found, column if direction == "asc" else -column))]


def _any_text(world: World, name: str, values: tuple[str, ...], search: Search, *, negated: bool = False) -> Numbers:
    population = world.population
    meets = np.zeros(population.accounts, dtype=bool)
    for value in values:
        if name == "location":
            meets |= _places_named(value)[population.places]
        elif name == "language":
            meets |= population.main_languages == language_number(value)
        elif name in ("user", "org"):
            ordinal = world.find(value)
            meets[[] if ordinal is None else [ordinal]] = True
        elif name == "type":
            is_person = np.arange(population.accounts) < population.people + population.newcomers
            meets |= is_person if value.lower() == "user" else ~is_person if value.lower() == "org" else False
        else:  # `in:` steers the words; what belongs to repositories says nothing of accounts
            meets |= not negated
    return meets


def _in_range(world: World, name: str, limits: Range) -> Numbers:
    population = world.population
    column = {
        "followers": population.followers,
        "repos": np.diff(population.starts),
        "created": population.created,
        "updated": population.updated,
    }.get(name)
    if column is None:
        return np.ones(population.accounts, dtype=bool)
    return (column >= limits.low) & (column <= limits.high)


def _says(world: World, ordinal: int, word: str, search: Search) -> bool:
    """Whether login, name or shown address hold the word, as far as `in:` lets them be looked at."""
    places = {place.lower() for value in search.texts.get("in", ()) for place in value.split(",")}
    population = world.population
    texts = []
    if not places or "login" in places:
        texts.append(population.logins[ordinal])
    if not places or places & {"name", "fullname"}:
        texts.append(population.names[ordinal] or "")
    if not places or "email" in places:
        texts.append(public_mail(population, ordinal))
    return any(plain(word) in plain(text) for text in texts)


def repositories(search: Search, world: World) -> Numbers:
    """Numbers of the repositories meant, forks only when asked for; words are looked for in the first thousands."""
    population, texts = world.population, search.texts
    if search.is_empty:
        return np.empty(0, dtype=np.int64)
    keep = np.repeat(world.is_there, np.diff(population.starts))
    forks = (texts.get("fork") or ("false",))[0].lower()
    keep &= {"true": keep, "only": population.is_fork}.get(forks, ~population.is_fork)
    if "language" in texts:
        keep &= np.isin(population.languages, [language_number(name) for name in texts["language"]])
    owners = [world.find_owner(login) for login in (*texts.get("user", ()), *texts.get("org", ()))]
    if owners:
        owned = np.zeros(len(keep), dtype=bool)
        for owner in owners:
            owned[list(population.repositories(owner)) if owner is not None else []] = True
        keep &= owned
    columns = {"stars": population.stars, "created": population.repository_created, "pushed": population.pushed}
    for name, limits in search.ranges:
        if name in columns:
            keep &= (columns[name] >= limits.low) & (columns[name] <= limits.high)
    found = np.flatnonzero(keep)
    found = found[np.lexsort((found, -population.stars[found]))]
    if search.words or "topic" in texts:
        found = np.array([each for each in found[:_LOOKED_AT] if _tells(world, int(each), search)], dtype=int)
    return found


_LOOKED_AT = 2_000


def _tells(world: World, repository: int, search: Search) -> bool:
    owner = world.population.owner(repository)
    words = world.shelf.words(repository, owner)
    topics = words["topics"]
    text = plain(f"{world.shelf.name(repository, owner)} {words['description'] or ''} {topics}")
    is_on_topic = all(topic.lower() in str(topics) for topic in search.texts.get("topic", ()))
    return is_on_topic and all(plain(word) in text for word in search.words)


def shuffle_number(query: str, turn: int) -> int:
    """Which of all orders a query has the so-manieth time it is asked."""
    return mix(*query.encode(), turn) >> 1
