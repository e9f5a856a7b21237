"""Taking people out of the journal, leaving no byte behind, and dropping what no pass needs any more."""

from __future__ import annotations

import re

from sqlalchemy import delete, func, select
from sqlalchemy.engine import Connection

from flows.github.journal import (
    FOUND,
    FOUND_IN,
    PEOPLE,
    REPOSITORIES,
    SELECTIONS,
    SLICES,
    WORKS,
    IsErased,
    Journal,
    all_journals,
    delete_people,
)
from flows.settings import FlowSettings
from indexing.people_store import PeopleStore

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:\[bot\])?")
_CHUNK = 500


def erase(journal: Journal, is_erased: IsErased) -> int:
    """Delete everybody who asked to be left out, what they own and did, and every search that names them.

    Returns how many people that were. Call it before each erasure is reported as done; a later scrape does not bring
    them back, since it asks `is_erased` before anything is fetched or written.
    """
    with journal.transaction() as connection:
        people = _people(connection, is_erased)
        delete_people(connection, sorted(people))
        _delete_repositories(connection, is_erased)
        named = _selections_that_name(connection, is_erased)
        for table in (FOUND, FOUND_IN):
            for start in range(0, len(people), _CHUNK):
                some = sorted(people)[start : start + _CHUNK]
                connection.execute(delete(table).where(table.c.node_id.in_(some)))
            connection.execute(delete(table).where(table.c.selection.in_(named)))
        connection.execute(delete(SLICES).where(SLICES.c.selection.in_(named)))
        connection.execute(delete(SELECTIONS).where(SELECTIONS.c.key.in_(named)))
    journal.compact()
    return len(people)


def erase_journals(settings: FlowSettings, is_erased: IsErased) -> int:
    """`erase` on every journal there is under these settings; returns how many people that were."""
    erased = 0
    for url in all_journals(settings.database_url.get_secret_value(), settings.home):
        journal = Journal(url)
        try:
            erased += erase(journal, is_erased)
        finally:
            journal.close()
    return erased


def known_ids(settings: FlowSettings, login: str) -> tuple[str, ...]:
    """Every id under which a journal knows a login: a rename does not change them."""
    ids: set[str] = set()
    for url in all_journals(settings.database_url.get_secret_value(), settings.home):
        journal = Journal(url)
        try:
            with journal.transaction() as connection:
                for table in (PEOPLE, FOUND):
                    wanted = select(table.c.database_id, table.c.node_id).where(
                        func.lower(table.c.login) == login.lower()
                    )
                    ids.update(str(one) for row in connection.execute(wanted) for one in row if one is not None)
        finally:
            journal.close()
    return tuple(sorted(ids))


def complete_marks(settings: FlowSettings, people: PeopleStore) -> None:
    """Mark every id that a journal has of whoever left.

    A request over HTTP knows the login and one of the two ids; what others did in repositories of somebody who was
    renamed since comes with the other one.
    """
    if not people.marks():
        return
    for url in all_journals(settings.database_url.get_secret_value(), settings.home):
        journal = Journal(url)
        try:
            with journal.transaction() as connection:
                known = {
                    tuple(row)
                    for table in (FOUND, PEOPLE)
                    for row in connection.execute(select(table.c.login, table.c.database_id, table.c.node_id))
                }
        finally:
            journal.close()
        for login, number, node_id in sorted(known, key=str):
            ids = [str(one) for one in (number, node_id) if one is not None]
            if people.covers(login, *ids) and not all(people.covers(None, one) for one in ids):
                people.hide(login, *ids)


def drop_unneeded(journal: Journal) -> None:
    """Delete people whom no selection found in its last pass, and repositories that nobody works on."""
    with journal.transaction() as connection:
        found = select(FOUND.c.node_id).where(FOUND.c.node_id == PEOPLE.c.node_id)
        connection.execute(delete(PEOPLE).where(~found.exists()))
        person = select(PEOPLE.c.node_id).where(PEOPLE.c.node_id == WORKS.c.person_id)
        connection.execute(delete(WORKS).where(~person.exists()))
        work = select(WORKS.c.person_id).where(WORKS.c.repository_id == REPOSITORIES.c.node_id)
        connection.execute(delete(REPOSITORIES).where(~work.exists()))


def _people(connection: Connection, is_erased: IsErased) -> set[str]:
    people = set()
    for table in (FOUND, PEOPLE):
        for node_id, number, login in connection.execute(select(table.c.node_id, table.c.database_id, table.c.login)):
            if is_erased(login, None if number is None else str(number), node_id):
                people.add(node_id)
    return people


def _delete_repositories(connection: Connection, is_erased: IsErased) -> None:
    """Repositories whose owner nobody collected: their contributors brought them."""
    owners = connection.execute(select(REPOSITORIES.c.owner, REPOSITORIES.c.owner_id).distinct())
    for owner, owner_id in owners.all():
        if is_erased(owner, None, owner_id):
            mine = select(REPOSITORIES.c.node_id).where(REPOSITORIES.c.owner == owner)
            connection.execute(delete(WORKS).where(WORKS.c.repository_id.in_(mine)))
            connection.execute(delete(REPOSITORIES).where(REPOSITORIES.c.owner == owner))


def _selections_that_name(connection: Connection, is_erased: IsErased) -> list[str]:
    named = set()
    for key, name, bounds in connection.execute(select(SLICES.c.selection, SLICES.c.name, SLICES.c.bounds)):
        if key not in named and any(is_erased(word, None, None) for word in _NAME.findall(f"{name} {bounds}")):
            named.add(key)
    return sorted(named)
