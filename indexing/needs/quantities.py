"""How many followers and how many years of experience a need states."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from indexing.needs.stated import NUMBER_WORDS, Stated

_MINIMUM: Final = (
    "at least|a minimum of|minimum|min|more than|over|above|no less than|no fewer than|not less than|"
    "au moins|plus de|pas moins de|avec plus de"
)
_NUMBER: Final = (
    r"(?:(\d{1,3}(?:[ .,]\d{3})+|\d{1,7}(?:[.,]\d)?) ?(k)?|"
    r"\b(a hundred|a thousand|cent|mille|fifty|cinquante|hundred|thousand|twenty|vingt|ten|dix))"
)
_FOLLOWERS: Final = re.compile(
    r"(?:\b(less than|fewer than|under|below|at most|moins de|au plus|maximum) )?"
    rf"(?:\b(?:{_MINIMUM}) )?(?:>=? ?|≥ ?)?(?<![\w.,]){_NUMBER}(?: ?\+| or more| ou plus| et plus)? ?"
    r"(?:github )?(?:followers?|abonne(?:e?s)?|suiveurs|followeurs)\b(?: github| on github| sur github)?"
    r"(?: minimum| min\b| au moins| or more| ou plus| et plus| at least)?"
)
_FOLLOWERS_AFTER: Final = re.compile(
    r"\b(?:followers?|abonnes) ?(?::|>=?|≥|at least|au moins|over|min(?:imum)?) ?(\d{1,7}(?:[.,]\d)?) ?(k)?\b\+?"
)
_YEAR_WORDS: Final = "|".join(word for word in NUMBER_WORDS if len(word) > 2)
_YEARS: Final = re.compile(
    r"\b(?:(?:with |avec |of )?(?:at least|more than|over|minimum|min|au moins|plus de|pres de|environ|about) )?"
    rf"(?:(\d{{1,2}})(?: ?(?:-|–|to|a) ?\d{{1,2}})?|({_YEAR_WORDS}))"
    r" ?(\+)? ?(?:ou plus )?(?:years?|yrs?|yoe|ans|annees)\b(?: ?(\+))?(?: minimum| min\b| or more| et plus| ou plus)?"
    r"((?: ?'? ?(?:of|d)[ '])?(?: ?(?:(?:professional|relevant|prior|solid|solide|solides|bonnes?) )?"
    r"(?:experiences?|exp\b|xp\b|pratique|metier|anciennete))(?: minimum)?)?"
)
# "in the last 5 years", "10 years old" tell of something else.
_OTHER_YEARS: Final = re.compile(r"(?:last|past|derniers|derniere|old|ces|for|les|the|depuis|every|last few) $")
_AFTER_YEARS: Final = (" in ", " with ", " de ", " en ", " as ", " d'")
_ENDS: Final = ("", ",", ".", ";", ")", "\n", "!")
_DURATION: Final = re.compile(
    r"\b(?:(?:pour|for|of|de|sur|duree|about|environ) )?"
    rf"(?:\d{{1,2}}(?: ?(?:-|–|to|a|ou|or) ?\d{{1,2}})?|{_YEAR_WORDS})[ -]?"
    r"(?:mois|months?|semaines?|weeks?|jours?|days?)(?: renouvelables?)?"
    r"(?= ?(?:$|[,.;:!?)\n/])| (?:in|a|en|au|near|around|pres|with|avec|gig|contract|mission|project|projet)\b)"
)
_SENIOR_YEARS: Final = 7  # "5 years" is asked of nearly everyone; ten are asked of few
_GENDERS: Final = re.compile(r"\(? ?\b[hfmw] ?/ ?[hfmwdx](?: ?/ ?[hfmwdxn])?\b ?\)?")  # "(H/F)", "m/f/d"
_WORDS_LOOKED_BACK: Final = 12


def find_followers(folded: str) -> Iterator[Stated]:
    """The numbers of followers; those that are a most, not a least, have no value."""
    if not any(word in folded for word in ("follow", "abonne", "suiveurs")):
        return
    for match in _FOLLOWERS.finditer(folded):
        count = _count(match[2], match[3], match[4])
        yield Stated("followers", match.start(), match.end(), None if match[1] else count)
    for match in _FOLLOWERS_AFTER.finditer(folded):
        yield Stated("followers", match.start(), match.end(), _count(match[1], match[2], None))


def _count(digits: str | None, thousands: str | None, word: str | None) -> int:
    if digits is None:
        return NUMBER_WORDS[(word or "one").split()[-1]]
    if thousands:
        return round(float(digits.replace(" ", "").replace(",", ".")) * 1000) if digits.count(".") < 2 else 0
    return int(re.sub(r"[ .,](?=\d{3})", "", digits).split(".")[0].split(",")[0])


def find_years(folded: str) -> Iterator[Stated]:
    """The years of experience; enough of them have the value "senior", fewer none."""
    for match in _YEARS.finditer(folded):
        is_counted = match[3] or match[4] or match[5] or folded[match.end() : match.end() + 1] in _ENDS
        if not is_counted and not (match[1] and folded.startswith(_AFTER_YEARS, match.end())):
            continue
        if _OTHER_YEARS.search(folded[max(0, match.start() - _WORDS_LOOKED_BACK) : match.start()]):
            continue
        years = int(match[1]) if match[1] else NUMBER_WORDS.get(match[2], 0)
        yield Stated("years", match.start(), match.end(), "senior" if years >= _SENIOR_YEARS else None)


def find_durations(folded: str) -> Iterator[Stated]:
    """How long the work is to last ("pour 6 mois", "for 2-3 weeks"), which nothing is searched by."""
    for match in _DURATION.finditer(folded):
        if not _OTHER_YEARS.search(folded[max(0, match.start() - _WORDS_LOOKED_BACK) : match.start()]):
            yield Stated("duration", match.start(), match.end())


def find_titles(folded: str) -> Iterator[Stated]:
    """The "(H/F)" behind a title, which says nothing about the work."""
    return (Stated("title", match.start(), match.end(), "any") for match in _GENDERS.finditer(folded))
