"""Rows that several may want to add at once: one does, the others find it there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_once(conn: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> None:
    """Add the row, unless one stands there with what is unique in it; waits for who is about to add it."""
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    conn.execute(insert(table).values(values).on_conflict_do_nothing())
