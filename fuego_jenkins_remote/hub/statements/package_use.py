"""SQL on what refers to a stored package."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema import binaries, packages, requests, tests, uploads


def unreferenced(conn: sa.Connection, before: datetime, limit: int) -> list[str]:
    """The SHA-256 of at most `limit` packages, left before this time, that no request, stored test or binary refers to.

    Whoever removes one removes its `uploads`, then its row where nothing refers to it yet (`still_unreferenced`), and
    its file after the commit: a file without a row is no package, a row without a file is one that is lost.
    """
    lately = sa.exists().where(uploads.c.sha256 == packages.c.sha256, uploads.c.at >= before)
    query = sa.select(packages.c.sha256).where(packages.c.at < before, ~lately, still_unreferenced())
    query = query.order_by(packages.c.at, packages.c.sha256).limit(limit)
    return list(conn.execute(query).scalars())


def still_unreferenced() -> sa.ColumnElement[bool]:
    """The condition on `packages`, for the statement that deletes."""
    used = sa.exists().where(requests.c.package == packages.c.sha256)
    stored = sa.exists().where(tests.c.sha256 == packages.c.sha256)
    built = sa.exists().where(binaries.c.sha256 == packages.c.sha256)
    return sa.and_(~used, ~stored, ~built)
