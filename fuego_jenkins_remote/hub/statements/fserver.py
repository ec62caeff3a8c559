"""SQL on what clients of old Fuego servers see: which requests, under which id, and what they said of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema import attempts, boards, for_old_clients, fserver_runs, labs, requests, tokens
from fuego_jenkins_remote.hub.schema import binaries as binary_table
from fuego_jenkins_remote.hub.schema import tests as test_table
from fuego_jenkins_remote.network.states import State


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request as old clients see it. `sent` is what one of them put, `said` what an old lab has said of it."""

    id: str
    old_id: str
    host: str
    board: str
    state: State
    test: str
    spec: str
    timeout: int  # seconds
    requester: str
    reason: str
    sent: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class OldRun:
    """A run as old clients see it; `name` with `run-`."""

    name: str
    host: str
    board: str
    test: str
    spec: str
    status: str
    timestamp: str
    request: str
    run_key: str
    run_url: str


_CURRENT = sa.and_(
    attempts.c.request_id == requests.c.id,
    attempts.c.number == requests.c.attempt,
    requests.c.host.is_not(None),
)
_SEEN = (
    sa.select(
        requests.c.id,
        requests.c.old_id,
        requests.c.old_host,
        requests.c.old_board,
        requests.c.old_fields,
        requests.c.state,
        requests.c.test,
        requests.c.spec,
        requests.c.timeout,
        requests.c.requester,
        requests.c.reason,
        requests.c.created_at,
        requests.c.ended_at,
        attempts.c.started_at,
    )
    .select_from(requests.outerjoin(attempts, _CURRENT))
    .where(for_old_clients)
)


def has_token(conn: sa.Connection, user: str) -> bool:
    """Whether a user ever had a token: whether it is a person."""
    query = sa.select(tokens.c.prefix).where(tokens.c.kind == "user", tokens.c.owner == user)
    return conn.execute(query.limit(1)).first() is not None


def find(conn: sa.Connection, old_id: str) -> Seen | None:
    """One request, by its old id."""
    row = conn.execute(_SEEN.where(requests.c.old_id == old_id)).mappings().one_or_none()
    return None if row is None else _seen(row)


def of_request(conn: sa.Connection, request_id: str) -> Seen | None:
    """One request, by the hub's own id; None also for one that is not for old clients."""
    row = conn.execute(_SEEN.where(requests.c.id == request_id)).mappings().one_or_none()
    return None if row is None else _seen(row)


def listed(
    conn: sa.Connection,
    states: Collection[State],
    *,
    host: str | None,
    board: str | None,
    requester: str | None,
    limit: int,
) -> list[Seen]:
    """At most `limit` requests in these states, of this host, this board, this user where they are said; in no order.

    Each way of asking reads an index from where its rows begin to where they end.
    """
    query = _SEEN.where(requests.c.state.in_(sorted(states)))
    for column, value in ((requests.c.old_host, host), (requests.c.old_board, board)):
        query = query if value is None else query.where(column == value)
    if requester is not None:
        query = query.where(requests.c.requester == requester)
    return [_seen(row) for row in conn.execute(query.limit(limit)).mappings()]


def of_place(conn: sa.Connection, host: str, board: str, limit: int) -> list[Seen]:
    """The newest requests that are or were at a board."""
    query = _SEEN.where(requests.c.host == host, requests.c.board == board)
    return [_seen(row) for row in conn.execute(query.order_by(requests.c.id.desc()).limit(limit)).mappings()]


def waiting_of(conn: sa.Connection, team: str, user: str) -> int:
    """How many requests of a user wait, for a team."""
    where = (requests.c.team == team) & (requests.c.requester == user)
    waits = requests.c.state == sa.literal_column("'pending'")
    return conn.execute(sa.select(sa.func.count()).select_from(requests).where(where, waits)).scalar_one()


def is_taken(conn: sa.Connection, old_id: str) -> bool:
    """Whether a request has this old id."""
    query = sa.select(requests.c.id).where(requests.c.old_id == old_id, for_old_clients)
    return conn.execute(query).first() is not None


def show(conn: sa.Connection, request_id: str, old_id: str, host: str, board: str) -> None:
    """Let old clients see a request, under this id, as one for this board."""
    values = {"old_id": old_id, "old_host": host, "old_board": board}
    conn.execute(requests.update().where(requests.c.id == request_id).values(values))


def hide(conn: sa.Connection, old_id: str) -> None:
    """A request is there for old clients no more."""
    conn.execute(requests.update().where(requests.c.old_id == old_id, for_old_clients).values(old_id=None))


def keep_fields(conn: sa.Connection, seen: Seen, *, sent: Mapping[str, str], said: Mapping[str, str]) -> None:
    """Keep what old clients have sent of a request; what is readable of it has changed."""
    kept = {"sent": dict(sent), "said": dict(said)}
    grown = {"version": requests.c.version + 1, "steps": requests.c.steps + 1}
    conn.execute(requests.update().where(requests.c.id == seen.id).values(old_fields=kept, **grown))


