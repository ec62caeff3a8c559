"""The teams of readers, as the operator has put them in: vision's own, since it does not know the hub's."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.vision.schema import members, tokens


def teams_of(conn: sa.Connection, name: str) -> tuple[str, ...]:
    """The teams of a reader, sorted."""
    return tuple(conn.execute(_teams(), {"name": name}).scalars())


@cache
def _teams() -> sa.Select[Any]:
    """Asked with every call: made once."""
    return sa.select(members.c.team).where(members.c.name == sa.bindparam("name")).order_by(members.c.team)


def all_teams(conn: sa.Connection) -> dict[str, list[str]]:
    """The teams of all who are in any, sorted."""
    found: dict[str, list[str]] = {}
    for name, team in conn.execute(sa.select(members).order_by(members.c.name, members.c.team)):
        found.setdefault(name, []).append(team)
    return found


def put_in(conn: sa.Connection, name: str, teams: Iterable[str]) -> None:
    """Put a reader into teams; who is in one already stays."""
    there = set(teams_of(conn, name))
    for team in dict.fromkeys(teams):
        if team not in there:
            conn.execute(members.insert().values(name=name, team=team))


def take_out(conn: sa.Connection, name: str, team: str) -> bool:
    """Take a reader out of a team; False where it was not in it."""
    return conn.execute(members.delete().where(members.c.name == name, members.c.team == team)).rowcount == 1


def is_reader(conn: sa.Connection, name: str) -> bool:
    """Whether there is a token for reading of that name, good or not."""
    query = sa.select(tokens.c.prefix).where(tokens.c.owner == name, tokens.c.kind == "read").limit(1)
    return conn.execute(query).first() is not None
