"""From the journal to the raw files: people by login, with memory for one batch of them."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from flows.github.journal import FOUND, PEOPLE, REPOSITORIES, WORKS
from flows.github.passes import USER, Pass
from flows.raw_files import RawFiles

BATCH = 500


def export(under_way: Pass, into: RawFiles, *, home: str | None = None) -> None:
    """Write everybody who was found and kept, what they own and contributed to, and what they did there.

    `home` is where people look at this GitHub, None for github.com.
    """
    with under_way.journal.transaction() as connection:
        ids = _people_by_login(connection, under_way.key)
        for start in range(0, len(ids), BATCH):
            _write_people(connection, ids[start : start + BATCH], into, home)
        _write_repositories(connection, under_way.key, into, home)


def _people_by_login(connection: Connection, key: str) -> list[str]:
    wanted = (
        select(PEOPLE.c.node_id, PEOPLE.c.login)
        .join(FOUND, FOUND.c.node_id == PEOPLE.c.node_id)
        .where(FOUND.c.selection == key, FOUND.c.kind == USER, FOUND.c.state == "kept")
    )
    ordered = sorted((login.casefold(), node_id) for node_id, login in connection.execute(wanted))
    return [node_id for _, node_id in ordered]


def _write_people(connection: Connection, ids: list[str], into: RawFiles, home: str | None) -> None:
    people = {
        row["node_id"]: row for row in connection.execute(select(PEOPLE).where(PEOPLE.c.node_id.in_(ids))).mappings()
    }
    works: dict[str, list[dict[str, Any]]] = {}
    owner = PEOPLE.alias("owner")
    joined = (
        select(
            WORKS.c.person_id,
            WORKS.c.role,
            WORKS.c.commits,
            WORKS.c.first_at,
            WORKS.c.last_at,
            (func.coalesce(owner.c.login, REPOSITORIES.c.owner) + "/" + REPOSITORIES.c.name).label("full_name"),
        )
        .join(REPOSITORIES, REPOSITORIES.c.node_id == WORKS.c.repository_id)
        .outerjoin(owner, owner.c.node_id == REPOSITORIES.c.owner_id)
        .where(WORKS.c.person_id.in_(ids))
        .order_by(WORKS.c.person_id, WORKS.c.repository_id)
    )
    for person_id, role, commits, first_at, last_at, full_name in connection.execute(joined):
        works.setdefault(person_id, []).append(
            {"full_name": full_name, "role": role, "commits": commits, "first_at": first_at, "last_at": last_at}
        )
    for node_id in ids:
        row = people[node_id]
        known = {
            **orjson.loads(row["row"]),
            "login": row["login"],
            "id": _text(row["database_id"]),
            "node_id": node_id,
            "type": USER,
            "public_repos": row["public_repos"],
            "updated_at": row["updated_at"],
            "html_url": _seen_at(home, row["login"]),
        }
        if into.person(known):
            for work in sorted(works.get(node_id, ()), key=_by_name):
                into.contribution(work | {"login": row["login"]})


def _write_repositories(connection: Connection, key: str, into: RawFiles, home: str | None) -> None:
    owner = PEOPLE.alias("owner")
    worked_on = (
        select(WORKS.c.repository_id)
        .join(FOUND, FOUND.c.node_id == WORKS.c.person_id)
        .where(FOUND.c.selection == key, FOUND.c.kind == USER, FOUND.c.state == "kept")
    )
    wanted = (
        select(REPOSITORIES.c.node_id, REPOSITORIES.c.owner, owner.c.login, REPOSITORIES.c.name, REPOSITORIES.c.row)
        .outerjoin(owner, owner.c.node_id == REPOSITORIES.c.owner_id)
        .where(REPOSITORIES.c.node_id.in_(worked_on))
        .order_by(func.lower(REPOSITORIES.c.owner), func.lower(REPOSITORIES.c.name), REPOSITORIES.c.node_id)
    )
    rows = connection.execution_options(yield_per=BATCH).execute(wanted)
    for node_id, old_owner, login, name, row in rows:
        known_as = login or old_owner  # a rename of the owner renames what they own
        into.repository(
            {
                **orjson.loads(row),
                "node_id": node_id,
                "owner": known_as,
                "name": name,
                "full_name": f"{known_as}/{name}",
                "html_url": _seen_at(home, f"{known_as}/{name}"),
            }
        )


def _by_name(work: dict[str, Any]) -> str:
    name: str = work["full_name"].casefold()
    return name


def _seen_at(home: str | None, name: str) -> str | None:
    return None if home is None else f"{home}/{name}"


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
