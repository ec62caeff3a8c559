"""Rows that may be there already: left as they are, or written anew, in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_once(conn: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> None:
    """Add the row, unless one stands there with what is unique in it; waits for who is about to add it."""
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    conn.execute(insert(table).values(values).on_conflict_do_nothing())


def put(conn: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write these rows whole, whether their keys stand there already or not."""
    conn.execute(_upsert(table, conn.dialect.name), rows)


@cache
def _upsert(table: sa.Table, dialect: str) -> sa.Insert:
    keys = [column.name for column in table.primary_key]
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    new = {column.name: insert.excluded[column.name] for column in table.c if column.name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=new)
