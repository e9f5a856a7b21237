"""The library: profiles, passages, encoders, search, ranking, releases, and their adapters."""
