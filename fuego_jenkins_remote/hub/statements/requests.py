"""SQL on requests, their history and their approvals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import (
    Approval,
    Caller,
    GitSource,
    HistoryEntry,
    Lane,
    NewRequest,
    Options,
    Request,
)
from fuego_jenkins_remote.hub.schema import (
    approvals,
    asked,
    attempts,
    beyond_waiting,
    history,
    private,
    requests,
    waiting,
    with_deadline,
)
from fuego_jenkins_remote.hub.schema import to_remind as due_reminders
from fuego_jenkins_remote.hub.statements.sight import seen_by
from fuego_jenkins_remote.network.states import State

_NOT_READ = {"call_id", "call_part", "steps", "old_id", "old_host", "old_board", "old_fields"}
_OF_REQUEST = [column for column in requests.c if column.name not in _NOT_READ]
_CURRENT = sa.and_(
    attempts.c.request_id == requests.c.id,
    attempts.c.number == requests.c.attempt,
    requests.c.host.is_not(None),
)
_NO_TEXT: sa.ColumnElement[str] = sa.literal_column("''")


def _select(*, with_log: bool) -> sa.Select[Any]:
    log = sa.func.coalesce(attempts.c.log_tail, "") if with_log else _NO_TEXT
    return sa.select(
        *_OF_REQUEST,
        attempts.c.started_at,
        sa.func.coalesce(attempts.c.build_url, "").label("build_url"),
        sa.func.coalesce(attempts.c.queue_why, "").label("queue_why"),
        log.label("log_tail"),
    ).select_from(requests.outerjoin(attempts, _CURRENT))


_ONE = _select(with_log=True)
_MANY = _select(with_log=False)
# What is asked with every call is made once: to make a statement takes longer than to answer it.
_BY_ID = _ONE.where(requests.c.id == sa.bindparam("request"))
_OF_PUT = _ONE.where(
    requests.c.requester == sa.bindparam("requester"), requests.c.call_id == sa.bindparam("call")
).order_by(requests.c.call_part)
_APPROVALS = (
    sa.select(approvals)
    .where(approvals.c.request_id.in_(sa.bindparam("requests", expanding=True)))
    .order_by(approvals.c.host)
)
_INSERT, _INSERT_HISTORY = requests.insert(), history.insert()


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What a list of requests is narrowed to; None: not by this. `before` is a request id."""

    state: State | None = None
    host: str | None = None
    board: str | None = None
    requester: str | None = None
    test: str | None = None
    campaign: str | None = None
    before: str | None = None
    asked_of: str | None = None  # a host where an approval waits

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """As SQL."""
        plain = {
            requests.c.host: self.host,
            requests.c.board: self.board,
            requests.c.requester: self.requester,
            requests.c.test: self.test,
            requests.c.campaign: self.campaign,
        }
        found = [column == value for column, value in plain.items() if value is not None]
        if self.state is not None:
            found += _in_state(self.state)
        if self.before is not None:
            found.append(requests.c.id < self.before)
        if self.asked_of is not None:
            of_host = sa.select(approvals.c.request_id).where(approvals.c.host == self.asked_of, asked)
            found.append(requests.c.id.in_(of_host))
        return found


def find(conn: sa.Connection, request_id: str) -> Request | None:
    """One request, whole."""
    rows = _requests(conn, _BY_ID, {"request": request_id})
    return rows[0] if rows else None


def listed(conn: sa.Connection, caller: Caller | None, wanted: Filter, limit: int) -> list[Request]:
    """At most `limit` requests that the caller may see, newest first, without the tails of their logs."""
    query = _MANY.where(*wanted.conditions(), seen_by(caller)).order_by(requests.c.id.desc()).limit(limit)
    return _requests(conn, query)


def of_ids(conn: sa.Connection, ids: Sequence[str]) -> list[Request]:
    """These requests, those of a higher priority and the older ones first, without the tails of their logs."""
    query = _MANY.where(requests.c.id.in_(ids)).order_by(requests.c.priority.desc(), requests.c.id)
    return _requests(conn, query) if ids else []


def of_put(conn: sa.Connection, requester: str, call_id: str) -> list[Request]:
    """The requests that one put has made."""
    return _requests(conn, _OF_PUT, {"requester": requester, "call": call_id})


def counts(conn: sa.Connection, caller: Caller | None, states: Iterable[State]) -> dict[str, int]:
    """How many requests there are in each of these states for the caller.

    All are counted in an index, and those taken off again that the caller may not see: of the private ones alone it is
    asked who sees them.
    """
    hidden = (private, ~seen_by(caller))
    return {
        state: _count(conn, *_in_state(state)) - _count(conn, requests.c.state == state, *hidden) for state in states
    }


