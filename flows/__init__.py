"""Vivier on a schedule: Prefect flows over the library's plain functions."""
