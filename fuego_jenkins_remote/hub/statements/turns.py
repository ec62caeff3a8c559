"""SQL on whose turn it is on a board: what teams and users have used of it, and who had it last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema import attempts, requests, shares, turns
from fuego_jenkins_remote.hub.schema import live as live_attempts
from fuego_jenkins_remote.network.shares import Clock


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A board's clock, and the last turn that is not counted yet: whose, and since when and until when it had it."""

    clock: Clock
    team: str
    user: str
    claimed_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


def last(conn: sa.Connection, board_id: int) -> Turn | None:
    """The last turn of a board; None: it had none yet."""
    ended = sa.func.coalesce(attempts.c.tested_at, attempts.c.ended_at, type_=attempts.c.ended_at.type)
    query = (
        sa.select(turns, attempts.c.claimed_at, attempts.c.started_at, ended.label("ended_at"))
        .select_from(
            turns.join(
                attempts, sa.and_(attempts.c.request_id == turns.c.request_id, attempts.c.number == turns.c.attempt)
            )
        )
        .where(turns.c.board_id == board_id)
    )
    row = conn.execute(query).mappings().one_or_none()
    if row is None:
        return None
    return Turn(
        clock=Clock(seconds=row["clock"], turns=row["number"]),
        team=row["team"],
        user=row["user"],
        claimed_at=row["claimed_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )


def begin(
    conn: sa.Connection, board_id: int, clock: Clock, *, request_id: str, attempt: int, team: str, user: str
) -> None:
    """A turn begins, of whom and by which attempt."""
    values = {
        "clock": clock.seconds,
        "number": clock.turns,
        "request_id": request_id,
        "attempt": attempt,
        "team": team,
        "user": user,
    }
    if conn.execute(turns.update().where(turns.c.board_id == board_id).values(values)).rowcount == 0:
        conn.execute(turns.insert().values(board_id=board_id, **values))


def count(conn: sa.Connection, board_id: int, team: str, user: str, seconds: float) -> None:
    """The team and its user have used the board for so long."""
    mine = (shares.c.board_id == board_id) & (shares.c.team == team) & shares.c.user.in_(["", user])
    conn.execute(shares.update().where(mine).values(used=shares.c.used + seconds))


def write(
    conn: sa.Connection, board_id: int, team: str, user: str, *, used: float, clock: Clock | None, now: datetime
) -> None:
    """What the team (no user), or one of its users, has used, and the clock of the team's users."""
    clock = clock or Clock()
    values = {"used": used, "clock": clock.seconds, "turns": clock.turns, "at": now}
    mine = (shares.c.board_id == board_id) & (shares.c.team == team) & (shares.c.user == user)
    if conn.execute(shares.update().where(mine).values(values)).rowcount == 0:
        conn.execute(shares.insert().values(board_id=board_id, team=team, user=user, **values))


def forget(conn: sa.Connection, before: datetime, limit: int) -> int:
    """What was used so long ago does not count any more; how many rows went, `limit` at most."""
    old = sa.select(shares.c.board_id, shares.c.team, shares.c.user).where(shares.c.at < before).limit(limit)
    rows = [tuple(row) for row in conn.execute(old)]
    for board_id, team, user in rows:
        mine = (shares.c.board_id == board_id) & (shares.c.team == team) & (shares.c.user == user)
        conn.execute(shares.delete().where(mine))
    return len(rows)


def held_of_lab(conn: sa.Connection, host: str) -> dict[tuple[str, str], int]:
    """How many of a lab's boards each user has, by team and user."""
    query = (
        sa.select(requests.c.team, requests.c.requester, sa.func.count())
        .select_from(attempts.join(requests, requests.c.id == attempts.c.request_id))
        .where(attempts.c.host == host, live_attempts)
        .group_by(requests.c.team, requests.c.requester)
    )
    return {(row[0], row[1]): row[2] for row in conn.execute(query)}
