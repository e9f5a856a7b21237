"""What a text is: a need for a person, a list of keywords with conditions, or the plain description of some work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from indexing.needs.cue_words import cue_words
from indexing.needs.tokens import CLAUSE, COMMA, FRENCH_TITLES, SENTENCE, Token

Subject = Literal["person", "keywords", "work"]

_MOST_WORDS_BEFORE_PERSON: Final = 4  # "large scale distributed database engine developer" is about the longest
_FAR_PERSON: Final = 8
_LONGEST_KEYWORD: Final = 4
_MOST_KEYWORD_TOKENS: Final = 24
_LISTED: Final = frozenset(("skill", "place", "remote", "or", "and", "in", "near"))
_ONLY_BESIDE_WHO: Final = frozenset(
    "person people persons profile profiles personne personnes gens profil profils talent talents".split()
)
# Titles of people that are as often titles of programs.
_THINGS: Final = frozenset("tester trainer quant tuner designer manager".split())
_TRAINEES: Final = frozenset(
    "stage alternance internship stagiaire stagiaires alternant alternante apprenti apprentie intern interns trainee "
    "apprentice".split()
)
_STANCES: Final = frozenset(
    ("must_after", "wish_after", "wish", "must", "refuse", "refuse_after", "senior", "junior", "lead", "stated")
)
_EXPERTS: Final = frozenset(
    "experienced proficient fluent pro expert experts experte expertes specialist specialists specialiste "
    "specialistes".split()
)
_SEARCHING: Final = frozenset(("looking for", "searching for", "in search of", "a la recherche de", "a la recherche d"))
_DEMANDS: Final = (
    "must",
    "il faut",
    "faut",
    "doit",
    "doivent",
    "devra",
    "should know",
    "need to know",
    "needs to know",
)
# These seek anything: a library is needed, found or wanted too.
_NEEDING: Final = frozenset(
    "find;show me;list;give me;get me;need;needs;search for;trouver;chercher;avez vous;besoin de;besoin d;seeking;"
    "wanted;cherchent;cherches;hiring;is looking for;are looking for".split(";")
)
# What follows "people" when they are people, not what a camera counts.
_AFTER_PEOPLE: Final = frozenset(
    "who with in near residence know do work_on like skill senior junior lead and or place remote stated must "
    "must_after".split()
)
_DESCRIBING: Final = frozenset("for of with who our not_seek in know do work_on about_to_move".split())
_OF_PEOPLE: Final = frozenset(("followers", "active", "hireable"))
_PLURAL_VERB: Final = ("ics", "ss", "us", "is", "js", "systems", "os")


def subject_of(tokens: Sequence[Token]) -> Subject:
    """Whether a person is asked for, or keywords are listed with conditions, or neither."""
    if any(_is_searcher(tokens, at) or _is_search(tokens, at) for at in range(len(tokens))) or any(
        _asks(tokens, at) for at in _starts(tokens)
    ):
        return "person"
    if any(_is_likeness(tokens, at) for at in range(len(tokens))) or (len(tokens) == 1 and _is_handle(tokens[0])):
        return "person"
    if len(tokens) <= _MOST_KEYWORD_TOKENS and any(
        token.stated and token.stated.kind in _OF_PEOPLE for token in tokens
    ):
        return "keywords"
    return "keywords" if _are_keywords(tokens) else "work"


def _is_handle(token: Token) -> bool:
    return token.stated is not None and bool(token.stated.logins)


def _is_searcher(tokens: Sequence[Token], at: int) -> bool:
    """ "I need", "nous cherchons": a searcher speaks, wherever in the sentence; "we would like to thank" is none."""
    token = tokens[at]
    if at + 1 < len(tokens) and tokens[at + 1].key == "to":
        return False
    if token.kind == "refuse":  # "we are not looking for a PHP developer"
        return token.key.startswith("any") or any(
            verb in token.key for verb in ("looking", "cherch", "voulons", "veux", "veut", "want")
        )
    return token.kind == "seek" and token.key.split()[0] in ("i", "we", "je", "j", "nous", "on")


def _is_search(tokens: Sequence[Token], at: int) -> bool:
    """ "A recruiter in Paris looking for Python talent": a search in the middle of a sentence, for people."""
    return tokens[at].kind == "seek" and tokens[at].key in _SEARCHING and _names_person(tokens, at)


def _is_likeness(tokens: Sequence[Token], at: int) -> bool:
    """ "Someone like @login", not "a decorator like @property"."""
    if tokens[at].kind != "like":
        return False
    previous = tokens[at - 1] if at and not tokens[at].breaks else None
    return previous is None or previous.kind in ("someone", "person", "seek", "and", "or", "skill") or previous.in_role


def _starts(tokens: Sequence[Token]) -> list[int]:
    """Where a sentence, a clause or its second half begins."""
    starts = [0] if tokens else []
    for at in range(1, len(tokens)):
        is_search = tokens[at - 1].kind == "and" and tokens[at].kind in ("seek", "weak_seek")
        if is_search or tokens[at].breaks >= COMMA or tokens[at - 1].kind in ("but", "courtesy"):
            starts.append(at)
    return starts


def _asks(tokens: Sequence[Token], start: int) -> bool:
    """Whether the clause that starts here asks for someone."""
    is_sentence = start == 0 or tokens[start].breaks >= CLAUSE or tokens[start - 1].kind in ("courtesy", "but")
    words = 0
    is_of_company = False
    for at in range(start, len(tokens)):
        token = tokens[at]
        if at > start and (token.breaks >= CLAUSE or (token.breaks == COMMA and not is_sentence)):
            return False
        if token.kind == "seek":
            return _finds_object(tokens, at, is_sentence=is_sentence)
        if token.kind == "weak_seek":
            return _names_person(tokens, at)
        if token.kind == "must" and at == start:
            return is_sentence and token.key.startswith(_DEMANDS)
        if token.kind == "company":
            is_of_company = True
        if is_of_company:
            continue
        if token.kind in ("know", "do") and at == start and token.key.startswith(("who ", "qui ")):
            return is_sentence
        if token.kind == "who" and at == 0 and token.key in ("who", "qui"):
            return _knows(tokens)
        if token.kind == "know" and token.key.split()[0] in _EXPERTS:
            return is_sentence  # "a Kafka specialist in Lyon", "expert en SQL"
        is_titled = is_head(token) or (token.in_role and _ends_role(tokens, at))
        if is_titled and is_person(tokens, at) and not _looks_like_verb(tokens, start, at):
            is_subject = start > 0 and token.key not in FRENCH_TITLES and _goes_on(tokens, at)
            return not is_subject and (is_sentence or (token.kind != "someone" and words == 0))
        if token.kind in ("and", "or") and not is_sentence:
            return False
        if token.kind in _DESCRIBING:
            is_article = token.key == "des" and at == start
            if not (token.kind == "of" and token.key == "cote") and not token.in_role and not is_article:
                return False
        if token.kind == "word" and not token.in_role:
            words += 1
            if words > _MOST_WORDS_BEFORE_PERSON or (_is_project(token) and not _before_person(tokens, at)):
                return False
    return False


def _knows(tokens: Sequence[Token]) -> bool:
    """ "Who in the Netherlands knows Nix?", "Qui, à Strasbourg, maîtrise PostGIS ?"."""
    for token in tokens:
        if token.breaks >= CLAUSE or token.kind in ("our", "not_seek"):
            return False
        if token.kind in ("know", "do"):
            return True
    return False


def _goes_on(tokens: Sequence[Token], at: int) -> bool:
    """ "Developers have long known": people who do something, in a later sentence, are hardly the ones sought."""
    return at + 1 < len(tokens) and tokens[at + 1].kind == "word" and not tokens[at + 1].breaks


def is_head(token: Token) -> bool:
    """Whether a word stands for the person sought: "someone", "developer", "intern", "tech lead"."""
    if token.kind in ("someone", "person"):
        return True
    return (token.kind == "junior" and token.key in _TRAINEES) or (token.kind == "lead" and " " in token.key)


def _finds_object(tokens: Sequence[Token], at: int, *, is_sentence: bool) -> bool:
    """Whether "need" and its like have a searcher before or a person after them."""
    key = tokens[at].key
    if key in _NEEDING:
        return _names_person(tokens, at)
    return True


def _names_person(tokens: Sequence[Token], at: int) -> bool:
    for number in range(at + 1, min(len(tokens), at + 1 + _FAR_PERSON)):
        token = tokens[number]
        if token.breaks >= SENTENCE or token.kind in ("for", "our"):
            return False
        if token.kind in ("senior", "junior") or is_head(token) or (token.in_role and _ends_role(tokens, number)):
            return token.kind in ("senior", "junior") or is_person(tokens, number)
    return False


def _ends_role(tokens: Sequence[Token], at: int) -> bool:
    """True for the last word of a job title, which names the person in English and closes the title in French."""
    if tokens[at].key in _THINGS:
        return False
    return at + 1 == len(tokens) or not tokens[at + 1].in_role


def is_person(tokens: Sequence[Token], at: int) -> bool:
    """Whether the word for a person is one, not the first half of "developer tools" or "people counting"."""
    token = tokens[at]
    is_plain = token.kind == "someone" and token.key.split()[-1] in _ONLY_BESIDE_WHO
    if token.key == "dev" and token.gap.endswith(("/", ".")):
        return False  # "/dev/null", "passwordless.dev"
    if at + 1 == len(tokens) or tokens[at + 1].breaks:
        return token.key != "stage" and not (is_plain and at and tokens[at - 1].kind == "word" and not token.breaks)
    following = tokens[at + 1]
    if token.key in ("stage", "alternance"):
        return following.kind in ("in", "of", "person", "stated")  # not "stage lighting"
    if is_plain:
        is_counted = at > 0 and tokens[at - 1].kind in ("article", "seek", "skill") and not token.breaks
        is_local = following.kind == "of" and at + 2 < len(tokens) and tokens[at + 2].kind == "place"
        return following.kind in _AFTER_PEOPLE or is_local or (following.kind == "for" and is_counted)  # "2 people for"
    return following.key not in cue_words().sets["compound"]


def _is_project(token: Token) -> bool:
    return token.key in cue_words().sets["project"]


def _before_person(tokens: Sequence[Token], at: int) -> bool:
    """ "App developer", "library maintainer": a program named before its people."""
    for number in range(at + 1, min(len(tokens), at + 3)):
        if tokens[number].breaks:
            return False
        if tokens[number].kind == "person":
            return is_person(tokens, number)
    return False


def _looks_like_verb(tokens: Sequence[Token], start: int, at: int) -> bool:
    """ "Helps developers write tests": a verb with people as its object."""
    first = tokens[start]
    if at == start or first.kind != "word" or first.in_role:
        return False
    return first.key.endswith("s") and not first.key.endswith(_PLURAL_VERB) and tokens[at].key.endswith("s")


def _are_keywords(tokens: Sequence[Token]) -> bool:
    """Short pieces between commas, without the words of a sentence, and with something that is a condition."""
    if not tokens or len(tokens) > _MOST_KEYWORD_TOKENS:
        return False
    length = 0
    is_refused = False
    for at, token in enumerate(tokens):
        is_refused = token.kind == "refuse" or (is_refused and not token.breaks)
        length = int(not is_refused) if token.breaks else length + int(not is_refused)
        if length > _LONGEST_KEYWORD and token.kind not in _STANCES and token.kind not in _LISTED:
            return False
        if token.kind in ("who", "our", "not_seek", "company", "do"):
            return False
        if token.kind == "word" and _is_project(token) and not is_refused:
            return False
        if token.kind == "for" and token.key not in ("sur", "a", "vers"):
            return False
        if token.kind == "article" and token.key in ("a", "an", "the", "un", "une", "le", "la", "les") and at == 0:
            return False
    return True
