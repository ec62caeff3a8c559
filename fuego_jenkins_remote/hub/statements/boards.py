"""SQL on boards."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import Board, Health, NewBoard
from fuego_jenkins_remote.hub.schema import attempts, boards, labs, lanes, live, matches, queues
from fuego_jenkins_remote.hub.statements.matches import matching as matching_boards
from fuego_jenkins_remote.network import selectors
from fuego_jenkins_remote.network.terms import USUAL, terms_as_mapping, terms_from_mapping

_OF_BOARD = [column for column in boards.c if column.name not in {"offer_id", "old_fields"}]
_SELECT = sa.select(
    *_OF_BOARD,
    labs.c.team,
    attempts.c.request_id.label("busy_with"),
    attempts.c.request_id.is_not(None).label("busy"),
).select_from(
    boards.join(labs, labs.c.host == boards.c.host).outerjoin(
        attempts, sa.and_(attempts.c.host == boards.c.host, attempts.c.board == boards.c.name, live)
    )
)

# What is asked with every claim is made once: to make a statement takes longer than to answer it.
_OF_LAB = _SELECT.where(boards.c.host == sa.bindparam("host"))
_ONE = _OF_LAB.where(boards.c.name == sa.bindparam("name"))
_NAMED = _OF_LAB.where(boards.c.name.in_(sa.bindparam("names", expanding=True))).order_by(boards.c.name)
_STALE = sa.and_(
    boards.c.host == sa.bindparam("lab"),
    boards.c.name.in_(sa.bindparam("names", expanding=True)),
    boards.c.last_seen <= sa.bindparam("stale"),
)
_FREE = sa.select(boards.c.id).where(_STALE).order_by(boards.c.id).with_for_update(skip_locked=True, key_share=True)
_SEEN = {
    "sqlite": boards.update().where(_STALE).values(last_seen=sa.bindparam("now")),
    "postgresql": boards.update().where(boards.c.id.in_(_FREE)).values(last_seen=sa.bindparam("now")),
}


def find(conn: sa.Connection, host: str, name: str) -> Board | None:
    """One board."""
    row = conn.execute(_ONE, {"host": host, "name": name}).mappings().one_or_none()
    return None if row is None else _board(row)


def listed(conn: sa.Connection, host: str | None = None) -> list[Board]:
    """All boards, or those of one lab, by name."""
    query = _SELECT.order_by(boards.c.host, boards.c.name)
    if host is not None:
        query = query.where(boards.c.host == host)
    return [_board(row) for row in conn.execute(query).mappings()]


def named(conn: sa.Connection, host: str, names: Iterable[str]) -> list[Board]:
    """Those of a lab's boards that have these names, by name."""
    rows = conn.execute(_NAMED, {"host": host, "names": sorted(set(names))}).mappings()
    return [_board(row) for row in rows]


def rows_of(conn: sa.Connection, condition: sa.ColumnElement[bool], most: int | None = None) -> list[Board]:
    """The boards that meet a condition on their table, by name; at most so many."""
    query = _SELECT.where(condition).order_by(boards.c.host, boards.c.name).limit(most)
    return [_board(row) for row in conn.execute(query).mappings()]


def matching(conn: sa.Connection, selector: selectors.Selector, most: int | None = None) -> list[Board]:
    """The boards that a selector matches, by name; at most so many."""
    return [_board(row) for row in conn.execute(_matching(selector, most)).mappings()]


@lru_cache(maxsize=1024)
def _matching(selector: selectors.Selector, most: int | None) -> sa.Select[Any]:
    """Made once for a selector: mostly others were asked for before in the same words."""
    return _SELECT.where(matching_boards(selector)).order_by(boards.c.host, boards.c.name).limit(most)


