"""SQL of the figures that are watched: each counts in an index what is alive, and nothing of what is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema import (
    approvals,
    asked,
    beyond_waiting,
    boards,
    campaigns,
    channels,
    failing,
    going_on,
    labs,
    notices,
    requests,
    to_look_at,
    unsent,
    waiting,
)
from fuego_jenkins_remote.network.states import State

LIVE = (State.PENDING, State.ASSIGNED, State.RUNNING, State.TESTED, State.LOST)
"""States in which something is still to come."""


def requests_by_state(conn: sa.Connection) -> dict[str, int]:
    """How many there are in each state in which something is still to come."""
    found = {}
    for state in LIVE:
        where = [waiting] if state is State.PENDING else [beyond_waiting, requests.c.state == state]
        found[str(state)] = conn.execute(sa.select(sa.func.count()).select_from(requests).where(*where)).scalar_one()
    return found


def waiting_since(conn: sa.Connection, before: Sequence[str]) -> list[int]:
    """For each id, how many that wait were put before it: ids sort by time."""
    counted = [sa.func.coalesce(sa.func.sum(sa.case((requests.c.id < one, 1), else_=0)), 0) for one in before]
    return [int(one) for one in conn.execute(sa.select(*counted).where(waiting)).one()]


def oldest_waiting(conn: sa.Connection) -> str | None:
    """The id of the request that has waited longest."""
    query = sa.select(requests.c.id).where(waiting).order_by(requests.c.id).limit(1)
    return conn.execute(query).scalar_one_or_none()


def boards_by_standing(conn: sa.Connection) -> Mapping[tuple[bool, str, bool], int]:
    """How many boards there are, by: shared, health, taken out by people."""
    out = boards.c.maintenance != ""
    query = sa.select(boards.c.online, boards.c.health, out, sa.func.count())
    query = query.group_by(boards.c.online, boards.c.health, out)
    return {(bool(row[0]), row[1], bool(row[2])): row[3] for row in conn.execute(query)}


def labs_seen(conn: sa.Connection, since: datetime) -> tuple[int, int]:
    """How many labs there are, and how many were heard of since then."""
    lately = sa.func.coalesce(sa.func.sum(sa.case((labs.c.bridge_seen >= since, 1), else_=0)), 0)
    row = conn.execute(sa.select(sa.func.count(), lately).select_from(labs)).one()
    return row[0], int(row[1])


def open_things(conn: sa.Connection, now: datetime) -> dict[str, int]:
    """Questions to labs' people, campaigns that go on, notices that wait, addresses to which they are due or fail."""
    return {
        "questions": _count(conn, approvals, asked),
        "campaigns": _count(conn, campaigns, going_on),
        "notices": _count(conn, notices, unsent),
        "addresses_due": _count(conn, channels, to_look_at, channels.c.due_at <= now),
        "addresses_failing": _count(conn, channels, failing),
    }


def _count(conn: sa.Connection, table: sa.Table, *where: Any) -> int:
    return conn.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one()
