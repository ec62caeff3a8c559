"""SQL on the queues and lanes in which requests wait, and on what comes first in each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import Board, Lane
from fuego_jenkins_remote.hub.schema import (
    approvals,
    attempts,
    filled,
    held,
    lane_filled,
    lanes,
    matches,
    offered,
    queues,
    requests,
    waiting,
)
from fuego_jenkins_remote.hub.schema import selectors as selectors_table
from fuego_jenkins_remote.hub.statements import locks
from fuego_jenkins_remote.hub.statements.matches import digest
from fuego_jenkins_remote.hub.statements.once import insert_once
from fuego_jenkins_remote.network.states import State
from fuego_jenkins_remote.service.engine import UtcDateTime

_HELD_A_BOARD = (State.ASSIGNED, State.RUNNING, State.LOST, State.TESTED, State.DONE)
_LANE = sa.select(
    lanes.c.id,
    lanes.c.user,
    lanes.c.queue_id,
    queues.c.selector_id,
    queues.c.team,
    queues.c.answers,
    selectors_table.c.text.label("selector"),
).select_from(
    lanes.join(queues, queues.c.id == lanes.c.queue_id).join(
        selectors_table, selectors_table.c.id == queues.c.selector_id
    )
)


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue with something in it."""

    id: int
    team: str
    answers: str
    top: int
    head: str
    shortest: int


@dataclass(frozen=True, slots=True)
class Filled:
    """A lane with something in it."""

    id: int
    queue_id: int
    user: str
    top: int
    head: str
    shortest: int


@dataclass(frozen=True, kw_only=True)
class First:
    """What comes first in a lane."""

    lane_id: int
    request_id: str
    priority: int


# -- queues and lanes


def find(conn: sa.Connection, normal: str, team: str, answers: str, user: str) -> Lane | None:
    """A lane, if it is there."""
    row = conn.execute(_FIND, {"digest": digest(normal, team, answers), "user": user}).mappings().one_or_none()
    return None if row is None else Lane(**row)


def by_id(conn: sa.Connection, lane_id: int) -> Lane:
    """The lane of this id."""
    return Lane(**conn.execute(_BY_ID, {"lane": lane_id}).mappings().one())


_FIND = _LANE.where(queues.c.digest == sa.bindparam("digest"), lanes.c.user == sa.bindparam("user"))
_BY_ID = _LANE.where(lanes.c.id == sa.bindparam("lane"))


def insert(conn: sa.Connection, selector_id: int, normal: str, *, team: str, answers: str, user: str) -> Lane:
    """Add the lane, and its queue where it is not there yet."""
    name = digest(normal, team, answers)
    insert_once(conn, queues, {"digest": name, "selector_id": selector_id, "team": team, "answers": answers})
    queue_id = conn.execute(sa.select(queues.c.id).where(queues.c.digest == name)).scalar_one()
    insert_once(conn, lanes, {"queue_id": queue_id, "user": user})
    mine = (lanes.c.queue_id == queue_id) & (lanes.c.user == user)
    return Lane(**conn.execute(_LANE.where(mine)).mappings().one())


# -- what comes first in them


def enter(conn: sa.Connection, lane: Lane, *, priority: int, request_id: str, timeout: int) -> None:
    """A request waits in the lane now. Of several that come together, the highest priority, the oldest, the shortest.

    On PostgreSQL the rows are held until the transaction is over, against `look_again`, which cannot see it yet: by
    many at a time where nothing is to be written, so that those who put into one lane do not stand in line.
    """
    for table, row_id in ((queues, lane.queue_id), (lanes, lane.id)):
        row = {"row": row_id}
        now = conn.execute(_FIRST_OF[table], row).one()
        if locks.runs_beside_others(conn):
            stays = _with(now, priority, request_id, timeout) == tuple(now)
            now = conn.execute(_HOLD_FIRST_OF[table, stays], row).one()
        new = _with(now, priority, request_id, timeout)
        if new != tuple(now):
            values = dict(zip(("top", "head", "shortest"), new, strict=True))
            conn.execute(_SET_FIRST[table], {**row, **values})


_SET_FIRST = {table: table.update().where(table.c.id == sa.bindparam("row")) for table in (queues, lanes)}
_FIRST_OF = {
    table: sa.select(table.c.top, table.c.head, table.c.shortest).where(table.c.id == sa.bindparam("row"))
    for table in (queues, lanes)
}
_HOLD_FIRST_OF = {
    (table, stays): query.with_for_update(read=stays, key_share=not stays)
    for table, query in _FIRST_OF.items()
    for stays in (False, True)
}


