"""The words of a quote that a reader should see first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.highlights import SearchedWords
from indexing.skills import load_catalogue
from indexing.terms import term_ids, written_words


def within(need: str, quote: str, *skills: str) -> tuple[str, ...]:
    return SearchedWords(term_ids(need), skills, load_catalogue()).within(quote)


@pytest.mark.parametrize(
    ("need", "quote", "words"),
    [
        ("tide maps", "Maps of tides, and a MAP of reefs.", ("Maps", "tides", "MAP")),
        ("systèmes embarqués", "Un systeme EMBARQUÉ, des systèmes.", ("systeme", "EMBARQUÉ", "systèmes")),
        ("marées", "Les mare\u0301es de Brest", ("mare\u0301es",)),  # its accent is a character of its own
        ("the maps of the sea", "The sea of the maps", ("sea", "maps")),
        ("learning", "Built on scikit-learn, for learning", ("learn", "learning")),
        ("scikit-learn", "Built on scikit-learn", ("scikit-learn",)),
        ("tide table", "class TideTable in tide_tables.py", ("Tide", "Table", "tide", "tables")),
        ("C++ and C#", "C, C++ and C#", ("C++", "C#")),
        ("maps", "maps, maps and maps", ("maps",)),
        ("motor", "Nothing of the kind", ()),
        ("", "Nothing asked", ()),
    ],
)
def test_a_word_is_shown_as_written_when_it_is_a_word_of_the_need(
    need: str, quote: str, words: tuple[str, ...]
) -> None:
    assert within(need, quote) == words


@pytest.mark.parametrize(
    ("skill", "quote", "words"),
    [
        ("Kubernetes", "Operators for k8s", ("k8s",)),
        ("Machine learning", "Machine-learning for boats", ("Machine", "learning")),
        ("Machine learning", "Learning to build a machine", ()),  # a name of two words is both of them together
        ("Machine learning", "De l'apprentissage automatique", ("apprentissage", "automatique")),
        ("Go", "Written in Go", ("Go",)),
        ("Go", "Let it go", ()),
        ("No such skill", "No such skill", ()),
    ],
)
def test_a_wanted_skill_is_shown_by_whatever_name(skill: str, quote: str, words: tuple[str, ...]) -> None:
    assert within("", quote, skill) == words


@given(need=st.text(max_size=60), quote=st.text(max_size=120))
def test_words_stand_in_the_quote_to_the_letter_and_each_once(need: str, quote: str) -> None:
    words = within(need, quote)
    assert len(set(words)) == len(words)
    assert all(word in quote for word in words)


@given(text=st.text("aeéçT0-_.+#' ", max_size=40))
def test_every_term_of_a_text_is_of_one_of_its_written_words(text: str) -> None:
    """What is found is split as what is indexed."""
    written = {part.term for word in written_words(text) for part in (word, *word.parts)}
    assert set(term_ids(text)) - written == set()


def test_a_whole_quote_of_what_was_asked_is_all_of_its_words() -> None:
    quote = "Predicts tides from harmonic constituents"
    assert within(quote, quote) == ("Predicts", "tides", "harmonic", "constituents")
