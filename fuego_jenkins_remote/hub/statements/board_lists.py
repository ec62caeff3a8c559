"""SQL for lists of boards: all of them in brief, the few that are shown in full, how many stand how.

A network may have 10,000 boards. A list is looked for in rows with nothing but what a filter looks at, with facts and
labels as the text they are stored as: boards are alike, and each such text is read once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import Board, Caller
from fuego_jenkins_remote.hub.schema import (
    attempts,
    boards,
    filled,
    held,
    labs,
    lane_filled,
    lanes,
    live,
    matches,
    offered,
    offers,
    queues,
    requests,
)
from fuego_jenkins_remote.hub.statements.boards import rows_of
from fuego_jenkins_remote.hub.statements.matches import open_to
from fuego_jenkins_remote.hub.statements.sight import seen_by

_WITH_LIVE = boards.outerjoin(
    attempts, sa.and_(attempts.c.host == boards.c.host, attempts.c.board == boards.c.name, live)
)
_BUSY = attempts.c.request_id.is_not(None).label("busy")
_OUT = (boards.c.maintenance != "").label("out")
_BRIEF = (
    sa.select(
        boards.c.id,
        boards.c.host,
        boards.c.name,
        sa.cast(boards.c.facts, sa.Text).label("facts"),
        sa.cast(boards.c.labels, sa.Text).label("labels"),
        boards.c.description,
        boards.c.online,
        boards.c.health,
        _OUT,
        _BUSY,
        boards.c.last_seen,
    )
    .select_from(_WITH_LIVE)
    .order_by(boards.c.host, boards.c.name)
)


@dataclass(frozen=True, kw_only=True)
class HowMany:
    """So many boards stand alike; `fresh`: their labs were heard of lately."""

    online: bool
    health: str
    out: bool
    busy: bool
    fresh: bool
    count: int


def brief(conn: sa.Connection) -> Sequence[sa.Row[Any]]:
    """All boards by name, with what a filter looks at; facts and labels as JSON text."""
    return conn.execute(_BRIEF).all()


def of_ids(conn: sa.Connection, ids: Sequence[int]) -> list[Board]:
    """These boards in full, by name."""
    return rows_of(conn, boards.c.id.in_(ids)) if ids else []


def how_many(conn: sa.Connection, heard_since: datetime) -> list[HowMany]:
    """How many boards stand how."""
    columns, table = kinds(heard_since)
    each = sa.select(*columns).select_from(table).subquery()
    query = sa.select(*each.c, sa.func.count().label("count")).group_by(*each.c)
    return [HowMany(**row) for row in conn.execute(query).mappings()]


def kinds(heard_since: datetime) -> tuple[Sequence[sa.ColumnElement[Any]], sa.FromClause]:
    """What HowMany tells boards apart by, and of which table."""
    fresh = (boards.c.last_seen >= heard_since).label("fresh")
    return (boards.c.online, boards.c.health, _OUT, _BUSY, fresh), _WITH_LIVE


def waiting_for(conn: sa.Connection, caller: Caller | None, board_ids: Sequence[int], most: int) -> Mapping[int, int]:
    """How many requests that the caller sees wait and may run on each of the boards, counted up to `most`."""
    counts = [
        sa.select(sa.func.count()).select_from(one.limit(most).subquery()).scalar_subquery() for one in _waiting(caller)
    ]
    query = sa.select(sum(counts[1:], counts[0]))
    return {board: min(conn.execute(query, {"board": board}).scalar_one(), most) for board in board_ids}


def ids_waiting_for(conn: sa.Connection, caller: Caller | None, board_id: int, most: int) -> list[str]:
    """Those requests; at most `most` of each kind, those that wait for people last."""
    return [
        request_id
        for one in _waiting(caller)
        for request_id in conn.execute(one.limit(most), {"board": board_id}).scalars()
    ]


def _waiting(caller: Caller | None) -> tuple[sa.Select[str], sa.Select[str]]:
    """The ids of what waits for a board, and of what waits for people and may run there then."""
    for_it = (open_to(queues.c.team, lanes.c.user), matches.c.board_id == sa.bindparam("board"))
    to_be_had = (
        sa.select(requests.c.id)
        .select_from(
            matches.join(offers, offers.c.id == matches.c.offer_id)
            .join(labs, labs.c.host == offers.c.host)
            .join(queues, sa.and_(queues.c.selector_id == matches.c.selector_id, filled))
            .join(lanes, sa.and_(lanes.c.queue_id == queues.c.id, lane_filled))
            .join(requests, requests.c.lane_id == lanes.c.id)
        )
        .where(*for_it, offered, seen_by(caller))
    )
    # Those that people have to approve first are in no queue: few wait so, and they are looked through.
    asked_for = (
        sa.select(requests.c.id)
        .select_from(
            requests.join(lanes, lanes.c.id == requests.c.lane_id)
            .join(queues, queues.c.id == lanes.c.queue_id)
            .join(matches, matches.c.selector_id == queues.c.selector_id)
            .join(offers, offers.c.id == matches.c.offer_id)
            .join(labs, labs.c.host == offers.c.host)
        )
        .where(*for_it, held, seen_by(caller))
    )
    return to_be_had, asked_for
