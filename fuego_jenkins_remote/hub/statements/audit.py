"""SQL on the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import AuditEntry, Caller
from fuego_jenkins_remote.hub.schema import audit, requests
from fuego_jenkins_remote.hub.statements.sight import seen_by


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What the log is narrowed to; empty or None: not by this. `before` is an entry's id."""

    team: str = ""
    name: str = ""
    action: str = ""
    thing: str = ""
    since: datetime | None = None
    before: int | None = None
    limit: int = 50

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """As SQL."""
        plain = {audit.c.team: self.team, audit.c.name: self.name, audit.c.action: self.action}
        found = [column == value for column, value in {**plain, audit.c.thing: self.thing}.items() if value]
        if self.since is not None:
            found.append(audit.c.at >= self.since)
        if self.before is not None:
            found.append(audit.c.id < self.before)
        return found


def insert(conn: sa.Connection, entry: AuditEntry) -> int:
    """Write one down; gives its id."""
    values = {name: value for name, value in vars(entry).items() if name != "id"}
    key: Any = conn.execute(_INSERT, values).inserted_primary_key
    return int(key[0])


def say_more(conn: sa.Connection, entry_id: int, detail: str) -> None:
    """What an entry tells of is going on: this is what it has come to."""
    conn.execute(audit.update().where(audit.c.id == entry_id).values(detail=detail))


_INSERT = audit.insert()


def listed(
    conn: sa.Connection,
    caller: Caller | None,
    teams: Sequence[str] | None,
    wanted: Filter,
    *,
    everything: bool = False,
) -> list[AuditEntry]:
    """Entries of these teams (None: all of the network), newest first.

    None on a request the caller may not see, but with `everything`. One look into the index for each team, which costs
    the same however long the log is.
    """
    seen = sa.exists().where(requests.c.id == audit.c.request_id, seen_by(caller)).correlate(audit)
    query = sa.select(audit).where(*wanted.conditions())
    if not everything:
        query = query.where(sa.or_(audit.c.request_id.is_(None), seen))
    newest = [query] if teams is None else [query.where(audit.c.team == team) for team in teams]
    if not newest:
        return []
    parts = [one.order_by(audit.c.id.desc()).limit(wanted.limit).subquery() for one in newest]
    together = sa.union_all(*(sa.select(part) for part in parts)).subquery()
    found = conn.execute(sa.select(together).order_by(together.c.id.desc()).limit(wanted.limit)).mappings()
    return [AuditEntry(**row) for row in found]


def newest_time(conn: sa.Connection) -> datetime | None:
    """When the newest entry was written."""
    return conn.execute(sa.select(audit.c.at).order_by(audit.c.id.desc()).limit(1)).scalar_one_or_none()
