"""What has been decided so far about the parts of a need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from indexing.needs.tokens import Token


@dataclass(slots=True)
class Stances:
    """A need's tokens with the stance taken on each, filled in by the modules that read it in turn."""

    text: str
    tokens: Sequence[Token]
    of: dict[int, str] = field(default_factory=dict)  # required | wish | preferred | excluded | neutral, by token
    refused_skills: list[str] = field(default_factory=list)
    refused_words: list[str] = field(default_factory=list)
    dropped: set[int] = field(default_factory=set)  # tokens that are not searched
    left_out: list[str] = field(default_factory=list)  # refusals as written, for the steps
    ignored: list[str] = field(default_factory=list)

    def drop(self, places: Iterable[int], *, is_refusal: bool = False) -> None:
        """Take tokens out of the words that are searched."""
        wanted = list(places)
        self.dropped.update(wanted)
        if is_refusal and wanted:
            self.left_out.append(self.text[self.tokens[wanted[0]].start : self.tokens[wanted[-1]].end])

    def refuse_skill(self, name: str) -> None:
        """Note a skill that is refused though the catalogue does not find it in the text."""
        self.refused_skills.append(name)

    def refuse_words(self, words: str) -> None:
        """Note a refusal the catalogue has no name for."""
        self.refused_words.append(words)
