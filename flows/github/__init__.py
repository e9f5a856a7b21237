"""People from GitHub (github.com or Enterprise): everybody who matches, resumable, within GitHub's limits."""

from flows.github.collect import GitHubSource, open_source
from flows.github.erasure import erase_journals, known_ids
from flows.github.run import plan_scrape, scrape
from flows.github.selection import Selection

__all__ = ["GitHubSource", "Selection", "erase_journals", "known_ids", "open_source", "plan_scrape", "scrape"]
