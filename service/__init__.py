"""Vivier on HTTP."""
