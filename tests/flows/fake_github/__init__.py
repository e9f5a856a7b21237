"""Tests of the fake GitHub: that it answers as GitHub does, and misbehaves as it does."""
