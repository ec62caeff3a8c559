"""SQL on attempts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import Attempt, Board, Request
from fuego_jenkins_remote.hub.schema import attempts, due, live, paused, requests, to_stop
from fuego_jenkins_remote.network.states import State

_COLUMNS = [column for column in attempts.c if column.name != "campaign"]


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A running attempt that the lab is asked to stop; `told`: a waiting claim was answered for it once."""

    request_id: str
    number: int
    told: bool


def insert(
    conn: sa.Connection, request: Request, board: Board, claim_id: str, *, now: datetime, due_at: datetime
) -> int:
    """Begin the request's next attempt; gives its number."""
    number = request.attempt + 1
    texts = ("build_url", "build_number", "queue_why", "log_tail", "summary", "reason", "target")
    values = {
        "request_id": request.id,
        "number": number,
        "state": State.ASSIGNED,
        "host": board.host,
        "board": board.name,
        "campaign": request.spread_group,
        "claimed_at": now,
        "due_at": due_at,
        "stop": False,
        "stop_told": False,
        "claim_id": claim_id,
    }
    conn.execute(_INSERT, {**values, **dict.fromkeys(texts, "")})
    return number


_INSERT = attempts.insert()


def find(conn: sa.Connection, request_id: str, number: int) -> Attempt | None:
    """One attempt."""
    where = (attempts.c.request_id == request_id) & (attempts.c.number == number)
    row = conn.execute(sa.select(*_COLUMNS).where(where)).mappings().one_or_none()
    return None if row is None else Attempt(**row)


def current(conn: sa.Connection, request: Request) -> Attempt | None:
    """The attempt that a request is at; None while no lab has it."""
    return find(conn, request.id, request.attempt) if request.host else None


def of_request(conn: sa.Connection, request_id: str) -> list[Attempt]:
    """All attempts of a request, in order."""
    query = sa.select(*_COLUMNS).where(attempts.c.request_id == request_id).order_by(attempts.c.number)
    return [Attempt(**row) for row in conn.execute(query).mappings()]


def of_claim(conn: sa.Connection, host: str, claim_id: str) -> list[Attempt]:
    """What a claim of this lab got."""
    return [Attempt(**row) for row in conn.execute(_OF_CLAIM, {"host": host, "claim": claim_id}).mappings()]


_OF_CLAIM = (
    sa.select(*_COLUMNS)
    .where(attempts.c.host == sa.bindparam("host"), attempts.c.claim_id == sa.bindparam("claim"))
    .order_by(attempts.c.board)
)


def spread_no_more(conn: sa.Connection, request_id: str) -> None:
    """Where the request ran does not keep others of its group away any more."""
    conn.execute(attempts.update().where(attempts.c.request_id == request_id).values(campaign=None))


def change(conn: sa.Connection, attempt: Attempt, values: Mapping[str, Any]) -> bool:
    """Write `values` if the attempt still is in the state that `attempt` says; whether it was."""
    about = {"of": attempt.request_id, "the": attempt.number, "was": attempt.state}
    return conn.execute(_CHANGE, {**about, **values}).rowcount == 1


_CHANGE = (
    attempts.update()
    .where(attempts.c.request_id == sa.bindparam("of"), attempts.c.number == sa.bindparam("the"))
    .where(attempts.c.state == sa.bindparam("was"))
)


def stops(conn: sa.Connection, host: str) -> list[Stop]:
    """The lab's attempts that are to be stopped."""
    return [Stop(**row) for row in conn.execute(_STOPS, {"host": host}).mappings()]


_STOPS = (
    sa.select(attempts.c.request_id, attempts.c.number, attempts.c.stop_told.label("told"))
    .where(to_stop, attempts.c.host == sa.bindparam("host"))
    .order_by(attempts.c.request_id)
)


def stops_told(conn: sa.Connection, host: str) -> None:
    """A claim of the lab is being answered for its stops."""
    conn.execute(attempts.update().where(to_stop, attempts.c.host == host).values(stop_told=True))


def next_pause_end(conn: sa.Connection, host: str, now: datetime) -> datetime | None:
    """When the next pause of one of the lab's boards ends; None: none is paused."""
    return conn.execute(_NEXT_PAUSE_END, {"host": host, "now": now}).scalar_one_or_none()


_NEXT_PAUSE_END = (
    sa.select(attempts.c.pause_until)
    .where(paused, attempts.c.host == sa.bindparam("host"), attempts.c.pause_until > sa.bindparam("now"))
    .order_by(attempts.c.pause_until)
    .limit(1)
)


def latest_end(conn: sa.Connection, host: str, board: str) -> datetime | None:
    """When the test that runs on a board has ended at the latest; None: none has started."""
    query = (
        sa.select(attempts.c.started_at, requests.c.timeout)
        .select_from(attempts.join(requests, requests.c.id == attempts.c.request_id))
        .where(live, attempts.c.host == host, attempts.c.board == board)
    )
    row = conn.execute(query).one_or_none()
    return None if row is None or row.started_at is None else row.started_at + timedelta(seconds=row.timeout)


def overdue(conn: sa.Connection, now: datetime, limit: int) -> list[Attempt]:
    """At most `limit` attempts whose time is over, the latest first."""
    query = sa.select(*_COLUMNS).where(due, attempts.c.due_at <= now).order_by(attempts.c.due_at).limit(limit)
    return [Attempt(**row) for row in conn.execute(query).mappings()]
