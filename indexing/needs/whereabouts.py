"""Where the person sought is to be: the places that a need states as a condition, a wish or a refusal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from indexing.needs.cue_words import cue_words
from indexing.needs.polarity import is_sought, skips_to_person
from indexing.needs.stances import Stances
from indexing.needs.subject import is_head
from indexing.needs.tokens import CLAUSE, COMMA, Token, is_skippable
from indexing.places import Place, PlaceMention, group_label, place_label, read_label
from indexing.places.gazetteer import nationalities
from indexing.places.spelling import fold

REMOTE: Final = "remote"
_AT: Final = frozenset(
    "in a en au aux dans from sur vers at across within km kms kilometres kilometers miles minutes min rayon radius".split()
)
_FARTHEST: Final = 40  # tokens looked back; what is further away is another thought
_REGIONS: Final = {
    "lyonnaise": "Lyon", "nantaise": "Nantes", "toulousaine": "Toulouse", "bordelaise": "Bordeaux", "lilloise": "Lille",
    "marseillaise": "Marseille", "rennaise": "Rennes", "strasbourgeoise": "Strasbourg", "grenobloise": "Grenoble",
    "nicoise": "Nice", "montpellieraine": "Montpellier", "lausannoise": "Lausanne", "genevoise": "Geneva",
    "bruxelloise": "Brussels", "montrealaise": "Montréal", "rouennaise": "Rouen", "angevine": "Angers",
    "dijonnaise": "Dijon", "tourangelle": "Tours", "stephanoise": "Saint-Étienne", "brestoise": "Brest",
}  # fmt: skip
_REGION: Final = re.compile(r"\b(?:en |dans la |de la )?(?:region|agglomeration|metropole) (" + "|".join(_REGIONS) + r")\b")
_WITHIN: Final = re.compile(r"(?:\d{1,3} ?(?:km|kms|kilometres?|kilometers?|miles|min|minutes|mn)|rayon|radius)\b")
_AREA: Final = re.compile(
    r" (?:area|region|metro area|metropolitan area)\b|"
    r",? (?:ou|et|or|and) (?:tout |a |aux |ses |its |the )?(?:pres|proximite|alentours|environs|nearby|around|close by|"
    r"surroundings?|surrounding area|not far)\b"
)


@dataclass(slots=True)
class Whereabouts:
    """The labels of places, by what they are in the need."""

    conditions: list[str] = field(default_factory=list)
    wishes: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def read_whereabouts(tokens: Sequence[Token], stances: Stances, folded: str, *, is_person: bool) -> Whereabouts:
    """The places of a need, with what they stand for; the others stay among the words searched."""
    found = Whereabouts()
    accepted: set[int] = set()
    for at, token in enumerate(tokens):
        if token.kind != "place" or token.place is None:
            continue
        label = _label(token.place, is_town=at > 0 and tokens[at - 1].kind == "in" and tokens[at - 1].key == "a")
        if label and stances.of.get(at) == "excluded":
            found.refused.append(label)
        elif label and stances.of.get(at) != "neutral" and _is_of_person(tokens, at, accepted, is_person=is_person):
            accepted.add(at)
            is_near, start = _near(tokens, at, folded)
            area = _AREA.match(folded, token.end)
            label = f"near {label}" if (is_near or area) and token.place.place.city else label
            if not _is_outer(tokens, at, accepted):
                (found.wishes if stances.of.get(at) == "wish" else found.conditions).append(label)
            stances.drop(range(start, at + 1))
            following = at + 1
            while following < len(tokens) and (
                (area is not None and tokens[following].end <= area.end())
                or (tokens[following].kind == "residence" and not tokens[following].breaks)
            ):
                stances.drop([following])
                following += 1
    _read_regions(tokens, stances, folded, found)
    _read_remote(tokens, stances, found)
    return found


def _is_outer(tokens: Sequence[Token], at: int, accepted: set[int]) -> bool:
    """ "Lagos, au Nigeria": the country only says which Lagos is meant."""
    place = tokens[at].place
    before = next((number for number in range(at - 1, max(-1, at - 4), -1) if tokens[number].kind == "place"), -1)
    inner = tokens[before].place if before in accepted else None
    if place is None or inner is None or inner.place.city is None or place.place.city is not None:
        return False
    if any(token.kind in ("or", "and") for token in tokens[before:at]):
        return False
    return place.place.country == inner.place.country and place.place.region in (None, inner.place.region)


def _label(mention: PlaceMention, *, is_town: bool) -> str | None:
    """The label of what was named; French says "à Québec" of the town and "au Québec" of the province."""
    if is_town and mention.place.region and not mention.place.city:
        towns = read_label(f"{mention.surface} (city)")
        return place_label(towns[0]) if towns else place_label(mention.place)
    if len(mention.countries) > 1:
        return group_label(mention.countries)
    return place_label(mention.place) or None


def _read_regions(tokens: Sequence[Token], stances: Stances, folded: str, found: Whereabouts) -> None:
    for match in _REGION.finditer(folded):
        found.conditions.append(f"near {_REGIONS[match[1]]}")
        stances.drop(n for n, token in enumerate(tokens) if match.start() <= token.start and token.end <= match.end())


def _read_remote(tokens: Sequence[Token], stances: Stances, found: Whereabouts) -> None:
    """Remote work that is asked for; beside places it is one more, and alone "remote ok" asks for nothing."""
    for at, token in enumerate(tokens):
        if token.kind != "remote":
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
            found.wishes.append(REMOTE)
        elif not is_offer or found.conditions:
            found.conditions.append(REMOTE)
        else:
            stances.ignored.append(stances.text[token.start : token.end])
        _drop_offer(tokens, at, stances)


def _is_offer(tokens: Sequence[Token], at: int) -> bool:
    words = tokens[at].key.split()
    if words[-1] in ("ok", "friendly", "possible"):
        return True
    number = at + 1
    while number < len(tokens) and not tokens[number].breaks and number < at + 3:
        if tokens[number].key in cue_words().sets["optional_remote"]:
            return True
        if not is_skippable(tokens[number]) and tokens[number].kind != "for":
            return False
        number += 1
    return False


def _drop_offer(tokens: Sequence[Token], at: int, stances: Stances) -> None:
    number = at + 1
    while number < len(tokens) and not tokens[number].breaks and number < at + 4:
        key = tokens[number].key
        if key not in cue_words().sets["optional_remote"] and key not in (
            "is", "est", "only", "uniquement", "work", "job", "position", "exclusivement", "complet", "total"
        ):  # fmt: skip
            return
        stances.drop([number])
        number += 1


def _near(tokens: Sequence[Token], at: int, folded: str) -> tuple[bool, int]:
    """Whether the surroundings are meant too, and the first token of what introduces the place."""
    start, is_near = at, False
    while start > 0 and tokens[start].breaks < COMMA:
        previous = tokens[start - 1]
        if previous.kind == "near":
            is_near = True
        elif previous.kind not in ("in", "article", "residence", "of", "and", "or") and not (
            previous.key in ("who", "qui", "lives", "is", "est", "that", "km", "rayon", "max", "maximum", "radius", "sur", "vers", "at")
            or previous.key.isdigit()
        ):
            break
        if previous.kind in ("and", "or") and start - 1 > 0 and tokens[start - 2].kind not in ("place", "remote"):
            break
        start -= 1
    stretch = folded[tokens[start].start : tokens[at].start]
    return is_near or _WITHIN.search(stretch) is not None, start


def _is_of_person(tokens: Sequence[Token], at: int, accepted: set[int], *, is_person: bool) -> bool:
    """Whether a place says where the person is, rather than what the work is about."""
    token = tokens[at]
    if at + 1 < len(tokens) and tokens[at + 1].key == "s" and tokens[at + 1].gap == "'":
        return False  # "Europe's Alps"
    start = at
    while start > max(0, at - _FARTHEST) and not tokens[start].breaks:
        start -= 1
    if _is_alone(tokens, start, at):
        return _inherits(tokens, start, accepted, is_person=is_person)
    if not is_person:
        return _is_keyword_clause(tokens, start)
    if fold(token.place.surface if token.place else "") in nationalities():
        return True
    before = at - 1
    while before >= start and _introduces(tokens[before]):
        before -= 1
    introduced = tokens[before + 1 : at]
    while before > start and is_skippable(tokens[before]) and not is_head(tokens[before]) and tokens[before].kind == "word":
        before -= 1  # "Kubernetes experience in Berlin"
    if before >= start and tokens[before].kind == "residence":
        return not _is_company(tokens, start, before)
    if before >= start and tokens[before].kind in ("or", "and", "place", "remote"):
        while before >= start and tokens[before].kind in ("or", "and", "near", "in", "article", "remote"):
            before -= 1
        if before >= start and tokens[before].kind == "place":
            return before in accepted
    if before < start:
        return skips_to_person(tokens, at)
    if introduced and introduced[-1].kind == "of" and not any(one.kind == "near" or one.key == "km" for one in introduced):
        return False  # "maps of Paris"
    if not introduced and not _ends_clause(tokens, at):
        return skips_to_person(tokens, at)
    return _reaches_person(tokens, start, before)


def _is_keyword_clause(tokens: Sequence[Token], start: int) -> bool:
    """ "Rust Lyon", "SRE à Paris" are conditions; "open data in Paris" may be what the work is about."""
    number = start
    while number < len(tokens) and (number == start or not tokens[number].breaks):
        token = tokens[number]
        if token.kind not in ("skill", "place", "remote", "or", "and", "in", "near", "senior", "junior"):
            return False
        if token.skill is not None and token.skill.kind == "domain":
            return False
        number += 1
    return True


def _introduces(token: Token) -> bool:
    return token.kind in ("in", "near", "article", "of") or token.key in _AT or token.key.isdigit()


def _ends_clause(tokens: Sequence[Token], at: int) -> bool:
    if at + 1 == len(tokens) or tokens[at + 1].breaks:
        return True
    return tokens[at + 1].kind in ("or", "and", "remote", "with", "who", "but", "courtesy", "residence", "senior", "stated")


def _is_alone(tokens: Sequence[Token], start: int, at: int) -> bool:
    """Whether a piece between commas has nothing but places: "Rust, Lyon", "(Berlin or remote)"."""
    number = start
    while number < len(tokens) and (number == start or not tokens[number].breaks):
        token = tokens[number]
        if token.kind not in ("place", "remote", "in", "near", "or", "and", "article", "residence", "courtesy", "wish",
                              "wish_after", "senior", "junior", "stated") and not (
            token.key in cue_words().sets["optional_remote"] or token.key in ("only", "uniquement", "area", "km", "sur", "vers")
            or token.key.isdigit()
        ):  # fmt: skip
            return False
        number += 1
    return number > at


def _inherits(tokens: Sequence[Token], start: int, accepted: set[int], *, is_person: bool) -> bool:
    """A place alone goes on a list of places; else it stands for the person, in a need or behind keywords."""
    if start == 0:
        return True
    previous = tokens[start - 1]
    if previous.kind == "place" and tokens[start].breaks == COMMA:
        return start - 1 in accepted
    if any(token.kind in ("residence",) for token in tokens[start : start + 2]):
        return True
    if previous.kind in ("in", "for", "of", "our") and tokens[start].breaks:
        return False
    return is_person or not _is_sentence(tokens)


def _is_sentence(tokens: Sequence[Token]) -> bool:
    return len(tokens) > 14 or any(token.kind in ("who", "our", "not_seek", "company") for token in tokens)


def _is_company(tokens: Sequence[Token], start: int, at: int) -> bool:
    """ "A startup based in Lyon", "we are based in Paris": where the searcher is."""
    for number in range(at - 1, start - 1, -1):
        if is_head(tokens[number]) or tokens[number].in_role:
            return False
        if tokens[number].kind in ("company", "our"):
            return True
    return False


def _reaches_person(tokens: Sequence[Token], start: int, at: int) -> bool:
    """Whether the words from the person to the place are about the person and no other thing is in between."""
    token = tokens[at]
    if is_head(token) or token.in_role:
        if is_sought(tokens, at) or (token.in_role and not _is_blocked(tokens, start, at)):
            return True
    if token.kind in ("skill", "senior", "junior", "lead", "stated", "like", "must_after", "remote", "place", "know", "do"):
        return not _is_blocked(tokens, start, at)
    # "Ingénieur en rendu graphique au Canada": the title goes on after its first word.
    first = start
    while first < at and tokens[first].kind in ("seek", "weak_seek", "article", "senior", "junior", "lead", "courtesy"):
        first += 1
    is_title = is_head(tokens[first]) or tokens[first].in_role
    return is_title and not _is_blocked(tokens, first, at)


def _is_blocked(tokens: Sequence[Token], start: int, at: int) -> bool:
    for number in range(at, start - 1, -1):
        token = tokens[number]
        if token.kind in ("seek", "weak_seek", "who"):
            return False
        if token.kind in ("for", "our", "company", "not_seek", "about_to_move") and token.key not in ("is", "est", "are"):
            return True
    return False


def place_of_text(tokens: Sequence[Token]) -> Place | None:
    """The place that is all a text says, None when it says more."""
    only = [token for token in tokens if token.kind == "place"]
    return only[0].place.place if len(only) == len(tokens) == 1 and only[0].place else None


def is_whole(tokens: Sequence[Token]) -> bool:
    """Whether a text is nothing but places."""
    return bool(tokens) and all(token.kind in ("place", "remote", "or", "and", "in", "near", "article") for token in tokens) and any(
        token.breaks <= CLAUSE for token in tokens
    )
