"""Whether a "no" is said of the person sought, and how far it reaches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from indexing.needs.stances import Stances
from indexing.needs.subject import is_head
from indexing.needs.tokens import COMMA, Token, is_skippable

_FARTHEST: Final = 40  # tokens looked back; what is further away is another thought
_HAVE: Final = frozenset("have has had there is are a ont avons with avec do does did".split())
_PERSONAL: Final = frozenset(
    ("someone", "person", "skill", "senior", "junior", "lead", "place", "remote", "seek", "weak_seek", "article",
     "courtesy", "stated", "like", "and", "or", "in", "near", "must_after", "wish_after", "but", "wish", "know",
     "refuse", "login")
)  # fmt: skip
_OF_PEOPLE: Final = frozenset("full stack web mobile data software".split())


def is_verb(cue: Token, word: Token) -> bool:
    """ "Not working", "pas cherché": what is denied is an act."""
    return cue.key.split()[-1] in ("not", "pas", "never", "jamais") and (
        word.key.endswith(("ing", "ed", "er", "ir", "ly")) or cue.key in ("not", "pas", "never", "jamais")
    )


def clause_end(tokens: Sequence[Token], at: int) -> int:
    """The last token of the clause, a comma ending it too."""
    last = at
    while last + 1 < len(tokens) and tokens[last + 1].breaks < COMMA and tokens[last + 1].kind != "but":
        last += 1
    return last


def is_start(tokens: Sequence[Token], at: int, stances: Stances) -> bool:
    """Whether the refusal opens a clause, or follows what was said of the person at once."""
    if at == 0 or tokens[at].breaks >= COMMA or tokens[at].key == "ni" or tokens[at - 1].kind == "refuse":
        return True
    if tokens[at].key.startswith(("but ", "mais ")):
        return True
    if tokens[at].key.startswith(("and no", "et pas", "et surtout")) or tokens[at - 1].kind == "and":
        return is_personal(tokens, at, stances)  # not "four kilobytes of memory and no operating system"
    return tokens[at - 1].kind in ("but", "seek", "courtesy")


def is_personal(tokens: Sequence[Token], at: int, stances: Stances) -> bool:
    """Whether everything before it in its clause is about the person: "dev Rust sans blockchain"."""
    is_titled = False
    for number in range(at - 1, max(-1, at - 1 - _FARTHEST), -1):
        token = tokens[number]
        is_titled = is_titled or is_head(token) or token.in_role
        if token.kind in ("who", "do"):
            return number == 0 or is_head(tokens[number - 1]) or tokens[number - 1].kind in _PERSONAL
        if not (
            token.kind in _PERSONAL
            or (is_titled and token.kind == "word")  # "PhD level cryptographer, no"
            or number in stances.dropped
            or token.in_role
            or is_skippable(token)
            or token.key in _OF_PEOPLE
        ):
            return False
        if token.breaks >= COMMA:
            return True
    return True


def is_about_us(tokens: Sequence[Token], at: int) -> bool:
    """ "We have no JavaScript developers", "it does not run on Windows": nothing is refused."""
    if at == 0 or tokens[at].breaks:
        return False
    previous = tokens[at - 1]
    if previous.kind in ("our", "company"):
        return True
    if previous.key in _HAVE and previous.kind != "with":
        return not any(token.kind == "who" for token in tokens[max(0, at - 4) : at])
    return False


def refuses_alone(tokens: Sequence[Token], at: int) -> bool:
    """Whether the phrase refuses whatever stands before it: "we don't want"."""
    return tokens[at].key.startswith(
        ("ne veux", "ne voulons", "je ne veux", "don t want", "do not want", "i don t want")
    )
