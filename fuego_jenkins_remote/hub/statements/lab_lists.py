"""SQL for lists of labs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.hub.people.values import LabOf
from fuego_jenkins_remote.hub.schema import boards, labs
from fuego_jenkins_remote.hub.statements.board_lists import HowMany, kinds


@dataclass(frozen=True, kw_only=True)
class LabLine(LabOf):
    """A lab in a list: when it was last heard of, by any of its boards or by its bridge."""

    created_at: datetime
    last_seen: datetime | None
    boards: int


_LINES = (
    sa.select(
        labs.c.host,
        labs.c.team,
        labs.c.bridge_seen,
        labs.c.version,
        labs.c.created_at,
        sa.func.max(boards.c.last_seen, type_=boards.c.last_seen.type).label("last_seen"),
        sa.func.count(boards.c.id).label("boards"),
    )
    .select_from(labs.outerjoin(boards, boards.c.host == labs.c.host))
    .group_by(labs.c.host, labs.c.team, labs.c.bridge_seen, labs.c.version, labs.c.created_at)
    .order_by(labs.c.host)
)


def listed(conn: sa.Connection, words: Sequence[str], after: str, limit: int) -> list[LabLine]:
    """Labs whose name or team has all the words, by name, from behind `after`."""
    query = _LINES.where(labs.c.host > after, *(_has(word) for word in words)).limit(limit)
    return [LabLine(**row) for row in conn.execute(query).mappings()]


def find(conn: sa.Connection, host: str) -> LabLine | None:
    """One lab."""
    row = conn.execute(_LINES.where(labs.c.host == host)).mappings().one_or_none()
    return None if row is None else LabLine(**row)


def how_many(conn: sa.Connection, hosts: Sequence[str], heard_since: datetime) -> Mapping[str, Sequence[HowMany]]:
    """How many boards of each of the labs stand how."""
    columns, table = kinds(heard_since)
    each = sa.select(boards.c.host, *columns).select_from(table).where(boards.c.host.in_(hosts)).subquery()
    query = sa.select(*each.c, sa.func.count().label("count")).group_by(*each.c).order_by(each.c.host)
    found: dict[str, list[HowMany]] = {host: [] for host in hosts}
    for row in conn.execute(query).mappings():
        values = dict(row)
        found[values.pop("host")].append(HowMany(**values))
    return found


def _has(word: str) -> sa.ColumnElement[bool]:
    return sa.or_(
        *(sa.func.lower(column).contains(word.lower(), autoescape=True) for column in (labs.c.host, labs.c.team))
    )
