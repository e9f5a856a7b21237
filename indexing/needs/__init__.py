"""Needs: what a sentence, some keywords or a job advertisement, in French or English, asks of people."""

from indexing.needs.reading import read_need

__all__ = ["read_need"]
