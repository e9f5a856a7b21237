"""How long a need takes to become a plan: sentences of a dozen words or two, and a whole advertisement."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import median

import numpy as np

from indexing.needs import read_need
from indexing.skills import Catalogue, load_catalogue
from tests.load.corpus import ROOT
from tests.load.report import Row

NEEDS = ROOT / "data" / "judgements" / "needs.jsonl"
SENTENCES = 200
SHORTEST, LONGEST = 12, 30  # words
ADVERTISEMENT = 8_000  # characters: the longest need that the service takes
REPEATED = 20
TODAY = date(2026, 7, 15)


@dataclass(frozen=True, slots=True)
class Planning:
    """Milliseconds to plan a sentence, and an advertisement."""

    sentences: tuple[float, ...]
    advertisements: tuple[float, ...]

    def rows(self) -> list[Row]:
        """Two lines for the table."""
        return [
            (f"planning a sentence of {SHORTEST} to {LONGEST} words", _line(self.sentences)),
            (f"planning an advertisement of {ADVERTISEMENT:,} characters", _line(self.advertisements)),
        ]


def measure() -> Planning:
    """Plan each sentence once to warm up and once on the clock; the advertisement some times over."""
    catalogue = load_catalogue()
    asked = sentences()
    whole = advertisement()
    for text in (*asked, whole):
        _millis(text, catalogue)
    return Planning(
        tuple(_millis(text, catalogue) for text in asked), tuple(_millis(whole, catalogue) for _ in range(REPEATED))
    )


def sentences() -> list[str]:
    """Labelled needs of the length that people write, in both languages; two short ones count as one sentence."""
    needs = _needs()
    both = [f"{first} {second}" for first, second in pairwise(needs)]
    fitting = [text for text in (*needs, *both) if SHORTEST <= len(text.split()) <= LONGEST]
    return list(dict.fromkeys(fitting))[:SENTENCES]


def advertisement() -> str:
    """The longest labelled needs one under the other, cut at the length."""
    longest = sorted(_needs(), key=len, reverse=True)
    text = ""
    for need in longest:
        text += need + "\n\n"
        if len(text) >= ADVERTISEMENT:
            break
    return text[:ADVERTISEMENT]


def _needs() -> list[str]:
    return [str(json.loads(line)["query"]) for line in NEEDS.read_text(encoding="utf-8").splitlines()]


def _millis(text: str, catalogue: Catalogue) -> float:
    started = time.perf_counter()
    read_need(text, catalogue, today=TODAY)
    return (time.perf_counter() - started) * 1000


def _line(millis: tuple[float, ...]) -> str:
    return f"median {median(millis):.2f} ms, p99 {np.percentile(millis, 99):.2f} ms over {len(millis)}"


if __name__ == "__main__":
    for what, value in measure().rows():
        print(f"{what}: {value}")
