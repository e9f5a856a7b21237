"""Optimisation: a search for a better way to serve a version, tried on one half of the judged queries."""