def team_of_board(conn: sa.Connection, host: str, board: str) -> str | None:
    """Whose lab has this board; None: there is no such board."""
    query = sa.select(labs.c.team).join(boards, boards.c.host == labs.c.host)
    return conn.execute(query.where(boards.c.host == host, boards.c.name == board)).scalar_one_or_none()


def hosts_of_others(conn: sa.Connection, team: str) -> frozenset[str]:
    """The labs that are other teams'."""
    return frozenset(conn.execute(sa.select(labs.c.host).where(labs.c.team != team)).scalars())


def is_anothers(conn: sa.Connection, team: str, host: str) -> bool:
    """Whether there is such a lab, and it is another team's."""
    query = sa.select(labs.c.host).where(labs.c.host == host, labs.c.team != team)
    return conn.execute(query).first() is not None


def boards_of(conn: sa.Connection, team: str, limit: int) -> list[tuple[str, str]]:
    """The boards of a team's labs, as host and name."""
    query = sa.select(boards.c.host, boards.c.name).join(labs, labs.c.host == boards.c.host)
    return [(row.host, row.name) for row in conn.execute(query.where(labs.c.team == team).limit(limit))]


def board_fields(conn: sa.Connection, host: str, board: str) -> dict[str, str] | None:
    """The record that an old client has put of a board; None: none has."""
    query = sa.select(boards.c.old_fields).where(boards.c.host == host, boards.c.name == board)
    kept = conn.execute(query).scalar_one_or_none()
    return None if kept is None else dict(kept)


def keep_board_fields(conn: sa.Connection, host: str, board: str, fields: Mapping[str, str]) -> None:
    """Keep the record that an old client has put."""
    where = (boards.c.host == host) & (boards.c.name == board)
    conn.execute(boards.update().where(where).values(old_fields=dict(fields)))


def tests_listed(conn: sa.Connection, name: str | None, limit: int) -> list[tuple[str, str, str, int, str]]:
    """At most `limit` versions of tests that everybody sees: name, label, version, release, SHA-256."""
    query = sa.select(
        test_table.c.name, test_table.c.label, test_table.c.version, test_table.c.release, test_table.c.sha256
    )
    query = query.where(test_table.c.space == "")
    query = query if name is None else query.where(test_table.c.name == name)
    return [tuple(row) for row in conn.execute(query.limit(limit))]


def binaries_listed(conn: sa.Connection, name: str | None, limit: int) -> list[tuple[str, str, str]]:
    """At most `limit` tests' binaries that everybody sees: toolchain, name, SHA-256."""
    query = sa.select(binary_table.c.toolchain, binary_table.c.name, binary_table.c.sha256)
    query = query.where(binary_table.c.space == "")
    query = query if name is None else query.where(binary_table.c.name == name)
    return [tuple(row) for row in conn.execute(query.limit(limit))]


def run(conn: sa.Connection, name: str) -> OldRun | None:
    """One run."""
    found = list(_runs(conn, sa.select(*_RUN).where(fserver_runs.c.name == name)))
    return found[0] if found else None


def runs(conn: sa.Connection, *, host: str | None, board: str | None, test: str | None, limit: int) -> list[OldRun]:
    """At most `limit` runs."""
    query = sa.select(*_RUN)
    for column, value in ((fserver_runs.c.host, host), (fserver_runs.c.board, board), (fserver_runs.c.test, test)):
        query = query if value is None else query.where(column == value)
    return list(_runs(conn, query.limit(limit)))


def key_is_used(conn: sa.Connection, host: str, board: str, run_key: str) -> bool:
    """Whether a run of a board is kept under this key."""
    query = sa.select(fserver_runs.c.name).where(
        fserver_runs.c.host == host, fserver_runs.c.board == board, fserver_runs.c.run_key == run_key
    )
    return conn.execute(query.limit(1)).first() is not None


def add_run(conn: sa.Connection, new: OldRun, now: datetime) -> None:
    """Add a run whose name is free."""
    conn.execute(fserver_runs.insert().values(at=now, **vars(new)))


def remove_run(conn: sa.Connection, name: str) -> bool:
    """Forget a run; False where it was not there."""
    return conn.execute(fserver_runs.delete().where(fserver_runs.c.name == name)).rowcount == 1


_RUN = [column for column in fserver_runs.c if column.name != "at"]


def _runs(conn: sa.Connection, query: sa.Select[Any]) -> Iterable[OldRun]:
    return (OldRun(**row) for row in conn.execute(query).mappings())


def _seen(row: sa.RowMapping) -> Seen:
    values = dict(row)
    kept = values.pop("old_fields") or {}
    values |= {"host": values.pop("old_host"), "board": values.pop("old_board"), "state": State(values["state"])}
    return Seen(sent=kept.get("sent", {}), said=kept.get("said", {}), **values)
