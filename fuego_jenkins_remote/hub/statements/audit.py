"""SQL on the audit log."""

from __future__ import annotations

from dataclasses import asdict

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import AuditEntry
from fuego_jenkins_remote.hub.schema import audit


def insert(conn: sa.Connection, entry: AuditEntry) -> None:
    """Write one down; its id is given here."""
    values = asdict(entry)
    del values["id"]
    conn.execute(audit.insert().values(values))
