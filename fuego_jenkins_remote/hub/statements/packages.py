"""SQL on test packages."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import Caller, Package
from fuego_jenkins_remote.hub.schema import packages, uploads


def find(conn: sa.Connection, sha256: str) -> Package | None:
    """One package."""
    row = conn.execute(sa.select(packages).where(packages.c.sha256 == sha256)).mappings().one_or_none()
    return None if row is None else Package(**{**row, "needs": tuple(row["needs"])})


def insert(conn: sa.Connection, package: Package) -> None:
    """Write down that a package is there."""
    conn.execute(packages.insert().values({**asdict(package), "needs": list(package.needs)}))


def brought(conn: sa.Connection, sha256: str, by: Caller, now: datetime) -> None:
    """Write down that the caller has brought it, and when last: what is about to be used is not swept away."""
    this = (uploads.c.sha256 == sha256) & (uploads.c.kind == by.kind) & (uploads.c.name == by.name)
    if conn.execute(uploads.update().where(this).values(at=now)).rowcount == 0:
        conn.execute(uploads.insert().values(sha256=sha256, kind=by.kind, name=by.name, at=now))


def names(conn: sa.Connection, after: str, most: int) -> list[str]:
    """The SHA-256 of at most `most` packages, in their order, from behind `after`."""
    query = sa.select(packages.c.sha256).where(packages.c.sha256 > after).order_by(packages.c.sha256).limit(most)
    return list(conn.execute(query).scalars())
