"""SQL on standing approvals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import StandingApproval
from fuego_jenkins_remote.hub.schema import standing_approvals


def put(conn: sa.Connection, given: StandingApproval) -> StandingApproval:
    """Write it down; one for the same lab, people and tests is replaced, and keeps its id."""
    same = sa.and_(
        *(standing_approvals.c[name] == getattr(given, name) for name in ("host", "user", "team", "test")),
    )
    values = asdict(given)
    values.pop("id")
    if conn.execute(standing_approvals.update().where(same).values(values)).rowcount == 0:
        conn.execute(standing_approvals.insert().values(id=given.id, **values))
    return _value(conn.execute(sa.select(standing_approvals).where(same)).mappings().one())


def of_hosts(conn: sa.Connection, hosts: Sequence[str]) -> list[StandingApproval]:
    """Those of these labs, by lab, the oldest first."""
    query = sa.select(standing_approvals).where(standing_approvals.c.host.in_(hosts))
    query = query.order_by(standing_approvals.c.host, standing_approvals.c.at, standing_approvals.c.id)
    return [_value(row) for row in conn.execute(query).mappings()]


def find(conn: sa.Connection, standing_id: str) -> StandingApproval | None:
    """One of them."""
    query = sa.select(standing_approvals).where(standing_approvals.c.id == standing_id)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else _value(row)


def count(conn: sa.Connection, host: str) -> int:
    """How many a lab has."""
    query = sa.select(sa.func.count()).where(standing_approvals.c.host == host)
    return conn.execute(query).scalar_one()


def delete(conn: sa.Connection, standing_id: str) -> bool:
    """Take it away; whether it was there."""
    return conn.execute(standing_approvals.delete().where(standing_approvals.c.id == standing_id)).rowcount == 1


def _value(row: sa.RowMapping) -> StandingApproval:
    return StandingApproval(**row)
