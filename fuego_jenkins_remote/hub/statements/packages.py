"""SQL on test packages."""

from __future__ import annotations

from dataclasses import asdict

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import Package
from fuego_jenkins_remote.hub.schema import packages


def find(conn: sa.Connection, sha256: str) -> Package | None:
    """One package."""
    row = conn.execute(sa.select(packages).where(packages.c.sha256 == sha256)).mappings().one_or_none()
    return None if row is None else Package(**row)


def insert(conn: sa.Connection, package: Package) -> None:
    """Write down that a package is there."""
    conn.execute(packages.insert().values(asdict(package)))
