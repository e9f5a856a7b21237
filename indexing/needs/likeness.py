"""Whom a need names by login: someone to resemble, or someone to leave out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from indexing.needs.stated import Stated

_LOGIN: Final = r"([a-z0-9][a-z0-9-]{0,38})"  # what GitHub allows
_HANDLE: Final = rf"(?:@{_LOGIN}(?![\w@/])(?!\.\w)|(?:https?://)?(?:www\.)?github\.com/{_LOGIN}(?![\w-])(?!/\w)/?)"
_LIKE: Final = re.compile(
    r"\b(?:exactly |un peu |a bit |just |more )?(?:like|comme|similar to|similaires? (?:a|au profil de)|"
    r"in the style of|dans le (?:style|genre) de|du (?:style|genre|type) de|dans la lignee de|along the lines of|"
    r"proche du profil de|profil de|(?:de|du|le|la|un|une)? ?meme (?:style|genre|type|profil|sorte|trempe|acabit) que|"
    r"(?:the )?same (?:kind|sort|type|style|calibre|level) (?:of (?:person|profile|developer) )?as|"
    r"a la maniere de|a la|facon|comparable (?:to|a)|resembles?|resembling|qui ressemble a|"
    r"ressemblant a|equivalent (?:to|de|a)|clone of|same profile as|meme profil que|such as|as good as|"
    rf"aussi bon que|genre|type|style) (?:(?:le profil|the profile) (?:de|of) )?{_HANDLE}"
)
_KIND_OF: Final = re.compile(
    rf"{_HANDLE}(?:'s|’s)? (?:kind|sort|type|style|calibre)(?: of (?:person|people|profile|developer))?\b"
)
_ANOTHER: Final = re.compile(rf"(?: ?,| ?/| and| or| et| ou) ?{_HANDLE}")
_ALONE: Final = re.compile(rf"(?<![\w./@-]){_HANDLE}")


def find_likenesses(text: str, folded: str) -> Iterator[Stated]:
    """The logins of a text, those after "like" together with it."""
    if "@" not in folded and "github.com/" not in folded:
        return
    for match in _LIKE.finditer(folded):
        logins, end = [_login(text, match)], match.end()
        while (more := _ANOTHER.match(folded, end)) is not None:
            logins.append(_login(text, more))
            end = more.end()
        yield Stated("like", match.start(), end, logins=tuple(logins))
    for match in _KIND_OF.finditer(folded):
        yield Stated("like", match.start(), match.end(), logins=(_login(text, match),))
    for match in _ALONE.finditer(folded):  # one that belongs to a likeness overlaps it, and is left out later
        yield Stated("login", match.start(), match.end(), logins=(_login(text, match),))


def _login(text: str, match: re.Match[str]) -> str:
    group = 1 if match.start(1) >= 0 else 2
    return text[match.start(group) : match.end(group)].rstrip("-")