def _with(now: Any, priority: int, request_id: str, timeout: int) -> tuple[int, str, int]:
    if now.top is None:
        return (priority, request_id, timeout)
    first = min((-now.top, now.head), (-priority, request_id))
    return (-first[0], first[1], min(now.shortest, timeout))


def look_again(conn: sa.Connection, lane_id: int, queue_id: int) -> None:
    """See what comes first in the lane and in its queue, since something has left it.

    Where somebody else is about to put something there, it is left as it is: it is seen again with the next claim.
    """
    if locks.runs_beside_others(conn) and conn.execute(_BOTH_MINE, {"lane": lane_id}).first() is None:
        return
    conn.execute(_LANE_ANEW, {"row": lane_id})
    conn.execute(_QUEUE_ANEW, {"row": queue_id})


_BOTH_MINE = (
    sa.select(lanes.c.id)
    .select_from(lanes.join(queues, queues.c.id == lanes.c.queue_id))
    .where(lanes.c.id == sa.bindparam("lane"))
    .with_for_update(skip_locked=True)
)


def _lane_anew() -> sa.Update:
    of_lane = [requests.c.lane_id == lanes.c.id, offered]
    first = sa.select(requests.c.priority).where(*of_lane)
    first = first.order_by(requests.c.priority.desc(), requests.c.id).limit(1)
    shortest = sa.select(requests.c.timeout).where(*of_lane).order_by(requests.c.timeout).limit(1)
    return (
        lanes.update()
        .where(lanes.c.id == sa.bindparam("row"))
        .values(
            top=first.scalar_subquery(),
            head=first.with_only_columns(requests.c.id).scalar_subquery(),
            shortest=shortest.scalar_subquery(),
        )
    )


def _queue_anew() -> sa.Update:
    of_queue = [lanes.c.queue_id == queues.c.id, lane_filled]
    best = sa.select(lanes.c.top).where(*of_queue).order_by(lanes.c.top.desc(), lanes.c.head).limit(1)
    return (
        queues.update()
        .where(queues.c.id == sa.bindparam("row"))
        .values(
            top=best.scalar_subquery(),
            head=best.with_only_columns(lanes.c.head).scalar_subquery(),
            shortest=sa.select(sa.func.min(lanes.c.shortest)).where(*of_queue).scalar_subquery(),
        )
    )


_LANE_ANEW = _lane_anew()
_QUEUE_ANEW = _queue_anew()


def filled_selectors(conn: sa.Connection, board_ids: Sequence[int]) -> dict[int, frozenset[int]]:
    """Of each of these boards, the selectors that match it and with which something waits."""
    found: dict[int, set[int]] = {}
    for row in conn.execute(_FILLED_SELECTORS, {"boards": board_ids}):
        found.setdefault(row.board_id, set()).add(row.selector_id)
    return {board_id: frozenset(selectors) for board_id, selectors in found.items()}


_FILLED_SELECTORS = sa.select(matches.c.board_id, matches.c.selector_id).where(
    matches.c.board_id.in_(sa.bindparam("boards", expanding=True)),
    sa.exists().where(queues.c.selector_id == matches.c.selector_id, filled),
)
_QUEUE = sa.select(*(queues.c[name] for name in ("id", "team", "answers", "top", "head", "shortest"))).where(filled)
_QUEUES = _QUEUE.where(queues.c.selector_id.in_(sa.bindparam("selectors", expanding=True)))
_QUEUES_OF_TEAMS = _QUEUES.where(queues.c.team.in_(sa.bindparam("teams", expanding=True)))
_QUEUE_NOW = _QUEUE.where(queues.c.id == sa.bindparam("id"))
_FILLED = sa.select(*(lanes.c[name] for name in ("id", "queue_id", "user", "top", "head", "shortest")))
_LANES = _FILLED.where(lanes.c.queue_id.in_(sa.bindparam("queues", expanding=True)), lane_filled)
_LANE_NOW = _FILLED.where(lanes.c.id == sa.bindparam("id"), lane_filled)
_AT_ONCE = 500


def queues_of(conn: sa.Connection, selector_ids: Collection[int], teams: Collection[str] | None) -> list[Queue]:
    """The queues of these selectors that have something in them, of these teams (None: of all)."""
    query = _QUEUES if teams is None else _QUEUES_OF_TEAMS
    more = {} if teams is None else {"teams": sorted(teams)}
    ids, found = sorted(selector_ids), []
    for start in range(0, len(ids), _AT_ONCE):
        rows = conn.execute(query, {"selectors": ids[start : start + _AT_ONCE], **more})
        found += [Queue(*row) for row in rows]
    return found


def queue_now(conn: sa.Connection, queue_id: int) -> Queue | None:
    """A queue as it is; None: nothing is in it."""
    row = conn.execute(_QUEUE_NOW, {"id": queue_id}).one_or_none()
    return None if row is None else Queue(*row)


