"""How a work becomes the text that is embedded, and that the usual way is what it has always been."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from indexing.passages import TEMPLATE, all_passages, work_text
from indexing.profiles import Work
from indexing.templates import FIELDS, MAX_PIECES, USUAL, USUAL_TEMPLATE, parse_template
from tests.builders import make_profile, make_work
from tests.strategies import works

TIDES = make_work("tide-tables", description="Predicts tides.", topics=("ocean", "maps"), language="Python")

_plain = st.characters(exclude_characters="{}|", exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"])
wordings = st.text(_plain, max_size=9)
pieces = st.tuples(wordings, st.sampled_from(FIELDS), wordings).map(lambda one: f"{one[0]}{{{one[1]}}}{one[2]}")
templates = st.lists(pieces, max_size=MAX_PIECES - 1).map(lambda some: " | ".join([*some, "{name}"]))


def said_before_templates(work: Work) -> str:
    """As releases before templates put it together: their vectors are kept under the same fingerprint."""
    parts = [f"{work.name}."]
    if work.description:
        parts.append(work.description)
    if work.topics:
        parts.append(f"Topics: {', '.join(work.topics)}.")
    if work.language:
        parts.append(f"Language: {work.language}.")
    return " ".join(parts)


@given(works)
def test_the_usual_template_says_what_was_always_said(work: Work) -> None:
    if all(work.topics) or not work.topics:  # a topic without a name is no topic
        assert work_text(work) == said_before_templates(work)


def test_the_usual_template_is_known_by_the_words_of_every_manifest_so_far() -> None:
    assert TEMPLATE == USUAL == str(USUAL_TEMPLATE) == "name. description topics: a, b. language: x / bio"
    written = "{name}. | {description} | Topics: {topics}. | Language: {language}."
    assert parse_template(written) == parse_template(USUAL) == USUAL_TEMPLATE


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("{name}", "tide-tables"),
        ("{description} | {name}.", "Predicts tides. tide-tables."),
        ("{name} | {description} | {name}", "tide-tables Predicts tides. tide-tables"),
        ("{language} project {name}", None),
        ("in {language}: | {name}", "in Python: tide-tables"),
        ("{name} | about {topics}", "tide-tables about ocean, maps"),
    ],
)
def test_fields_come_in_any_order_twice_or_not_at_all(written: str, text: str | None) -> None:
    if text is None:
        with pytest.raises(InputError, match="one field in braces"):
            parse_template(written)
    else:
        assert parse_template(written).text_of(TIDES) == text


def test_a_piece_whose_field_is_empty_is_left_out() -> None:
    bare = make_work("misc", description="", topics=(), language=None)
    assert USUAL_TEMPLATE.text_of(bare) == "misc."


@given(templates, works)
def test_a_template_is_read_as_it_was_written_and_always_says_something(written: str, work: Work) -> None:
    template = parse_template(written)
    assert parse_template(str(template)) == template
    if work.name:
        assert template.text_of(work)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "one field in braces"),
        ("{description}", "{name} is missing"),
        ("{name} | {stars}", "no field {stars}"),
        ("{name} | nothing", "'nothing' must hold one field"),
        (" | ".join(["{name}"] * 9), "9 pieces"),
        ("x" * 41 + "{name}", "more than 40 characters"),
    ],
)
def test_a_template_that_cannot_be_used_is_refused_in_a_sentence(written: str, says: str) -> None:
    with pytest.raises(InputError, match=re.escape(says)):
        parse_template(written)


def test_passages_are_numbered_alike_whatever_their_texts() -> None:
    people = [make_profile("ada", works=(TIDES,), bio="I map the sea.")]
    usual = list(all_passages(people))
    other = list(all_passages(people, template=parse_template("{name}")))
    assert [one.point_id for one in usual] == [one.point_id for one in other]
    assert [one.text for one in other] == ["I map the sea.", "tide-tables"]
    assert usual[1].text_hash != other[1].text_hash