def _count(conn: sa.Connection, *conditions: sa.ColumnElement[bool]) -> int:
    return conn.execute(sa.select(sa.func.count()).select_from(requests).where(*conditions)).scalar_one()


@dataclass(frozen=True, kw_only=True)
class Row:
    """A request that is to be made; `part`: which of those that one put makes."""

    id: str
    part: int
    new: NewRequest
    lane: Lane
    spread_group: str | None = None
    rerun_of: str | None = None


_READ = {column.name for column in _OF_REQUEST}
_NOTHING_YET: Mapping[str, Any] = {
    **dict.fromkeys(_READ),
    **dict.fromkeys(("build_url", "queue_why", "log_tail"), ""),
    "started_at": None,
}
"""What is read of a request that has no attempt, and was not given a value when it was put."""


def insert(
    conn: sa.Connection,
    rows: Sequence[Row],
    *,
    requester: str,
    campaign: str | None,
    fingerprint: str,
    now: datetime,
) -> list[Request]:
    """Add requests in the state pending, each with the first entry of its history; they are as they are read."""
    fixed = {"version": 1, "steps": 1, "attempt": 0, "state": State.PENDING, "held": False, "cancel_requested": False}
    empty = dict.fromkeys(("status", "run_key", "run_url", "reason"), "")
    same = {
        "requester": requester,
        "campaign": campaign,
        "fingerprint": fingerprint,
        "created_at": now,
        "updated_at": now,
        **fixed,
        **empty,
    }
    made = [{**same, **_as_put(row)} for row in rows]
    conn.execute(_INSERT, made)
    first = {"seq": 1, "at": now, "from_state": "", "to_state": State.PENDING, "who": requester, "reason": ""}
    again = [f"again, for {row.rerun_of}" if row.rerun_of else "" for row in rows]
    conn.execute(
        _INSERT_HISTORY,
        [{**first, "request_id": row.id, "reason": why} for row, why in zip(rows, again, strict=True)],
    )
    return [_request({**_NOTHING_YET, **{name: one[name] for name in _READ & one.keys()}}, ()) for one in made]


def _as_put(row: Row) -> dict[str, Any]:
    new = row.new
    return {
        "id": row.id,
        "call_part": row.part,
        "lane_id": row.lane.id,
        "team": row.lane.team,
        "spread": row.spread_group is not None,
        "spread_group": row.spread_group,
        "rerun_of": row.rerun_of,
        "call_id": new.call_id,
        "selector": new.selector,
        "test": new.test,
        "spec": new.spec,
        "phases": new.phases,
        "timeout": new.timeout,
        "variables": dict(new.variables),
        "options": asdict(new.options),
        "package": new.package,
        "git": asdict(new.git) if new.git else None,
        "priority": new.priority,
        "deadline": new.deadline,
        "retries": new.retries,
        "retries_left": new.retries,
        "notes": new.notes,
        "private": new.private,
        "needs": list(new.needs),
        "min_version": new.min_version,
        "notify": list(new.notify),
    }


def change(conn: sa.Connection, request: Request, now: datetime, values: Mapping[str, Any]) -> bool:
    """Write `values` if the request still is in the state and at the attempt that `request` says; whether it was.

    What its campaign shows changes with it (`steps`), which new text of a log does not.
    """
    about = {"of": request.id, "was": request.state, "tried": request.attempt}
    return conn.execute(_CHANGE, {**about, "updated_at": now, **values}).rowcount == 1


_CHANGE = (
    requests.update()
    .where(requests.c.id == sa.bindparam("of"), requests.c.state == sa.bindparam("was"))
    .where(requests.c.attempt == sa.bindparam("tried"))
    .values(version=requests.c.version + 1, steps=requests.c.steps + 1)
)


def replace(conn: sa.Connection, request: Request, by: str, now: datetime) -> bool:
    """Another one stands for it in its campaign; False where there was one already, or it has moved on."""
    where = (requests.c.id == request.id) & (requests.c.state == request.state) & requests.c.replaced_by.is_(None)
    grown = {"version": requests.c.version + 1, "steps": requests.c.steps + 1}
    update = requests.update().where(where).values(replaced_by=by, updated_at=now, **grown)
    return conn.execute(update).rowcount == 1


def touch(conn: sa.Connection, request_id: str) -> None:
    """Something a reader can see has changed beside the request's own row."""
    conn.execute(requests.update().where(requests.c.id == request_id).values(version=requests.c.version + 1))


def touch_all(conn: sa.Connection, request_ids: Sequence[str]) -> None:
    """As `touch`, for many: one statement for each 500."""
    for start in range(0, len(request_ids), 500):
        these = requests.c.id.in_(request_ids[start : start + 500])
        conn.execute(requests.update().where(these).values(version=requests.c.version + 1))


