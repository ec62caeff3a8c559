"""What keeps transactions apart that run beside each other on PostgreSQL; on SQLite they never do.

A lock is held until the end of its transaction. They are taken in this order, so that no two wait for each other:
boards (`boards_change`, `boards_stay`), what matches what (`matches.hold`), a lab (`people.hold_lab`), what a team has
waiting (`puts_in_line`), requests, queues and lanes, and at the very end campaigns (`campaigns/ending.py`). Where
somebody cannot keep to it, PostgreSQL finds out within a second, throws one of the two out, and it is done again
(`service.again`).
"""

from __future__ import annotations

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema import requests

# A number of our own, which is the same in every process.
_BOARDS = 0x66750002


def runs_beside_others(conn: sa.Connection) -> bool:
    """Whether other transactions may change something between two statements of this one."""
    return conn.dialect.name == "postgresql"


def boards_change(conn: sa.Connection) -> None:
    """What boards match or admit changes: no request is put and no lane made meanwhile."""
    if runs_beside_others(conn):
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_BOARDS})")


def boards_stay(conn: sa.Connection) -> None:
    """What boards match or admit stays as it is; many may want that at a time."""
    if runs_beside_others(conn):
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock_shared({_BOARDS})")


def puts_in_line(conn: sa.Connection, team: str) -> None:
    """From here on nobody else counts what this team has waiting, to put more for boards with a limit."""
    if runs_beside_others(conn):
        conn.execute(_PUTS, {"team": team})


_PUTS_OF = 0x66750004
_PUTS = sa.select(sa.func.pg_advisory_xact_lock(_PUTS_OF, sa.func.hashtext(sa.bindparam("team", type_=sa.Text))))


def request(conn: sa.Connection, request_id: str) -> None:
    """Nobody else changes this request; what is read of it from now on is what the last one has left."""
    if runs_beside_others(conn):
        conn.execute(_REQUEST, {"request": request_id})


_REQUEST = sa.select(requests.c.version).where(requests.c.id == sa.bindparam("request"))
_REQUEST = _REQUEST.with_for_update(key_share=True)