def lanes_of(conn: sa.Connection, queue_ids: Sequence[int]) -> list[Filled]:
    """The lanes of these queues that have something in them."""
    found = []
    for start in range(0, len(queue_ids), _AT_ONCE):
        rows = conn.execute(_LANES, {"queues": queue_ids[start : start + _AT_ONCE]})
        found += [Filled(*row) for row in rows]
    return found


def lane_now(conn: sa.Connection, lane_id: int) -> Filled | None:
    """A lane as it is; None: nothing is in it."""
    row = conn.execute(_LANE_NOW, {"id": lane_id}).one_or_none()
    return None if row is None else Filled(*row)


# -- requests in a lane


def waiting_of(conn: sa.Connection, team: str, user: str | None = None) -> dict[int, int]:
    """How many requests of the team, or of one of its users, wait in which lane."""
    query = sa.select(requests.c.lane_id, sa.func.count()).where(waiting, requests.c.team == team)
    if user is not None:
        query = query.where(requests.c.requester == user)
    return {row[0]: row[1] for row in conn.execute(query.group_by(requests.c.lane_id))}


def waiting_longer(conn: sa.Connection, lane_ids: Sequence[int], seconds: int) -> dict[int, int]:
    """How many requests that may take longer than so many seconds wait in each of these lanes, not held for people."""
    found: dict[int, int] = {}
    query = sa.select(requests.c.lane_id, sa.func.count()).where(offered, requests.c.timeout > seconds)
    for start in range(0, len(lane_ids), _AT_ONCE):
        some = query.where(requests.c.lane_id.in_(lane_ids[start : start + _AT_ONCE])).group_by(requests.c.lane_id)
        found.update((row[0], row[1]) for row in conn.execute(some))
    return found


def first_in(*, by_name: bool = False, short: bool = False, but: bool = False) -> sa.Select[tuple[int, str, int]]:
    """The query for what comes first in each of some lanes that a board may run (lane, request, priority).

    One look into the index a lane. Where it is `short`, what takes longer than a limit is passed over; `by_name`, one
    request or none is found, and a pause after a give-back does not count, since a person asks; `but`, some are not.
    """
    others = [requests.c.id.not_in(sa.bindparam("but", expanding=True))] if but else []
    head = (
        sa.select(requests.c.id)
        .where(requests.c.lane_id == lanes.c.id, offered, *_fits(by_name=by_name, short=short), *others)
        .order_by(requests.c.priority.desc(), requests.c.id)
        .limit(1)
        .correlate(lanes)
        .scalar_subquery()
    )
    some = lanes.c.id.in_(sa.bindparam("lanes", expanding=True))
    heads = sa.select(lanes.c.id.label("lane_id"), head.label("id")).where(some).subquery()
    return sa.select(heads.c.lane_id, requests.c.id, requests.c.priority).select_from(
        heads.join(requests, requests.c.id == heads.c.id)
    )


def _fits(*, by_name: bool, short: bool) -> list[sa.ColumnElement[bool]]:
    here = (attempts.c.host == sa.bindparam("host"), attempts.c.board == sa.bindparam("board"))
    sibling = sa.exists().where(
        attempts.c.campaign == requests.c.spread_group, *here, attempts.c.state.in_(_HELD_A_BOARD)
    )
    pausing = sa.exists().where(
        attempts.c.request_id == requests.c.id, *here, attempts.c.pause_until > sa.bindparam("now", type_=UtcDateTime)
    )
    listed: sa.ColumnElement[str] = sa.literal_column("' '") + requests.c.avoid + sa.literal_column("' '")
    place = sa.bindparam("place", type_=sa.Text)
    elsewhere = sa.or_(requests.c.avoid.is_(None), sa.func.replace(listed, place, sa.literal_column("''")) == listed)
    last = requests.c.id == sa.bindparam("request") if by_name else sa.or_(requests.c.attempt == 0, ~pausing)
    # With the + SQLite cannot take the index by length for this, and sort what it finds there.
    limit = sa.bindparam("limit", type_=sa.Float)
    timely = [requests.c.timeout + sa.literal_column("0") <= limit] if short else []
    return [*timely, elsewhere, sa.or_(requests.c.spread == sa.false(), ~sibling), last]


_FIRST_IN = {
    (name, short, but): first_in(by_name=name, short=short, but=but)
    for name, short, but in product((False, True), repeat=3)
}


