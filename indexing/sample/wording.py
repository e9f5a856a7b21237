"""What people of the sample write: repository descriptions and bios, composed from their field's own phrases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random

from indexing.sample.draws import REFERENCE, chance, weighted
from indexing.sample.people import Person, Style
from indexing.sample.vocabulary import Field, Vocabulary, Work

# With the little word before it, which changes in front of a vowel: a -> an, de -> d'.
_SLOT = re.compile(r"(\b[Aa] |\b[Dd]e )?\{(\w+)\}")
_VOWELS = tuple("aeiouéèêâîôœ")
_ACRONYMS = "ECG MRI SDRAM STM32 RP2040 nRF ESP32 MSP430 ATSAMD LIS3 SHT41 LSM R-tree ML APL LLVM"
_SPOKEN_AS_VOWELS = tuple(_ACRONYMS.split())
_SHAPES = (
    ("plain", 30),
    ("detail", 29),
    ("audience", 14),
    ("audience+detail", 8),
    ("lead", 6),
    ("long", 7),
    ("aside", 6),
    ("named", 15),
)
# A phrase that already says for whom takes no audience.
_FOR = re.compile(r"\b(for|pour)\b|[.?!]$")
# Once a text exists already, only shapes with more to say are tried.
_RICH_SHAPES = (("audience+detail", 3), ("long", 2), ("detail", 3), ("aside", 2))
_ATTEMPTS = 14
_LONGEST_BIO = 160  # GitHub's own limit

Picks = Mapping[str, int]


def pick_slots(field: Field, rng: Random, language: str | None = None) -> dict[str, int]:
    """Which value each slot of a field takes, once for a whole repository, so that its name and text agree."""
    picks = {}
    for name, values in field.slots.items():
        bound = field.bindings.get(name)
        fitting = [number for number in range(len(values["en"])) if not bound or language in (None, *bound[number])]
        picks[name] = rng.choice(fitting)
    return picks


def fill(text: str, field: Field, tongue: str, picks: Picks) -> str:
    """A phrase with its slots filled in the language it is written in."""
    return _SLOT.sub(lambda found: _agree(found[1] or "", field.slots[found[2]][tongue][picks[found[2]]], tongue), text)


class Descriptions:
    """Writes descriptions and remembers them: two repositories rarely say the same."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._asides = vocabulary.asides
        self._used: set[str] = set()

    def write(
        self, work: Work, field: Field, tongue: str, style: Style, picks: Picks, said: set[str], rng: Random
    ) -> str:
        """A description nobody wrote before, unless the vocabulary is exhausted; `said` is what its owner has said."""
        fresh = [phrase for phrase in work.phrases[tongue] if phrase not in said] or list(work.phrases[tongue])
        text = phrase = ""
        for attempt in range(_ATTEMPTS):
            shape, phrase = weighted(rng, _SHAPES if attempt < 2 else _RICH_SHAPES), rng.choice(fresh)
            text = fill(self._compose(shape, phrase, work, field, tongue, style, rng), field, tongue, picks)
            text = _finish(text, style)
            if text.lower() not in self._used:
                break
        self._used.add(text.lower())
        said.add(phrase)
        return text

    def write_misc(self, phrases: tuple[str, ...], year: int, style: Style, rng: Random) -> str | None:
        """A description of one of those repositories everybody has; none when it says nothing new."""
        text = _finish(rng.choice(phrases).replace("{year}", str(year)), style)
        if text.lower() in self._used:
            return None
        self._used.add(text.lower())
        return text

    def _compose(
        self, shape: str, phrase: str, work: Work, field: Field, tongue: str, style: Style, rng: Random
    ) -> str:
        told = phrase
        if "audience" in shape and not _FOR.search(phrase):
            phrase = f"{phrase} {rng.choice(field.audiences[tongue])}"
        if "detail" in shape:
            phrase = _join(phrase, rng.choice(field.details[tongue]), style, tongue)
        if shape == "named" and field.plain[tongue]:
            plain = rng.choice(field.plain[tongue])
            colon = " :" if tongue == "fr" else ":"
            return f"{phrase} ({plain})" if chance(rng, 45) else f"{_capital(plain)}{colon} {phrase}"
        if shape == "lead":
            return f"{rng.choice(self._asides['leads'][tongue])}{phrase}"
        if shape == "aside":
            return f"{_end(_capital(phrase))} {rng.choice(self._asides['asides'][tongue])}"
        if shape == "long":
            other = rng.choice([text for text in work.phrases[tongue] if text != told])
            detail = rng.choice(field.details[tongue])
            return f"{_end(_capital(phrase))} {_end(_capital(other))} {_end(_capital(detail))}"
        return phrase


