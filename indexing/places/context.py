"""A need in words, and what the words around a name say: that a place follows, that a noun follows, that people do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from indexing.places.spelling import fold

_WORD = re.compile(r"[^\W_]+")
_STOP = re.compile(r"[^\w\s’'\-]|\n|\s-\s")
_LISTED = re.compile(r"\s*(?:[,/;&+]|,?\s(?:or|ou|and|et)\s)\s*")
# What may stand between the words of one name: "Aix-en-Provence", "Côte d'Ivoire", "St. Gallen".
_JOINT = re.compile(r"\.? |[-’'.]")
_LONGEST_NAME = 6
_DISTRICT = re.compile(r"\d{1,2}(?:er|e|eme)|\d{5}")  # "Paris 11e", "Lyon 69003"

_REMOTE = re.compile(
    r"\b(?:full[- ]remote|fully remote|100 ?% (?:en )?remote|remote[- ](?:only|first|friendly|ok)|t[ée]l[ée]travail|"
    r"[àa] distance|work(?:ing)? from home|working remotely|work remotely|en remote|(?:en )?distanciel|wfh|"
    r"remote(?=\s*(?:$|[\n/,.;:!?)]|\s[-–—|(]|\b(?:or|ou|and|et|is|est|only|preferred|welcome|position|job|work|worker|team|developer|engineer|dev|candidates?|"
    r"possible|in|from|within)\b)))(?![\w-])",
    re.IGNORECASE,
)

_PREPOSITIONS = frozenset("in near around from within outside throughout à au aux en dans vers depuis sur".split())
_BEFORE_DE = frozenset(
    "pres autour region ville originaire agglomeration metropole environs alentours partir loin venant vient cote "
    "canton departement province bassin proche".split()
)
_BEFORE_TO = frozenset("relocate relocated relocating move moved moving relocation close next".split())
_ARTICLES = frozenset("the la le les l greater grand toute tout all of".split())
# After these even "Phoenix" is the town.
_RESIDENCE = frozenset(
    "based located living lives live resident residing settled offices office basé basée basés basées situé située "
    "habite habitant vit vivant installé installée réside résidant domicilié bureaux relocate relocating move "
    "moving".split()
)
_PLACE_LABELS = frozenset("lieu ville localisation location city site where place workplace office".split())
# What may follow a name that is also a word: "à Tours ou", "in Reading with", but not "in Mobile development".
_AFTER = frozenset(
    "or and ou et with avec who qui for pour in en near area region based to from a au the si idéalement "
    "sud nord centre intramuros remote télétravail teletravail distanciel "
    "preferably de ayant having on sur max minimum only uniquement preferred ideally welcome bonus "
    "souhaité souhaitée apprécié possible also aussi is are est sont then puis".split()
)
_PEOPLE = frozenset(
    "developer dev engineer maintainer contributor programmer coder hacker researcher scientist designer people person "
    "folk team expert specialist architect author candidate committer freelancer student talent profile maintainers "
    "developpeur developpeuse ingenieur ingenieure mainteneur mainteneuse contributeur contributrice programmeur "
    "programmeuse chercheur chercheuse profil personne equipe candidat experte specialiste architecte etudiant "
    "etudiante auteur autrice freelance dev".split()
)
# A nationality near these is a language.
_SPEECH = frozenset(
    "speak speaks speaking speaker speakers spoken parle parlent parlant langue language languages fluent native "
    "courant english anglais anglaise bilingue bilingual documentation docs translation translations traduction "
    "traductions text texts texte textes corpus nlp tokenizer locale locales niveau".split()
)
_FRENCH = frozenset(
    "je un une le les des du pour avec et ou qui sur dans cherche cherchons recherche developpeur developpeuse "
    "ingenieur ingenieure equipe".split()
)
_NEAR = 4


# Nouns after a name that leave it a place: "Paris meetup", "Berlin office".
_LOCAL = frozenset(
    "meetup meetups area region office offices scene community timezone agglomeration based only".split()
)


class Word(NamedTuple):
    """A word of a text with its folded spelling; `is_capital` leaves out acronyms and names like "SoFiA"."""

    start: int
    end: int
    raw: str
    key: str
    is_capital: bool


class Context(NamedTuple):
    """A text in words."""

    text: str
    words: list[Word]
    is_french: bool

    def surface(self, first: int, last: int) -> str:
        """The text from one word to another, as it stands."""
        return self.text[self.words[first].start : self.words[last].end]


def in_words(text: str) -> Context:
    """A text in words; in a text all in capitals none counts as capitalised."""
    is_shouted = text.isupper()
    words = [
        Word(match.start(), match.end(), match[0], fold(match[0]), match[0].istitle() and not is_shouted)
        for match in _WORD.finditer(text)
    ]
    return Context(text, words, any(word.key in _FRENCH for word in words))


def remote_words(text: str) -> Iterator[re.Match[str]]:
    """Where a text says that the work is done from anywhere."""
    return _REMOTE.finditer(text)


def last_joined(context: Context, at: int) -> int:
    """The last word that can belong to one name with the word here."""
    last = at
    while last + 1 < min(len(context.words), at + _LONGEST_NAME):
        end, start = context.words[last].end, context.words[last + 1].start
        is_space = start == end + 1 and context.text[end] == " "  # most gaps are, and a regex is slower
        if not is_space and not _JOINT.fullmatch(context.text, end, start):
            break
        last += 1
    return last


def introduction(context: Context, at: int, previous_name: int) -> str:
    """How the words before a name announce a place: "residence", "preposition", "" when they do not.

    `previous_name` is the last word of the place before it, -1 for none: lists go on.
    """
    words = context.words
    if 0 <= previous_name < at and _LISTED.fullmatch(context.text, words[previous_name].end, words[at].start):
        return "preposition"
    before = at - 1
    while before >= max(0, at - 2) and words[before].key in _ARTICLES:
        before -= 1
    if before < 0:
        return ""
    gap = context.text[words[before].end : words[at].start]
    if _STOP.search(gap):
        return "residence" if words[before].key in _PLACE_LABELS and gap.strip() == ":" else ""
    raw = words[before].raw.casefold()
    is_residence = before > 0 and words[before - 1].raw.casefold() in _RESIDENCE
    if raw in ("de", "d", "du", "des"):
        return "preposition" if before > 0 and words[before - 1].key in _BEFORE_DE else ""
    if raw == "to":
        return "residence" if before > 0 and words[before - 1].key in _BEFORE_TO else ""
    # Many type "a lyon" for "à Lyon"; before a capital it may as well be English, as in "a Berlin startup".
    is_bare_a = raw == "a" and (is_residence or context.is_french or not words[at].is_capital)
    if raw in _PREPOSITIONS or is_bare_a:
        return "residence" if is_residence else "preposition"
    return ""


def ends_clause(context: Context, last: int) -> bool:
    """True when no noun follows that would make the name an everyday word."""
    if last + 1 == len(context.words):
        return True
    following = context.words[last + 1]
    is_stopped = _STOP.search(context.text, context.words[last].end, following.start)
    return (
        is_stopped is not None or following.raw.casefold() in _AFTER or _DISTRICT.fullmatch(following.key) is not None
    )


def starts_clause(context: Context, first: int) -> bool:
    """True for the first word of the text or after punctuation."""
    return (
        first == 0 or _STOP.search(context.text, context.words[first - 1].end, context.words[first].start) is not None
    )


def stands_as_place(context: Context, last: int) -> bool:
    """True for a bare name that is not the first word of a person's or a product's name."""
    if last + 1 < len(context.words) and not ends_clause(context, last):
        following = context.words[last + 1]
        return _is_people(following) or following.key in _LOCAL
    return True


def follows_name(context: Context, first: int) -> bool:
    """True right after another capitalised word, as surnames and trademarks are."""
    return first > 0 and context.words[first - 1].is_capital and _gap(context, first - 1) == " "


def precedes_name(context: Context, last: int) -> bool:
    """True right before another capitalised word: "in Lawrence Livermore"."""
    return last + 1 < len(context.words) and context.words[last + 1].is_capital and _gap(context, last) == " "


def is_half_of_compound(context: Context, first: int) -> bool:
    """True right after a hyphen: the second name of "Kruskal-Wallis"."""
    return first > 0 and _gap(context, first - 1) == "-"


def _gap(context: Context, at: int) -> str:
    return context.text[context.words[at].end : context.words[at + 1].start]


def is_of_people(context: Context, first: int, last: int) -> bool:
    """True for an adjective of nationality that tells where people are from, not which language something is in."""
    words = context.words
    after = _until_stop(context, last, 1)
    before = _until_stop(context, first, -1)
    if any(words[number].key in _SPEECH for number in (*after, *before)):
        return False
    # English puts the adjective before its people, French after them, directly or after what they write in.
    if any(_is_people(words[number]) for number in after):
        return True
    if not before or words[before[0]].key in _PREPOSITIONS | _ARTICLES | {"de", "du", "a"}:
        return False
    return any(_is_people(words[number]) for number in before)


def _is_people(word: Word) -> bool:
    return word.key in _PEOPLE or word.key.removesuffix("s") in _PEOPLE


def _until_stop(context: Context, at: int, step: int) -> list[int]:
    """The next few words in one direction, up to the end of the clause."""
    near: list[int] = []
    while 0 <= at + step < len(context.words) and len(near) < _NEAR:
        left, right = sorted((at, at + step))
        if _STOP.search(context.text, context.words[left].end, context.words[right].start):
            break
        at += step
        near.append(at)
    return near
