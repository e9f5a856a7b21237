"""What the texts of repositories say: the language and the topics spelt one way, and the skills named in them."""

from indexing.repository_texts.reading import Reading, Texts, canonical_language, text_reader
from indexing.repository_texts.together import Readings

__all__ = ["Reading", "Readings", "Texts", "canonical_language", "text_reader"]