def biography(vocabulary: Vocabulary, person: Person, rng: Random) -> str | None:
    """A bio in the person's language, in both, or none."""
    if chance(rng, 14):
        return None
    tongue = person.tongue
    if tongue == "fr" and chance(rng, 12):
        tongue = "en"
    if tongue != "both":
        return _one_biography(vocabulary, person, tongue, rng)
    french = _one_biography(vocabulary, person, "fr", rng, _LONGEST_BIO // 2 - 4)
    english = _one_biography(vocabulary, person, "en", rng, _LONGEST_BIO // 2 - 4)
    first, second = (french, english) if chance(rng, 60) else (english, french)
    return f"{first}{rng.choice([' // ', ' / ', chr(10), ' 🇫🇷🇬🇧 '])}{second}"


def _one_biography(
    vocabulary: Vocabulary, person: Person, tongue: str, rng: Random, longest: int = _LONGEST_BIO
) -> str:
    asides = vocabulary.asides
    parts = []
    if person.kind == "generalist" and chance(rng, 45):
        parts.append(rng.choice(asides["generalists"][tongue]))
    for interest in person.interests[: 1 if parts else 2]:
        field = vocabulary.field(interest.field)
        if interest.weight > 1 and not (parts and chance(rng, 40)):
            parts.append(fill(rng.choice(field.bios[tongue]), field, tongue, pick_slots(field, rng)))
            if field.plain[tongue] and chance(rng, 40):
                parts.append(", ".join(rng.sample(field.plain[tongue], rng.randrange(2, 4))))
    years = (REFERENCE - person.created).days // 365
    level = "junior" if person.kind == "newcomer" or years < 2 else "senior" if years >= 11 else ""
    if level and chance(rng, 30):
        parts.append(rng.choice(asides["seniority"][tongue][level]))
    parts += rng.sample(asides["tails"][tongue], weighted(rng, [(0, 4), (1, 4), (2, 2)]))
    while len(parts) > 1 and sum(len(part) + 3 for part in parts) > longest:
        parts.pop()
    joiner = rng.choice([". ", " · ", " | ", ", ", "\n", ". "])
    if joiner == ". ":
        return " ".join(_end(_capital(part)) for part in parts)
    return joiner.join([_capital(parts[0]) if person.style.capital else parts[0], *parts[1:]])


def _join(phrase: str, detail: str, style: Style, tongue: str) -> str:
    joiner = style.joiner if tongue == "fr" else style.joiner.replace(" ;", ";")
    if phrase.endswith(("?", "!", ".")):
        return f"{phrase} {_capital(detail)}"
    if joiner == ". ":
        return f"{phrase}. {_capital(detail)}"
    # A comma after a sentence that has its own reads as one list.
    return f"{phrase}{' — ' if joiner == ', ' and ',' in phrase else joiner}{detail}"


def _agree(before: str, value: str, tongue: str) -> str:
    if not before or not value.startswith(_VOWELS if tongue == "fr" else (*_VOWELS, *_SPOKEN_AS_VOWELS)):
        return before + value
    if tongue == "fr":
        return f"{before[0]}'{value}" if before[0] in "dD" else before + value
    return f"{before[0]}n {value}" if before[0] in "aA" else before + value


def _finish(text: str, style: Style) -> str:
    text = _capital(text) if style.capital else text
    return _end(text) if style.full_stop else text


def _end(text: str) -> str:
    return text if text.endswith((".", "?", "!", ")")) else f"{text}."


def _capital(text: str) -> str:
    # iOS and eBPF stay as they are.
    return text if text[1:2].isupper() else text[:1].upper() + text[1:]