def first_of_each(
    conn: sa.Connection,
    board: Board,
    lane_ids: Sequence[int],
    now: datetime,
    *,
    limit: float | None,
    request_id: str | None,
    without: Collection[str] = (),
) -> dict[int, First]:
    """What comes first in each of these lanes that the board may run; nothing for a lane where nothing does.

    Those `without` are passed over.
    """
    about = {"lanes": lane_ids, **_about(board, now, limit=limit, request_id=request_id)}
    if without:
        about["but"] = sorted(without)
    query = _FIRST_IN[request_id is not None, limit is not None, bool(without)]
    rows = conn.execute(query, about)
    return {row.lane_id: First(lane_id=row.lane_id, request_id=row.id, priority=row.priority) for row in rows}


def _about(board: Board, now: datetime, *, limit: float | None, request_id: str | None) -> dict[str, object]:
    """What `_fits` asks of a board and its claim."""
    last = {"now": now} if request_id is None else {"request": request_id}
    short = {} if limit is None else {"limit": limit}
    return {"host": board.host, "board": board.name, "place": f" {board} ", **last, **short}


def take_first(
    conn: sa.Connection, board: Board, lane_id: int, now: datetime, *, limit: float | None, request_id: str | None
) -> First | None:
    """What comes first in this lane of what the board may run and nobody else has, kept for this transaction.

    Where many claim at once each gets another one with this one look; with a look and a lock each of them would find
    what all the others have found, one after the other. Only where others run beside this transaction.
    """
    about = {"lane": lane_id, **_about(board, now, limit=limit, request_id=request_id)}
    row = conn.execute(_TAKE_FIRST[request_id is not None, limit is not None], about).first()
    return None if row is None else First(lane_id=lane_id, request_id=row.id, priority=row.priority)


_TAKE_FIRST = {
    (name, short): sa.select(requests.c.id, requests.c.priority)
    .where(requests.c.lane_id == sa.bindparam("lane"), offered, *_fits(by_name=name, short=short))
    .order_by(requests.c.priority.desc(), requests.c.id)
    .limit(1)
    .with_for_update(of=requests, skip_locked=True, key_share=True)
    for name, short in product((False, True), repeat=2)
}


def waits_in(conn: sa.Connection, request_id: str, lane_id: int) -> bool:
    """Whether the request is one that a claim finds in the lane."""
    return conn.execute(_WAITS_IN, {"request": request_id, "lane": lane_id}).first() is not None


_WAITS_IN = sa.select(requests.c.id).where(
    requests.c.id == sa.bindparam("request"), requests.c.lane_id == sa.bindparam("lane"), offered
)


def lock(conn: sa.Connection, request_id: str) -> bool:
    """Keep the waiting request for this transaction; False where another one has it, or it does not wait any more."""
    if not locks.runs_beside_others(conn):
        return True  # whoever writes is alone
    return conn.execute(_LOCK, {"request": request_id}).first() is not None


_LOCK = (
    sa.select(requests.c.id)
    .where(requests.c.id == sa.bindparam("request"), offered)
    .with_for_update(skip_locked=True, key_share=True)
)


def hold_waiting(conn: sa.Connection, selector_id: int) -> None:
    """Nobody else changes a waiting request with this selector, nor answers for it, until this transaction is over."""
    if locks.runs_beside_others(conn):
        waiting = requests.c.state == State.PENDING
        query = _WAIT.where(queues.c.selector_id == selector_id, waiting).order_by(requests.c.id)
        conn.execute(query.with_for_update(of=requests, key_share=True))


def held_ids(conn: sa.Connection, selector_id: int) -> list[str]:
    """The requests with this selector that are held for people."""
    return list(conn.execute(_WAIT.where(queues.c.selector_id == selector_id, held)).scalars())


def waiting_ids(
    conn: sa.Connection, selector_id: int, *, beside: Collection[str] | None, longer_than: int | None
) -> list[str]:
    """The requests with this selector that may wait in vain, after it has lost boards.

    Those of teams that have boards left (`beside` them are the others; None: all teams have), only if they are not for
    each of these boards: answered by a lab, tried before, or `longer_than` so many seconds.
    """
    special = [requests.c.avoid.is_not(None), sa.exists().where(approvals.c.request_id == requests.c.id)]
    if longer_than is not None:
        special.append(requests.c.timeout > longer_than)
    of_selector = _WAIT.where(queues.c.selector_id == selector_id)
    left = [] if beside is None else [queues.c.team.not_in(sorted(beside))]
    which = sa.or_(*left, *special)
    # Each as one of the indexes has it.
    return [one for state in (held, offered) for one in conn.execute(of_selector.where(state, which)).scalars()]


_WAIT = sa.select(requests.c.id).select_from(
    queues.join(lanes, lanes.c.queue_id == queues.c.id).join(requests, requests.c.lane_id == lanes.c.id)
)