def add_history(conn: sa.Connection, request_id: str, entry: HistoryEntry) -> None:
    """Write down what happened; the request's version, just raised, is its place in the order."""
    values = {
        "request_id": request_id,
        "at": entry.at,
        "from_state": entry.old,
        "to_state": entry.new,
        "who": entry.who,
        "reason": entry.reason,
    }
    conn.execute(_ADD_HISTORY, {"of": request_id, **values})


_ADD_HISTORY = (
    history.insert()
    .values(seq=sa.select(requests.c.version).where(requests.c.id == sa.bindparam("of")).scalar_subquery())
    .inline()
)


def history_of(conn: sa.Connection, request_id: str) -> list[HistoryEntry]:
    """What happened, in order."""
    return [
        HistoryEntry(at=row["at"], old=row["from_state"], new=row["to_state"], who=row["who"], reason=row["reason"])
        for row in conn.execute(_HISTORY_OF, {"of": request_id}).mappings()
    ]


_HISTORY_OF = sa.select(history).where(history.c.request_id == sa.bindparam("of")).order_by(history.c.seq)


def set_approval(conn: sa.Connection, request_id: str, approval: Approval, remind_at: datetime | None) -> None:
    """Write down what a lab answers; its earlier answer is replaced."""
    values = {**asdict(approval), "remind_at": remind_at}
    where = (approvals.c.request_id == request_id) & (approvals.c.host == approval.host)
    if conn.execute(approvals.update().where(where).values(values)).rowcount == 0:
        conn.execute(approvals.insert().values(request_id=request_id, **values))


def asked_of(conn: sa.Connection, host: str, limit: int) -> list[Request]:
    """At most `limit` waiting requests that a lab's people are asked about, the oldest question first."""
    query = _MANY.join(approvals, sa.and_(approvals.c.request_id == requests.c.id, approvals.c.host == host, asked))
    query = query.where(requests.c.state == State.PENDING).order_by(approvals.c.at, requests.c.id)
    return _requests(conn, query.limit(limit))


def to_remind(conn: sa.Connection, now: datetime, limit: int) -> list[tuple[str, str]]:
    """At most `limit` questions (request, host) whose people are to be told again."""
    query = sa.select(approvals.c.request_id, approvals.c.host).where(due_reminders, approvals.c.remind_at <= now)
    return [(row[0], row[1]) for row in conn.execute(query.order_by(approvals.c.remind_at).limit(limit))]


def reminded(conn: sa.Connection, request_id: str, host: str, now: datetime) -> bool:
    """Note that people are told again; False where they were already, or have answered."""
    this = (approvals.c.request_id == request_id) & (approvals.c.host == host)
    update = approvals.update().where(this, due_reminders, approvals.c.remind_at <= now).values(remind_at=None)
    return conn.execute(update).rowcount == 1


def drop_questions(conn: sa.Connection, request_id: str) -> None:
    """Nobody is asked about this request any more: it has ended. Its history keeps who was."""
    conn.execute(approvals.delete().where(approvals.c.request_id == request_id, asked))


def past_deadline(conn: sa.Connection, now: datetime, limit: int) -> list[Request]:
    """At most `limit` waiting requests whose deadline is over."""
    query = _ONE.where(with_deadline, requests.c.deadline <= now).order_by(requests.c.deadline).limit(limit)
    return _requests(conn, query)


def _in_state(state: State) -> list[sa.ColumnElement[bool]]:
    # As the partial indexes have it.
    return [waiting] if state == State.PENDING else [beyond_waiting, requests.c.state == state]


def _requests(conn: sa.Connection, query: sa.Select[Any], named: Mapping[str, Any] | None = None) -> list[Request]:
    rows = conn.execute(query, named).mappings().all()
    by_request = _approvals(conn, [row["id"] for row in rows])
    return [_request(row, by_request.get(row["id"], ())) for row in rows]


def _approvals(conn: sa.Connection, request_ids: Sequence[str]) -> dict[str, tuple[Approval, ...]]:
    if not request_ids:
        return {}
    found: dict[str, tuple[Approval, ...]] = {}
    for start in range(0, len(request_ids), 500):
        part = request_ids[start : start + 500]
        for row in conn.execute(_APPROVALS, {"requests": part}).mappings():
            values = dict(row)
            request_id = values.pop("request_id")
            values.pop("remind_at")
            found[request_id] = (*found.get(request_id, ()), Approval(**values))
    return found


def _request(row: Mapping[str, Any] | sa.RowMapping, given: tuple[Approval, ...]) -> Request:
    values = dict(row)
    values["state"] = State(values["state"])
    values |= {key: tuple(values[key]) for key in ("needs", "notify")}
    values["options"] = Options(**values["options"])
    values["git"] = GitSource(**values["git"]) if values["git"] else None
    return Request(**values, approvals=given)
