"""How a board stood over time, as its page draws it. Whether it was busy, or its lab silent, is not part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.records import Board
from fuego_jenkins_remote.hub.statements import board_changes as sql
from fuego_jenkins_remote.network.boards import Standing, standing

WELL = "well"


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A stretch of time in which it stood alike; `x` and `width` are hundredths of a percent of the time shown."""

    word: str
    x: float
    width: float


@dataclass(frozen=True, kw_only=True)
class Past:
    """What the page shows: the time from `since` on, what part of it the board was well, the newest changes first."""

    since: datetime
    pieces: Sequence[Piece]
    well: float
    changes: Sequence[sql.BoardChange]


def note(change: Change, before: Board | None, board: Board, who: str) -> None:
    """Write down that the board stands in another way now, if it does."""
    word = _word(board)
    if before is not None and _word(before) == word:
        return
    reason = board.maintenance or board.health_reason if word != WELL else ""
    sql.add(change.conn, board.id, sql.BoardChange(at=change.at, word=word, reason=reason, who=who))


def past(conn: sa.Connection, board: Board, now: datetime, *, days: int = 30) -> Past:
    """How it stood in the last days, as far as it is known."""
    changes = sql.of_board(conn, board.id)
    since = now - timedelta(days=days)
    if changes:
        since = max(since, changes[0].at)
    whole = (now - since).total_seconds() or 1.0
    pieces: list[Piece] = []
    ends = [one.at for one in changes[1:]] + [now]
    for one, end in zip(changes, ends, strict=True):
        start = max(one.at, since)
        if end > start:
            x = (start - since).total_seconds() / whole * 10_000
            pieces.append(
                Piece(word=one.word, x=round(x, 1), width=round((end - start).total_seconds() / whole * 10_000, 1))
            )
    well = sum(piece.width for piece in pieces if piece.word == WELL) / 10_000
    return Past(since=since, pieces=pieces, well=min(1.0, well), changes=changes[::-1])


def _word(board: Board) -> str:
    word = standing(
        online=board.online,
        health=board.health,
        busy=False,
        last_seen=None,
        now=board.updated_at,
        maintenance=board.maintenance,
    )
    return WELL if word is Standing.FREE else str(word)
