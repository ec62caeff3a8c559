"""Lists of runs, newest first."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.service.signins import Principal
from fuego_jenkins_remote.vision.records import Cursor, Filter, Summary
from fuego_jenkins_remote.vision.schema import runs
from fuego_jenkins_remote.vision.statements.runs import summary_of
from fuego_jenkins_remote.vision.statements.sight import seen_by


def select(wanted: Filter, *, who: Principal | None, before: Cursor | None, limit: int) -> sa.Select[Any]:
    """The statement of a list, newest first; apart from ``listed`` so that its plan can be looked at."""
    query = sa.select(runs).where(seen_by(who)).order_by(runs.c.at.desc(), runs.c.id.desc()).limit(limit)
    for column in ("test", "host", "board", "spec", "status", "request", "campaign"):
        value = getattr(wanted, column)
        if value is not None:
            query = query.where(runs.c[column] == value)
    if wanted.since is not None:
        query = query.where(runs.c.at >= wanted.since)
    if before is not None:
        place = sa.tuple_(sa.literal(before.at, runs.c.at.type), sa.literal(before.number))
        query = query.where(sa.tuple_(runs.c.at, runs.c.id) < place)
    return query


def listed(
    conn: sa.Connection, wanted: Filter, *, who: Principal | None, before: Cursor | None, limit: int
) -> list[Summary]:
    """Give at most ``limit`` of the runs that are there for ``who``, newest first, those after ``before``."""
    query = select(wanted, who=who, before=before, limit=limit)
    return [summary_of(row) for row in conn.execute(query).mappings()]
