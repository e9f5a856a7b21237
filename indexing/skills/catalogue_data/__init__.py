"""The tables of skills and roles, and the words that speak for an ambiguous name."""
