"""SQL on whose turn it is on a board: what teams and users have used of it, and who had it last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema import attempts, requests, shares, turns
from fuego_jenkins_remote.hub.schema import live as live_attempts
from fuego_jenkins_remote.hub.statements.once import put
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


def last_of(conn: sa.Connection, board_ids: Sequence[int]) -> dict[int, Turn]:
    """The last turn of each of these boards; nothing for one that had none yet."""
    return {
        row["board_id"]: Turn(
            clock=Clock(seconds=row["clock"], turns=row["number"]),
            team=row["team"],
            user=row["user"],
            claimed_at=row["claimed_at"],
            started_at=row["started_at"],
            ended_at=row["tested_at"] or row["ended_at"],
        )
        for row in conn.execute(_LAST, {"boards": board_ids}).mappings()
    }


_LAST = (
    sa.select(turns, *(attempts.c[name] for name in ("claimed_at", "started_at", "tested_at", "ended_at")))
    .select_from(
        turns.join(attempts, sa.and_(attempts.c.request_id == turns.c.request_id, attempts.c.number == turns.c.attempt))
    )
    .where(turns.c.board_id.in_(sa.bindparam("boards", expanding=True)))
)


def of_teams(conn: sa.Connection, board_id: int) -> dict[str, tuple[float, Clock]]:
    """What teams have used of the board, and the clock of each one's users."""
    rows = conn.execute(_OF_TEAMS, {"board": board_id})
    return {row.team: (row.used, Clock(seconds=row.clock, turns=row.turns)) for row in rows}


_OF_TEAMS = sa.select(shares.c.team, shares.c.used, shares.c.clock, shares.c.turns).where(
    shares.c.board_id == sa.bindparam("board"), shares.c.user == sa.literal_column("''")
)


def of_users(conn: sa.Connection, board_id: int, team: str) -> dict[str, float]:
    """What the users of a team have used of the board."""
    return {row.user: row.used for row in conn.execute(_OF_USERS, {"board": board_id, "team": team})}


_OF_USERS = sa.select(shares.c.user, shares.c.used).where(
    shares.c.board_id == sa.bindparam("board"), shares.c.team == sa.bindparam("team")
)


def begin(
    conn: sa.Connection,
    board_id: int,
    *,
    teams: Clock,
    users: Clock,
    used: tuple[float, float],
    turn: tuple[str, int, str, str],
    now: datetime,
) -> None:
    """A turn begins: of which attempt, team and user, and from where on it counts for the team and for the user."""
    request_id, attempt, team, user = turn
    values = {"request_id": request_id, "attempt": attempt, "team": team, "user": user}
    put(conn, turns, [{"board_id": board_id, "clock": teams.seconds, "number": teams.turns, **values}])
    same = {"board_id": board_id, "team": team, "at": now}
    of_team = {"user": "", "used": used[0], "clock": users.seconds, "turns": users.turns}
    of_user = {"user": user, "used": used[1], "clock": 0.0, "turns": 0}
    put(conn, shares, [{**same, **of_team}, *([{**same, **of_user}] if user else [])])


def count(conn: sa.Connection, board_id: int, team: str, user: str, seconds: float) -> None:
    """The team and its user have used the board for so long."""
    conn.execute(_COUNT, {"board": board_id, "of": team, "users": ["", user], "seconds": seconds})


_COUNT = (
    shares.update()
    .where(shares.c.board_id == sa.bindparam("board"), shares.c.team == sa.bindparam("of"))
    .where(shares.c.user.in_(sa.bindparam("users", expanding=True)))
    .values(used=shares.c.used + sa.bindparam("seconds", type_=sa.Float))
)


def are_forgotten(conn: sa.Connection, before: datetime) -> bool:
    """Whether somebody used a board last so long ago."""
    return conn.execute(sa.select(shares.c.board_id).where(shares.c.at < before).limit(1)).first() is not None


def forget(conn: sa.Connection, before: datetime, limit: int) -> None:
    """What was used so long ago does not count any more; so many rows go at most."""
    columns = (shares.c.board_id, shares.c.team, shares.c.user)
    old = sa.select(*columns).where(shares.c.at < before).order_by(shares.c.at, *columns).limit(limit)
    for board_id, team, user in conn.execute(old).all():
        mine = (shares.c.board_id == board_id) & (shares.c.team == team) & (shares.c.user == user)
        conn.execute(shares.delete().where(mine, shares.c.at < before))


def held_of_lab(conn: sa.Connection, host: str) -> dict[tuple[str, str], int]:
    """How many of a lab's boards each user has, by team and user."""
    query = (
        sa.select(requests.c.team, requests.c.requester, sa.func.count())
        .select_from(attempts.join(requests, requests.c.id == attempts.c.request_id))
        .where(attempts.c.host == host, live_attempts)
        .group_by(requests.c.team, requests.c.requester)
    )
    return {(row[0], row[1]): row[2] for row in conn.execute(query)}
