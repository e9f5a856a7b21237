"""Searches on their way into the database, beside the requests: a database that is full or locked costs no answer."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from indexing.errors import SearchNotFound, VivierError

if TYPE_CHECKING:
    from indexing.search_store import SearchStore, StoredSearch

LOG = logging.getLogger("vivier.service")
MOST_WAITING = 1_000  # some megabytes; more than a database takes in its worst second
AT_ONCE = 100
CLEANING_SECONDS = 86_400.0
PATIENCE_SECONDS = 10.0  # for the last ones, when the service stops


class StoredSearches:
    """Owns the store and the one thread that writes to it."""

    def __init__(self, store: SearchStore, *, days: int) -> None:
        self._store = store
        self._days = days
        self._waiting: dict[str, StoredSearch] = {}
        self._changed = threading.Condition()
        self._is_closing = False
        self._dropped = 0
        self._writer = threading.Thread(target=self._write_all, name="searches", daemon=True)
        self._writer.start()

    def keep(self, search: StoredSearch) -> None:
        """Write a search soon; one too many is dropped, with a warning."""
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                self._dropped += 1
                return
            self._waiting[search.id] = search
            self._changed.notify_all()

    def find(self, search_id: str) -> StoredSearch:
        """A search that was kept and is not too old. SearchNotFound, DatabaseUnavailable."""
        with self._changed:
            found = self._waiting.get(search_id)
        found = found or self._store.find(search_id, since=self._oldest())
        if found is None:
            raise SearchNotFound(f"No search has this id; searches are kept for {self._days} days.")
        return found

    def written(self, timeout_seconds: float = PATIENCE_SECONDS) -> bool:
        """Wait until nothing waits to be written."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, timeout_seconds)

    def close(self) -> None:
        """Write what waits, and give up the database."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        self._writer.join(PATIENCE_SECONDS)
        self._store.close()

    def _oldest(self) -> datetime:
        return datetime.now(UTC) - timedelta(days=self._days)

    def _write_all(self) -> None:
        clean_at = time.monotonic()
        while True:
            if time.monotonic() >= clean_at:
                clean_at = time.monotonic() + CLEANING_SECONDS
                self._clean()
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_closing, clean_at - time.monotonic())
                batch = list(islice(self._waiting.values(), AT_ONCE))
                if self._is_closing and not batch:
                    return
                dropped, self._dropped = self._dropped, 0
            if dropped:
                LOG.warning("%d searches were not stored: too many were waiting", dropped)
            self._write(batch)

    def _clean(self) -> None:
        try:
            deleted = self._store.delete_before(self._oldest())
        except VivierError as error:
            LOG.warning("old searches were not deleted: %s", error)
        else:
            LOG.info("%d searches older than %d days were deleted", deleted, self._days)

    def _write(self, batch: list[StoredSearch]) -> None:
        try:
            self._store.keep(batch)
        except VivierError as error:
            LOG.warning("%d searches were not stored: %s", len(batch), error)
        finally:
            with self._changed:
                for search in batch:
                    self._waiting.pop(search.id, None)
                self._changed.notify_all()
