"""The first sentence of a README: what a repository is, in its authors' words."""

from __future__ import annotations

import re

SENTENCE_LENGTH = 300
_SKIPPED = re.compile(
    r"(?:#|[=\-~*^_+]{3,}\s*$|```|~~~|\||>|\.\. |:[\w-]+:|<[^>]*>\s*$|\[?!\[|\[[^\]]*\]:|[-*+]\s|\d+\.\s|version https://git-lfs)"
)
_UNDERLINE = re.compile(r"\s*([=\-~*^\"'`#+])\1{2,}\s*")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|\A---\n.*?\n---\n", re.DOTALL)
_MARKUP = (
    (re.compile(r"!\[[^\]]*\]\([^)]*\)"), ""),
    (re.compile(r"\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"\[([^\]]*)\]\[[^\]]*\]"), r"\1"),
    (re.compile(r"`([^`<]*?)\s*<[^>]*>`_+"), r"\1"),
    (re.compile(r":\w+:`([^`]*)`"), r"\1"),
    (re.compile(r"<[^>]*>"), ""),
    (re.compile(r"[*`]+|(?<!\w)_+|_+(?!\w)"), ""),
)
_SENTENCE = re.compile(r".+?[.!?](?=\s|$)")
_LETTERS = 12  # fewer are no sentence about anything


def first_sentence(text: str) -> str | None:
    """The first sentence of the first paragraph that is prose; None when there is none."""
    for paragraph in _paragraphs(_COMMENT.sub("", text.replace("\r\n", "\n"))):
        plain = paragraph
        for pattern, kept in _MARKUP:
            plain = pattern.sub(kept, plain)
        plain = " ".join(plain.split())
        if sum(map(str.isalpha, plain)) < _LETTERS or " " not in plain:
            continue
        found = _SENTENCE.match(plain)
        sentence = found[0] if found else plain
        if len(sentence) > SENTENCE_LENGTH:
            sentence = sentence[:SENTENCE_LENGTH].rpartition(" ")[0] or sentence[:SENTENCE_LENGTH]
        return sentence
    return None


def _paragraphs(text: str) -> list[str]:
    """Runs of lines that are prose: no titles, badges, lists, tables, quotes or code."""
    paragraphs: list[str] = []
    lines: list[str] = []
    is_code = False
    for line in [*text.split("\n"), ""]:
        if _FENCE.match(line):
            is_code = not is_code
        elif _UNDERLINE.fullmatch(line):
            lines = []  # the line before was a title
        elif (
            is_code
            or not line.strip()
            or _SKIPPED.match(line.lstrip())
            or (not lines and line.startswith(("    ", "\t")))
        ):
            if lines:
                paragraphs.append(" ".join(lines))
            lines = []
        else:
            lines.append(line.strip())
    return paragraphs