def of_lane(conn: sa.Connection, lane_id: int, *, host: str | None = None, most: int | None = None) -> list[Board]:
    """The boards that may run what waits in a lane, whatever their labs have answered, by name.

    Only those of one lab, and of the first so many that the lane's selector matches, where that is said.
    """
    place = lanes.join(queues, queues.c.id == lanes.c.queue_id)
    whose = sa.select(queues.c.selector_id, queues.c.team, lanes.c.user).select_from(place)
    lane = conn.execute(whose.where(lanes.c.id == lane_id)).one()
    query = _SELECT.join(matches, matches.c.board_id == boards.c.id).where(matches.c.selector_id == lane.selector_id)
    if host is not None:
        query = query.where(boards.c.host == host)
    rows = conn.execute(query.order_by(boards.c.host, boards.c.name).limit(most)).mappings()
    return [board for board in map(_board, rows) if board.admits(lane.team, lane.user)]


def insert(conn: sa.Connection, host: str, name: str, new: NewBoard, now: datetime) -> None:
    """Add a board; it is well until its lab says otherwise."""
    times = {"updated_at": now, "last_seen": now, "health_since": now}
    conn.execute(boards.insert().values(host=host, name=name, health="online", **times, **_columns(new)))


def update(conn: sa.Connection, board_id: int, new: NewBoard, *, now: datetime, changed: bool) -> None:
    """Write what its lab says of a board."""
    values = {"last_seen": now, **_columns(new), **({"updated_at": now} if changed else {})}
    conn.execute(boards.update().where(boards.c.id == board_id).values(values))


def set_health(conn: sa.Connection, board: Board, health: Health, reason: str, now: datetime) -> None:
    """Write what its lab sees of a board; the same health for another reason is so for as long as before."""
    since = board.health_since if health == board.health else now
    values = {"health": health, "health_reason": reason, "health_since": since, "last_seen": now}
    conn.execute(boards.update().where(boards.c.id == board.id).values(values))


def count_failure(conn: sa.Connection, board: Board) -> int:
    """One more attempt could not be run on the board; how many it is, one after the other."""
    update = boards.update().where(boards.c.id == board.id).values(failures=boards.c.failures + 1)
    return int(conn.execute(update.returning(boards.c.failures)).scalar_one())


def forget_failures(conn: sa.Connection, host: str, name: str) -> None:
    """A test has run on the board, or somebody has looked at it."""
    failed = (boards.c.host == host) & (boards.c.name == name) & (boards.c.failures > 0)
    conn.execute(boards.update().where(failed).values(failures=0))


def set_maintenance(conn: sa.Connection, board_id: int, reason: str, by: str, now: datetime) -> None:
    """Write why its people have taken a board out, and who; empty: they have not. Failures of before are forgotten."""
    values = {"maintenance": reason, "maintenance_by": by, "updated_at": now, "failures": 0}
    conn.execute(boards.update().where(boards.c.id == board_id).values(values))


def delete(conn: sa.Connection, board_id: int) -> None:
    """Remove a board, and with it what it matched and who has used it."""
    conn.execute(boards.delete().where(boards.c.id == board_id))


def seen(conn: sa.Connection, host: str, names: Iterable[str], now: datetime) -> None:
    """The lab has spoken of these boards. Written every few seconds only: a waiting claim looks again and again.

    Nobody waits for somebody else who is at a board: that one has heard of it, too.
    """
    about = {"lab": host, "names": list(names), "stale": now - timedelta(seconds=5), "now": now}
    conn.execute(_SEEN[conn.dialect.name], about)


def _columns(new: NewBoard) -> dict[str, object]:
    return {
        "facts": dict(new.facts),
        "labels": list(new.labels),
        "description": new.description,
        "open_to": list(new.open_to),
        "online": new.online,
        "terms": terms_as_mapping(new.terms),
    }


def _board(row: sa.RowMapping) -> Board:
    values = dict(row)
    values |= {key: tuple(values[key]) for key in ("labels", "open_to")}
    return Board(**values | {"terms": terms_from_mapping(values["terms"]) if values["terms"] else USUAL})
