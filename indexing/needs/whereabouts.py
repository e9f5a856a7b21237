"""Where the person sought is to be: the places that a need states as a condition, a wish or a refusal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from indexing.needs.remote_work import read_remote
from indexing.needs.residence import is_of_person
from indexing.needs.stances import Stances
from indexing.needs.tokens import COMMA, Token
from indexing.places import PlaceMention, group_label, place_label, read_label

_INTRODUCING: Final = frozenset("in article residence of and or".split())
_INTRODUCING_WORDS: Final = frozenset("who qui lives is est that km rayon max maximum radius sur vers at".split())
_FARTHEST: Final = 40  # tokens looked back; what is further away is another thought
_REGIONS: Final = {
    "lyonnaise": "Lyon", "nantaise": "Nantes", "toulousaine": "Toulouse", "bordelaise": "Bordeaux", "lilloise": "Lille",
    "marseillaise": "Marseille", "rennaise": "Rennes", "strasbourgeoise": "Strasbourg", "grenobloise": "Grenoble",
    "nicoise": "Nice", "montpellieraine": "Montpellier", "lausannoise": "Lausanne", "genevoise": "Geneva",
    "bruxelloise": "Brussels", "montrealaise": "Montréal", "rouennaise": "Rouen", "angevine": "Angers",
    "dijonnaise": "Dijon", "tourangelle": "Tours", "stephanoise": "Saint-Étienne", "brestoise": "Brest",
}  # fmt: skip
_REGION: Final = re.compile(
    r"\b(?:en |dans la |de la )?(?:region|agglomeration|metropole) (" + "|".join(_REGIONS) + r")\b"
)
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
        elif label and stances.of.get(at) != "neutral" and is_of_person(tokens, at, accepted, is_person=is_person):
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
    read_remote(tokens, stances, found.conditions, found.wishes, is_person=is_person)
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


def near_label(folded: str) -> str | None:
    """ "near Lyon" for "région lyonnaise", None for other words."""
    match = _REGION.search(folded)
    return None if match is None else f"near {_REGIONS[match[1]]}"


def _read_regions(tokens: Sequence[Token], stances: Stances, folded: str, found: Whereabouts) -> None:
    for match in _REGION.finditer(folded):
        inside = [at for at, token in enumerate(tokens) if match.start() <= token.start and token.end <= match.end()]
        if any(at in stances.dropped for at in inside):
            continue  # refused
        if inside and _follows_wish(tokens, inside[0]):
            found.wishes.append(f"near {_REGIONS[match[1]]}")
        elif inside:
            found.conditions.append(f"near {_REGIONS[match[1]]}")
        stances.drop(inside)


def _follows_wish(tokens: Sequence[Token], at: int) -> bool:
    """Whether "idéalement" stands before it in its clause."""
    for number in range(at, max(0, at - _FARTHEST), -1):
        if tokens[number].breaks:
            return False
        if tokens[number - 1].kind == "wish":
            return True
    return False


def _near(tokens: Sequence[Token], at: int, folded: str) -> tuple[bool, int]:
    """Whether the surroundings are meant too, and the first token of what introduces the place."""
    start, is_near = at, False
    if start and ":" in tokens[start].gap and tokens[start - 1].kind == "residence":
        return False, start - 1  # "Lieu : Lyon"
    while start > 0 and tokens[start].breaks < COMMA:
        previous = tokens[start - 1]
        if previous.kind == "near" or previous.key == "vers":
            is_near = True
        elif (
            previous.kind not in _INTRODUCING and previous.key not in _INTRODUCING_WORDS and not previous.key.isdigit()
        ):
            break
        if previous.kind in ("and", "or") and start - 1 > 0 and tokens[start - 2].kind not in ("place", "remote"):
            break
        start -= 1
    stretch = folded[tokens[start].start : tokens[at].start]
    return is_near or _WITHIN.search(stretch) is not None, start
