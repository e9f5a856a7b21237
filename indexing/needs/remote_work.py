"""Whether the person sought is to work remotely, or only may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from indexing.needs.cue_words import cue_words
from indexing.needs.residence import is_keyword
from indexing.needs.stances import Stances
from indexing.needs.tokens import Token, is_skippable

REMOTE: Final = "remote"
_WHOLLY: Final = frozenset(("total", "totale", "complet"))  # says how much, not whether
_WORK: Final = frozenset("is est only uniquement work job position exclusivement complet total".split())


def read_remote(
    tokens: Sequence[Token], stances: Stances, conditions: list[str], wishes: list[str], *, is_person: bool
) -> None:
    """Remote work that is asked for; beside places it is one more, and alone "remote ok" asks for nothing."""
    for at, token in enumerate(tokens):
        if token.kind != "remote" or not (is_person or is_keyword(tokens, at)):
            continue
        stance = stances.of.get(at)
        previous = tokens[at - 1] if at and not token.breaks else None
        if previous is not None and previous.kind in ("for", "refuse", "our") and previous.key != "en":
            if previous.kind == "refuse":
                stances.drop([at - 1, at], is_refusal=True)
            continue
        stances.drop([at])
        is_offer = _is_offer(tokens, at)
        if stance == "wish" and not is_offer:
            wishes.append(REMOTE)
        elif not is_offer or conditions:
            conditions.append(REMOTE)
        else:
            stances.ignored.append(stances.text[token.start : token.end])
        _drop_offer(tokens, at, stances)


def _is_offer(tokens: Sequence[Token], at: int) -> bool:
    words = tokens[at].key.split()
    if words[-1] in ("ok", "friendly", "possible"):
        return True
    number = at + 1
    while number < len(tokens) and not tokens[number].breaks and number < at + 3:
        if tokens[number].key in cue_words().sets["optional_remote"] - _WHOLLY:
            return True
        if tokens[number].key in _WHOLLY:
            number += 1
            continue
        if not is_skippable(tokens[number]) and tokens[number].kind != "for":
            return False
        number += 1
    return False


def _drop_offer(tokens: Sequence[Token], at: int, stances: Stances) -> None:
    number = at + 1
    while number < len(tokens) and not tokens[number].breaks and number < at + 4:
        key = tokens[number].key
        if key not in cue_words().sets["optional_remote"] and key not in _WORK:
            return
        stances.drop([number])
        number += 1
