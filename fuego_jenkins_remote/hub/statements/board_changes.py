"""SQL on how boards stood over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema import board_changes

KEPT = 300
"""Of each board so many changes are kept: one that comes and goes all day fills no disk."""


@dataclass(frozen=True, kw_only=True)
class BoardChange:
    """From `at` on the board stood as `word` says: well, offline, broken, maintenance, withdrawn."""

    at: datetime
    word: str
    reason: str
    who: str


def add(conn: sa.Connection, board_id: int, change: BoardChange) -> None:
    """Write one down, and drop what is too old."""
    new = board_changes.insert().values(board_id=board_id, **vars(change))
    conn.execute(new)
    this = board_changes.c.board_id == board_id
    last = sa.select(board_changes.c.id).where(this).order_by(board_changes.c.id.desc()).offset(KEPT).limit(1)
    conn.execute(board_changes.delete().where(this, board_changes.c.id <= last.scalar_subquery()))


def of_board(conn: sa.Connection, board_id: int) -> Sequence[BoardChange]:
    """What is kept of a board, the oldest first."""
    query = sa.select(board_changes).where(board_changes.c.board_id == board_id).order_by(board_changes.c.id)
    return [
        BoardChange(at=row["at"], word=row["word"], reason=row["reason"], who=row["who"])
        for row in conn.execute(query).mappings()
    ]
