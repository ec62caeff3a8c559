"""SQL on what waits before a request, as far as a reader may see it: private requests of others are not there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.schema import attempts as attempts_table
from fuego_jenkins_remote.hub.schema import lane_filled, lanes, live, offered, requests
from fuego_jenkins_remote.hub.statements import lanes as sql
from fuego_jenkins_remote.hub.statements.lanes import Filled, Queue
from fuego_jenkins_remote.hub.statements.sight import seen_by

_PRIVATE = requests.c.private == sa.true()


def lanes_with_hidden(conn: sa.Connection, reader: Caller | None) -> frozenset[int]:
    """The lanes in which something waits that is not for the reader's eyes."""
    query = sa.select(requests.c.lane_id).where(_PRIVATE, offered, ~seen_by(reader)).distinct()
    return frozenset(conn.execute(query).scalars())


def lanes_of(
    conn: sa.Connection, reader: Caller | None, queue_ids: Sequence[int], hiding: Collection[int]
) -> list[Filled]:
    """The lanes of these queues with something in them that the reader sees, and what comes first of that.

    `hiding` are the lanes of `lanes_with_hidden`.
    """
    found = sql.lanes_of(conn, queue_ids) if queue_ids else []
    seen = [_seen(conn, reader, one) if one.id in hiding else one for one in found]
    return [one for one in seen if one is not None]


def queues_of(
    conn: sa.Connection,
    reader: Caller | None,
    selector_ids: Collection[int],
    teams: Collection[str] | None,
    hiding: Collection[int],
) -> list[Queue]:
    """The same of queues: those with these selectors, of these teams (None: of all)."""
    queues = sql.queues_of(conn, selector_ids, teams)
    mixed = set(conn.execute(sa.select(lanes.c.queue_id).where(lanes.c.id.in_(hiding))).scalars()) if hiding else set()
    by_queue: dict[int, list[Filled]] = {}
    for lane in lanes_of(conn, reader, sorted(one.id for one in queues if one.id in mixed), hiding):
        by_queue.setdefault(lane.queue_id, []).append(lane)
    return [
        _best(one, by_queue[one.id]) if one.id in by_queue else one
        for one in queues
        if one.id not in mixed or one.id in by_queue
    ]


def _seen(conn: sa.Connection, reader: Caller | None, lane: Filled) -> Filled | None:
    query = sa.select(requests.c.priority, requests.c.id).where(requests.c.lane_id == lane.id, offered, seen_by(reader))
    first = conn.execute(query.order_by(requests.c.priority.desc(), requests.c.id).limit(1)).one_or_none()
    return None if first is None else replace(lane, top=first[0], head=first[1])


def _best(queue: Queue, of: Sequence[Filled]) -> Queue:
    first = min(of, key=lambda lane: (-lane.top, lane.head))
    return replace(queue, top=first.top, head=first.head)


def count_above(conn: sa.Connection, reader: Caller | None, queue_ids: Sequence[int], priority: int, most: int) -> int:
    """How many requests of these queues have a higher priority, counted up to `most`."""
    joined = lanes.join(requests, requests.c.lane_id == lanes.c.id)
    found = sa.select(requests.c.id).select_from(joined)
    found = found.where(lanes.c.queue_id.in_(queue_ids), lane_filled, offered, requests.c.priority > priority)
    return _counted(conn, found.where(seen_by(reader)), most)


def count_before(
    conn: sa.Connection, reader: Caller | None, lane_ids: Sequence[int], place: tuple[int, str], most: int
) -> int:
    """How many requests of these lanes come before one of this priority and id, counted up to `most`."""
    priority, request_id = place
    older = sa.and_(requests.c.priority == priority, requests.c.id < request_id)
    found = sa.select(requests.c.id).where(requests.c.lane_id.in_(lane_ids), offered, seen_by(reader))
    return _counted(conn, found.where(sa.or_(requests.c.priority > priority, older)), most)


def held_of_lab(conn: sa.Connection, reader: Caller | None, host: str) -> dict[tuple[str, str], int]:
    """How many of a lab's boards each user has, by team and user, for what the reader sees of it."""
    query = (
        sa.select(requests.c.team, requests.c.requester, sa.func.count())
        .select_from(attempts_table.join(requests, requests.c.id == attempts_table.c.request_id))
        .where(attempts_table.c.host == host, live, seen_by(reader))
        .group_by(requests.c.team, requests.c.requester)
    )
    return {(row[0], row[1]): row[2] for row in conn.execute(query)}


def held_by_teams(
    conn: sa.Connection, reader: Caller | None, teams: Sequence[str]
) -> dict[str, dict[tuple[str, str], int]]:
    """The same for all labs, of these teams: by host, as far as the reader sees it."""
    query = (
        sa.select(attempts_table.c.host, requests.c.team, requests.c.requester, sa.func.count())
        .select_from(attempts_table.join(requests, requests.c.id == attempts_table.c.request_id))
        .where(live, requests.c.team.in_(teams), seen_by(reader))
        .group_by(attempts_table.c.host, requests.c.team, requests.c.requester)
    )
    found: dict[str, dict[tuple[str, str], int]] = {}
    for host, team, user, number in conn.execute(query):
        found.setdefault(host, {})[team, user] = number
    return found


def _counted(conn: sa.Connection, found: sa.Select[Any], most: int) -> int:
    return conn.execute(sa.select(sa.func.count()).select_from(found.limit(most).subquery())).scalar_one()
