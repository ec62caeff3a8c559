"""SQL on notices."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import Notice
from fuego_jenkins_remote.hub.schema import notices, unsent


def insert(
    conn: sa.Connection,
    *,
    request_id: str | None,
    kind: str,
    recipient: str,
    title: str,
    body: str,
    now: datetime,
) -> None:
    """Write a notice down; it is sent later. Without a request it is about a board."""
    conn.execute(
        notices.insert().values(
            request_id=request_id,
            kind=kind,
            recipient=recipient,
            title=title,
            body=body,
            at=now,
            state="waiting",
            tries=0,
            next_try=now,
        )
    )


def due(conn: sa.Connection, now: datetime, limit: int) -> list[Notice]:
    """At most `limit` notices that are to be sent now, the oldest first."""
    columns = [notices.c[name] for name in ("id", "request_id", "kind", "recipient", "title", "body", "tries")]
    query = sa.select(*columns).where(unsent, notices.c.next_try <= now)
    return [Notice(**row) for row in conn.execute(query.order_by(notices.c.id).limit(limit)).mappings()]


def next_time(conn: sa.Connection) -> datetime | None:
    """When the next notice is to be sent; None: there is none."""
    query = sa.select(notices.c.next_try).where(unsent).order_by(notices.c.next_try).limit(1)
    return conn.execute(query).scalar_one_or_none()


def tried(conn: sa.Connection, notice: Notice, state: str, next_try: datetime | None) -> None:
    """Write down how a try ended."""
    values = {"state": state, "tries": notice.tries + 1, "next_try": next_try}
    conn.execute(notices.update().where(notices.c.id == notice.id).values(values))


def counts_of(conn: sa.Connection, request_id: str) -> dict[tuple[str, str], int]:
    """How many notices of a request there are, by kind and state."""
    query = sa.select(notices.c.kind, notices.c.state, sa.func.count())
    query = query.where(notices.c.request_id == request_id).group_by(notices.c.kind, notices.c.state)
    return {(row[0], row[1]): row[2] for row in conn.execute(query)}
