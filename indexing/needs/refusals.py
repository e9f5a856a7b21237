"""What a need refuses about the person sought; a "not" that refuses nothing is told apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from indexing.needs.cue_words import cue_words
from indexing.needs.lists import Governed, after, before, is_member
from indexing.needs.refusal_scope import clause_end, is_about_us, is_personal, is_start, is_verb, refuses_alone
from indexing.needs.stances import Stances
from indexing.needs.tokens import CLAUSE, COMMA, SENTENCE, Token, is_skippable
from indexing.needs.whereabouts import near_label
from indexing.places import place_label, read_label
from indexing.skills import Catalogue
from indexing.skills.lexicon import fold

_OR: Final = frozenset(("or", "nor"))
_ANY: Final = frozenset(("or", "nor", "and"))
_MOST_WORDS: Final = 3
_LONGEST_COMPARISON: Final = 6
_WITHOUT: Final = frozenset(("sans", "without", "with no", "without any", "sans la", "sans aucun", "sans aucune"))
_EXCEPT: Final = frozenset(
    "sauf hors hormis except excluding outside excepte exclude excludes avoid eviter evitez apart "
    "exceptes exceptee exceptees besides aside".split()
)
_EXCEPT_PHRASES: Final = (
    "tout sauf",
    "anything but",
    "a part",
    "other than",
    "a l ex",
    "en dehors",
    "steer",
    "stay",
    "mis a part",
    "with the exc",
)
_AVERSIONS: Final = ("allergi", "tired", "sick", "fed up", "hates", "dislikes", "deteste", "n aime", "not ", "marre")
_REFUSING_ALONE: Final = frozenset(
    ("surtout pas", "jamais", "no", "never", "please no", "absolutely no", "definitely not", "pas question de")
)
_BOUNDS: Final = frozenset("but and or nor courtesy who for in example refuse instead must_after wish_after".split())
_NOUNS: Final = frozenset("word of person company near".split())
_PEOPLE_AFTER: Final = frozenset(
    "developer developers dev devs people profile profiles experience background stuff work please thanks guys folks "
    "ppl nerds fans fanatics types "
    "projects developpeur developpeurs profil profils gens type".split()
)


def _closing(cue: Token) -> frozenset[str]:
    """What ends a list of refusals: after "sauf" also an "et"; "no PHP and Go" refuses only the first."""
    is_except = not _EXCEPT.isdisjoint(cue.key.split()) or cue.key.startswith(_EXCEPT_PHRASES)
    return _ANY if is_except else _OR


def read_refusals(tokens: Sequence[Token], stances: Stances, catalogue: Catalogue) -> None:
    """Note what is refused, what stands instead of something else, and what is not needed."""
    for at, token in enumerate(tokens):
        if token.kind == "refuse":
            _refuse(tokens, at, stances, catalogue)
        elif token.kind == "instead" or _is_compared(tokens, at):
            _set(tokens, after(tokens, at, closing=_ANY), "neutral", stances)
        elif token.kind == "unneeded":
            _set(tokens, before(tokens, at, closing=_ANY), "neutral", stances)
        elif token.kind == "unneeded_before":
            _set(tokens, after(tokens, at, closing=_OR), "neutral", stances)
        elif token.kind == "refuse_after":
            is_label = at + 1 < len(tokens) and ":" in tokens[at + 1].gap  # "Excluded: PHP"
            listed = before(tokens, at, closing=_ANY) or (after(tokens, at, closing=_ANY) if is_label else None)
            _set(tokens, listed, "excluded", stances)
            if listed is None and not _refuse_before(tokens, at, stances):
                _refuse_nouns_before(tokens, at, stances, catalogue)


def drop_comparisons(tokens: Sequence[Token], stances: Stances) -> None:
    """Note only what stands instead of something else, as in the description of some work."""
    for at, token in enumerate(tokens):
        if (token.kind == "instead" and token.key not in ("than", "leaving")) or _is_compared(tokens, at):
            _set(tokens, after(tokens, at, closing=_ANY), "neutral", stances)


def _is_compared(tokens: Sequence[Token], at: int) -> bool:
    """The "que" of "plutôt Python que Ruby"."""
    if tokens[at].key not in ("que", "qu") or tokens[at].breaks:
        return False
    return any(token.key == "plutot" for token in tokens[max(0, at - _LONGEST_COMPARISON) : at])


def _set(tokens: Sequence[Token], listed: Governed | None, stance: str, stances: Stances) -> None:
    if listed is None:
        return
    for member in listed.members:
        stances.of.setdefault(member, stance)
    last = _with_people(tokens, listed.last)
    stances.drop(range(min(listed.first, listed.members[0]), last + 1), is_refusal=stance == "excluded")


def _with_people(tokens: Sequence[Token], last: int) -> int:
    """The last token with the "developers" or "experience" that belongs to the list."""
    while last + 1 < len(tokens) and not tokens[last + 1].breaks and tokens[last + 1].key in _PEOPLE_AFTER:
        last += 1
    words = last  # "Arduino hobby stuff", "Windows shops"
    while words + 1 < len(tokens) and not tokens[words + 1].breaks and tokens[words + 1].kind in ("word", "company"):
        words += 1
    is_short = words - last <= _MOST_WORDS and (words + 1 == len(tokens) or tokens[words + 1].breaks)
    return words if is_short else last


def _refuse(tokens: Sequence[Token], at: int, stances: Stances, catalogue: Catalogue) -> None:
    token = tokens[at]
    if token.key.startswith(_AVERSIONS) and at and tokens[at - 1].kind == "refuse" and not token.breaks:
        return  # who "isn't allergic to Excel" may well know it
    is_last = at + 1 == len(tokens) or tokens[at + 1].breaks >= SENTENCE
    is_behind = is_last or (tokens[at + 1].breaks == COMMA and not token.breaks)  # "React no, Angular never"
    if is_behind and token.key in _REFUSING_ALONE and _refuse_before(tokens, at, stances):
        return
    if is_last:
        return
    opens = is_start(tokens, at, stances)
    closing = _closing(token)
    listed = after(tokens, at, closing=closing)
    if listed is not None:
        end = _with_people(tokens, listed.last)
        following = tokens[end + 1].kind if end + 1 < len(tokens) and tokens[end + 1].breaks < CLAUSE else ""
        if following in ("must_after", "unneeded", "unneeded_before"):
            _set(tokens, listed, "neutral", stances)
        elif is_about_us(tokens, at) or not (opens or is_personal(tokens, at, stances)):
            for member in listed.members:
                if not refuses_alone(tokens, at):
                    stances.of.setdefault(member, "preferred" if token.key in _WITHOUT else "neutral")
        else:
            _set(tokens, listed, "excluded", stances)
        return
    is_exception = closing is _ANY and is_personal(tokens, at, stances)  # "dév Go hors région lyonnaise"
    if not (opens or is_exception) or is_about_us(tokens, at):
        return
    first = at + 1
    while first < len(tokens) and tokens[first].kind in ("article", "of", "in") and not tokens[first].breaks:
        first += 1
    if first == len(tokens) or tokens[first].breaks >= COMMA:
        return
    _refuse_words(tokens, at, first, stances, catalogue)


def _refuse_before(tokens: Sequence[Token], at: int, stances: Stances) -> bool:
    """ "SAS, surtout pas", "PHP? No thanks": the one thing named right before, alone between its marks, if it is."""
    is_alone = at > 0 and is_member(tokens[at - 1]) and (at == 1 or tokens[at - 1].breaks > 0)
    if is_alone:
        stances.of[at - 1] = "excluded"
        stances.drop((at - 1, at), is_refusal=True)
    return is_alone


def _refuse_nouns_before(tokens: Sequence[Token], at: int, stances: Stances, catalogue: Catalogue) -> None:
    """ "Manual testers excluded", "agences s'abstenir": a noun of a few words alone before the refusal."""
    first = at
    while first > 0 and not tokens[first].breaks and at - first <= _MOST_WORDS:
        first -= 1
    nouns = tokens[first:at]
    if nouns and (first == 0 or tokens[first].breaks) and _is_noun(nouns):
        text = stances.text[nouns[0].start : nouns[-1].end]
        name = _refused_skill(nouns, text, catalogue)
        stances.refuse_skill(name) if name is not None else stances.refuse_words(text)
        stances.drop(range(first, at + 1), is_refusal=True)


def _refuse_words(tokens: Sequence[Token], at: int, first: int, stances: Stances, catalogue: Catalogue) -> None:
    """A refused noun of up to three words, or someone refused in a whole clause."""
    last = first
    while last + 1 < len(tokens) and not tokens[last + 1].breaks and tokens[last + 1].kind not in _BOUNDS:
        last += 1
    following = tokens[last + 1] if last + 1 < len(tokens) else None
    is_described = following is not None and not following.breaks and following.kind in ("who", "for", "in", "know")
    nouns = tokens[first : last + 1]
    is_people = tokens[first].kind == "someone"
    text = stances.text[tokens[first].start : tokens[last].end]
    if following is not None and not following.breaks and following.kind in ("must_after", "unneeded"):
        return
    unrefusable = cue_words().sets["unrefusable"]
    name = _refused_skill(tokens[first : last + 1], text, catalogue)
    if name is None and (is_people or is_described):
        if following is not None and following.kind == "in" and nouns[-1].kind == "person":
            _set(tokens, after(tokens, last + 1, closing=_OR), "excluded", stances)  # "pas de consultants en SAP"
        stances.drop(range(at, clause_end(tokens, at) + 1), is_refusal=True)
        return
    if name is None and following is not None and following.kind == "example" and not following.breaks:
        listed = after(tokens, last + 1, closing=_ANY)  # "no hybrid frameworks like Ionic"
        if listed is not None:
            stances.drop(range(at, listed.first))
            _set(tokens, listed, "excluded", stances)
            return
    if name is not None:
        stances.refuse_skill(name)
    elif any(token.key in unrefusable or token.kind in ("junior", "senior", "lead", "remote") for token in nouns):
        stances.drop(range(at, last + 1), is_refusal=True)
        return
    elif (
        _is_noun(nouns)
        and tokens[at].key.split()[0] not in ("sans", "without")
        and not is_verb(tokens[at], tokens[first])
    ):  # "sans publicité" is said of a program
        stances.refuse_words(_place_or_words(text))
    else:
        return
    stances.drop(range(at, last + 1), is_refusal=True)
    _refuse_more(tokens, last + 1, _closing(tokens[at]), stances, catalogue)


def _is_noun(tokens: Sequence[Token]) -> bool:
    return len(tokens) <= _MOST_WORDS and all(token.kind in _NOUNS for token in tokens)


def _refused_skill(nouns: Sequence[Token], text: str, catalogue: Catalogue) -> str | None:
    """The skill that refused words stand for: "crypto stuff", "web people"."""
    bare = [
        token for token in nouns if token.key not in _PEOPLE_AFTER and token.kind not in ("of", "article", "someone")
    ]
    for words in (nouns, bare):
        name = cue_words().refused_skills.get(" ".join(token.key for token in words))
        if name is not None:
            return name
    skill = next(
        (token.skill for token in nouns if token.skill and token.kind == "person"), None
    )  # "no data scientists"
    if skill is None and len(nouns) <= _MOST_WORDS:
        skill = catalogue.normalise(text) or catalogue.normalise(" ".join(token.key for token in bare))
    return None if skill is None else skill.name


def _place_or_words(text: str) -> str:
    """The label of a place that nothing announced ("ni Paris ni Lyon"), else the words as written."""
    near = near_label(fold(text))
    if near is not None:
        return near
    places = read_label(text) if text[:1].isupper() or text.startswith("région ") else ()
    return place_label(places[0]) if len(places) == 1 else text


def _refuse_more(
    tokens: Sequence[Token], joint: int, closing: frozenset[str], stances: Stances, catalogue: Catalogue
) -> None:
    """Refuse what is joined to a refused noun: "no agencies or recruiters", "ni freelance ni agence"."""
    while joint + 1 < len(tokens) and tokens[joint].kind in closing | {"nor"} and tokens[joint].breaks < CLAUSE:
        at = joint + 1
        while at < len(tokens) and is_skippable(tokens[at]) and not tokens[at].breaks:
            at += 1
        if at == len(tokens) or tokens[at].breaks:
            return
        if is_member(tokens[at]):
            stances.of.setdefault(at, "excluded")
            last = _with_people(tokens, at)
        elif tokens[at].kind in _NOUNS:
            last = at
            while last + 1 < len(tokens) and not tokens[last + 1].breaks and tokens[last + 1].kind in _NOUNS:
                last += 1
            if last + 1 - at > _MOST_WORDS:
                return
            text = stances.text[tokens[at].start : tokens[last].end]
            name = _refused_skill(tokens[at : last + 1], text, catalogue)
            stances.refuse_skill(name) if name is not None else stances.refuse_words(_place_or_words(text))
        else:
            return
        stances.drop(range(joint, last + 1), is_refusal=True)
        joint = last + 1
