"""A need cut into what its words are: skills, places, logins, stated numbers, cue phrases, and plain words."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Final, NamedTuple

from indexing.needs.cue_words import WORD, cue_words, key_of
from indexing.needs.stated import Stated
from indexing.places import PlaceMention, find_places
from indexing.skills import Catalogue, Skill
from indexing.skills.lexicon import fold

COMMA: Final = 1
CLAUSE: Final = 2
SENTENCE: Final = 3
_SHORTEST_TOWN: Final = 4
_LONGEST_TITLED: Final = 120  # a keyword search; whoever writes more uses a capital somewhere
_LONGEST_KEY: Final = 60
_LONGEST_LIST: Final = 16
_JOINING: Final = frozenset("mais but et and".split())
_AFTER_NAME: Final = frozenset(("instead", "and", "or", "must_after", "wish_after", "refuse_after", "unneeded"))
_AFTER_LISTED: Final = frozenset("and or in for with who but refuse stated".split())
_SHORT_NAMES: Final = frozenset(("c", "r", "go"))
_BARE: Final = frozenset(("word", "in"))
_BESIDE_PLACES: Final = frozenset(("place", "remote", "in", "near", "of", "article", "or", "and"))
_PRODUCTS: Final = frozenset(("language", "framework", "library", "database", "tool", "platform"))
FRENCH_TITLES: Final = frozenset(
    "dev devs developpeur developpeuse developpeurs developpeuses ingenieur ingenieure ingenieurs ing programmeur "
    "programmeuse expert experte statisticien statisticienne consultant consultante architecte freelance specialiste "
    "chercheur chercheuse formateur formatrice stagiaire alternant alternante apprenti apprentie".split()
)
_SENTENCE_ENDS: Final = frozenset(".!?…")
_CLAUSE_ENDS: Final = frozenset(';:()[]{}|•·–—*"«»“”→✅✔►▪#')
_COMMAS: Final = frozenset(",،、/+&")


class Token(NamedTuple):
    """One thing that a need says; `breaks` is how much punctuation stands before it, `gap` that punctuation."""

    kind: str
    key: str
    start: int
    end: int
    breaks: int
    gap: str
    skill: Skill | None = None
    place: PlaceMention | None = None
    stated: Stated | None = None
    in_role: bool = False


class _Span(NamedTuple):
    """A part of the text that is one token whatever words it has."""

    start: int
    end: int
    kind: str
    skill: Skill | None = None
    place: PlaceMention | None = None
    stated: Stated | None = None


def cut(text: str, catalogue: Catalogue, stated: Sequence[Stated]) -> list[Token]:
    """The tokens of a text, in order, each with what it stands for."""
    spans = _spans(text, catalogue, stated)
    roles = [(mention.start, mention.end) for mention in catalogue.find_roles(text)]
    tokens = _with_bare_skills(list(_tokens(text, fold(text), spans, roles)), text, catalogue)
    at = _beside_places(tokens)
    if at is not None:
        tokens[at] = _bare_skill(tokens[at], text, catalogue)
    return tokens


def _beside_places(tokens: Sequence[Token]) -> int | None:
    """Where a word stands at an end of the first clause, beside nothing but places: there it names a skill.

    "Rust in Lyon", "go berlin, no crypto", "lyon rust".
    """
    clause = [*tokens[:1], *takewhile(lambda token: not token.breaks, tokens[1:])]
    if not any(token.kind == "place" for token in clause):
        return None
    if all(token.kind in _BESIDE_PLACES for token in clause[1:]):
        return 0 if clause[0].kind in _BARE else None
    is_last = clause[-1].kind in _BARE and all(token.kind in _BESIDE_PLACES for token in clause[:-1])
    return len(clause) - 1 if is_last else None


def _with_bare_skills(tokens: list[Token], text: str, catalogue: Catalogue) -> list[Token]:
    """The tokens, with what stands beside a title read as a skill though written plainly: "dev vue", "c developer"."""
    for at, token in enumerate(tokens):
        if token.kind in ("know", "do", "must"):
            _demand_bare_skills(tokens, at + 1, text, catalogue)
        if token.kind not in ("person", "junior"):
            continue
        if at and tokens[at - 1].key.isdigit() and not token.breaks:
            tokens[at - 1] = tokens[at - 1]._replace(kind="article")  # "2 devs"
        before = at - 1
        while before >= 0 and tokens[before + 1].breaks <= COMMA:
            if tokens[before].kind in _BARE:
                tokens[before] = _bare_skill(tokens[before], text, catalogue)
            if tokens[before].key == "remote" and tokens[before].kind == "word":
                tokens[before] = tokens[before]._replace(kind="remote")  # "remote Python developers"
            if tokens[before].kind not in ("skill", "and", "or") or before < at - _LONGEST_LIST:
                break
            before -= 1
        following = at + 1
        while token.key in FRENCH_TITLES and following < len(tokens) and (
            not tokens[following].breaks or (tokens[following].breaks == COMMA and "," not in tokens[following].gap)
        ):  # fmt: skip
            if tokens[following].kind in _BARE:
                tokens[following] = _bare_skill(tokens[following], text, catalogue)
            if tokens[following].kind not in ("skill", "and", "or", "senior", "junior"):
                break
            following += 1
    return tokens


def _demand_bare_skills(tokens: list[Token], at: int, text: str, catalogue: Catalogue) -> None:
    """Read "R" and "Go" as skills where something known is named: "maîtrisant R et Stan", "who writes C"."""
    while at + 1 < len(tokens) and is_skippable(tokens[at]) and not tokens[at].breaks:
        at += 1
    while at < len(tokens) and not tokens[at].breaks and tokens[at].kind in ("word", "skill", "and", "or", "article"):
        token = tokens[at]
        is_last = at + 1 == len(tokens) or tokens[at + 1].breaks or tokens[at + 1].kind in _AFTER_LISTED
        if token.kind == "word" and not (is_last and (text[token.start].isupper() or token.key in _SHORT_NAMES)):
            return
        if token.kind == "word":
            tokens[at] = _bare_skill(token, text, catalogue)
        at += 1


def with_listed_skills(tokens: Sequence[Token], text: str, catalogue: Catalogue) -> list[Token]:
    """The tokens of a short need, with a lone capitalised name between commas read as a skill: "Rust, Lyon"."""
    if len(tokens) > _LONGEST_LIST:
        return list(tokens)
    found = list(tokens)
    for at, token in enumerate(tokens):
        is_last = at + 1 == len(tokens) or tokens[at + 1].breaks or tokens[at + 1].kind in _AFTER_NAME
        if token.kind in _BARE and is_last and (at == 0 or token.breaks) and text[token.start].isupper():
            word = text[token.start : token.end]
            is_half = len(word) == 1 and at + 1 < len(tokens) and tokens[at + 1].kind in ("and", "or")  # "R and D"
            skill = None if is_half else catalogue.normalise(word)
            if skill is not None and skill.kind in _PRODUCTS:
                found[at] = token._replace(kind="skill", skill=skill)
    return found


def _bare_skill(token: Token, text: str, catalogue: Catalogue) -> Token:
    word = text[token.start : token.end]
    if len(word) == 1 and text[token.end : token.end + 1] == "&":
        return token  # "R&D"
    skill = catalogue.normalise(word)
    return token if skill is None or skill.kind not in _PRODUCTS else token._replace(kind="skill", skill=skill)


def _spans(text: str, catalogue: Catalogue, stated: Sequence[Stated]) -> list[_Span]:
    """Stated numbers, then skills, then places, where they do not overlap."""
    found = [_Span(one.start, one.end, "like" if one.kind == "like" else "stated", stated=one) for one in stated]
    titles = cue_words().sets["lead"]
    skills = [
        _Span(one.start, one.end, "skill", skill=one.skill)
        for one in catalogue.find(text)
        if fold(one.surface) not in titles  # "tech lead" is a person before it is a skill
    ]
    places = [_Span(one.start, one.end, _place_kind(one), place=one) for one in _places(text, skills)]
    return _apart(_apart(found, skills), places)


def _apart(first: list[_Span], second: list[_Span]) -> list[_Span]:
    """Both in order, without those of the second that overlap one of the first."""
    if not first or not second:
        return first or second
    starts = [span.start for span in first]
    kept = list(first)
    for span in second:
        before = bisect_right(starts, span.start) - 1
        is_apart = before < 0 or first[before].end <= span.start
        if is_apart and (before + 1 == len(first) or first[before + 1].start >= span.end):
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)


def _place_kind(mention: PlaceMention) -> str:
    return "remote" if mention.place.remote else "place"


def _is_without_capitals(text: str, skills: Sequence[_Span]) -> bool:
    """Whether nothing has a capital but the first word, which keyboards give one, and acronyms and skills."""
    named = {at for span in skills for at in range(span.start, span.end)}
    words = [word for word in WORD.finditer(text) if word.start() not in named]
    return all(word[0].islower() or not word[0].isalpha() or word[0].isupper() for word in words[1:])


def _places(text: str, skills: Sequence[_Span]) -> tuple[PlaceMention, ...]:
    found = find_places(text)
    if len(text) > _LONGEST_TITLED or text.isupper() or not _is_without_capitals(text, skills):
        return found
    known = cue_words().root.following
    more = []
    for at, word in enumerate(WORD.finditer(text)):  # "dev rust lyon": where there are no capitals, none is missed
        is_taken = any(word.start() < other.end and other.start < word.end() for other in found)
        is_plain = word[0].islower() or (at == 0 and word[0].istitle())  # "Paris Python"
        if is_taken or len(word[0]) < _SHORTEST_TOWN or not is_plain or fold(word[0]) in known:
            continue
        for one in find_places(word[0].capitalize()):
            if one.place.city and one.place.latitude is not None:
                more.append(replace(one, start=word.start(), end=word.end(), surface=word[0]))
    return tuple(sorted((*found, *more), key=lambda one: one.start))


def _tokens(text: str, folded: str, spans: list[_Span], roles: list[tuple[int, int]]) -> Iterator[Token]:
    words = _outside(folded, spans)
    keys = [key_of(folded[start:end][:_LONGEST_KEY]) for start, end, _ in words]
    gaps = [folded[words[at - 1][1] if at else 0 : words[at][0]] for at in range(len(words))]
    breaks = [_break(gap) for gap in gaps]
    # Between words a phrase may only cross plain gaps; a span is no word of any phrase.
    walls = [breaks[at] or int(words[at][2] is not None) for at in range(len(words))]
    lexicon = cue_words()
    people = lexicon.sets["person"]
    at = role = 0
    last = ""
    while at < len(words):
        start, end, span = words[at]
        while role < len(roles) and roles[role][1] <= start:
            role += 1
        if span is not None:
            key = folded[start:end]
            kind = "person" if key.split()[-1] in people else span.kind  # "data scientist", "mainteneurs"
            yield Token(kind, key, start, end, breaks[at], gaps[at], span.skill, span.place, span.stated)
            at += 1
            continue
        phrase = lexicon.longest(keys, walls, at)
        if phrase is not None and phrase[1] > 1 and keys[at] in _JOINING and not walls[at + 1]:
            further = lexicon.longest(keys, walls, at + 1)
            if further is not None and further[1] >= phrase[1]:
                phrase = lexicon.longest(keys[at : at + 1], walls[at : at + 1], 0)  # "mais | pas besoin de"
        kind, length = phrase if phrase is not None else ("word", 1)
        end = words[at + length - 1][1]
        if length == 1 and text[start:end] in ("à", "À"):
            kind = "in"
        elif keys[at] == "non" and kind == "word" and breaks[at + 1 : at + 2] != [0]:
            kind = "refuse_after"  # "Bootstrap non", not "non-binary"
        if keys[at] == "des" and kind == "of" and (breaks[at] or at == 0 or last in ("seek", "weak_seek")):
            kind = "article"
        elif keys[at] == "personne" and kind == "word" and (breaks[at] or at == 0 or last in ("seek", "weak_seek")):
            kind = "word" if keys[at + 1 : at + 2] in (["ne"], ["n"]) else "someone"  # else it is "nobody"
        last = kind
        in_role = role < len(roles) and roles[role][0] <= start and end <= roles[role][1]
        yield Token(kind, " ".join(keys[at : at + length]), start, end, breaks[at], gaps[at], in_role=in_role)
        at += length


def _outside(folded: str, spans: list[_Span]) -> list[tuple[int, int, _Span | None]]:
    """The spans, and the words outside them, in order."""
    pieces: list[tuple[int, int, _Span | None]] = []
    at = 0
    for span in spans:
        pieces += [(*match.span(), None) for match in WORD.finditer(folded, at, span.start)]
        pieces.append((span.start, span.end, span))
        at = span.end
    pieces += [(*match.span(), None) for match in WORD.finditer(folded, at)]
    return pieces


def _break(gap: str) -> int:
    if gap in ("", " ", "'", "-"):
        return 0
    strongest = 0
    for place, char in enumerate(gap):
        if char == "\n" or (char in _SENTENCE_ENDS and (place + 1 == len(gap) or not gap[place + 1].isalnum())):
            if char == "." and len(gap) == 1:
                continue  # "node.js", "v1.2"
            return SENTENCE
        if char in _CLAUSE_ENDS or (char == "-" and gap[max(0, place - 1) : place + 2] == " - "):
            strongest = max(strongest, CLAUSE)
        elif char in _COMMAS:
            strongest = max(strongest, COMMA)
    return strongest


def is_skippable(token: Token) -> bool:
    """True for a word that says nothing about what it stands beside: "strong experience with", the 21 of "Java 21"."""
    if token.kind in ("article", "of", "in", "with", "example") or token.key in cue_words().sets["skip"]:
        return True
    return token.kind == "word" and token.key.isdigit()
