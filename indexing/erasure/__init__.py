"""Erasure: removing whoever asked to leave from everything that is kept, down to the last byte."""

from indexing.erasure.sweep import Swept, erase_from_files, sweep

__all__ = ["Swept", "erase_from_files", "sweep"]
