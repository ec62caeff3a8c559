"""SQL on boards, lanes, and which lanes a board serves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import Board, Health, Lane, NewBoard
from fuego_jenkins_remote.hub.schema import attempts, board_lane, boards, labs, lanes, live
from fuego_jenkins_remote.network.terms import terms_as_mapping, terms_from_mapping

_SELECT = sa.select(
    boards,
    labs.c.team,
    attempts.c.request_id.label("busy_with"),
    attempts.c.request_id.is_not(None).label("busy"),
).select_from(
    boards.join(labs, labs.c.host == boards.c.host).outerjoin(
        attempts, sa.and_(attempts.c.host == boards.c.host, attempts.c.board == boards.c.name, live)
    )
)


def find(conn: sa.Connection, host: str, name: str) -> Board | None:
    """One board."""
    row = conn.execute(_SELECT.where(boards.c.host == host, boards.c.name == name)).mappings().one_or_none()
    return None if row is None else _board(row)


def listed(conn: sa.Connection, host: str | None = None) -> list[Board]:
    """All boards, or those of one lab, by name."""
    query = _SELECT.order_by(boards.c.host, boards.c.name)
    if host is not None:
        query = query.where(boards.c.host == host)
    return [_board(row) for row in conn.execute(query).mappings()]


def of_lane(conn: sa.Connection, lane_id: int) -> list[Board]:
    """The boards that serve a lane, by name."""
    query = _SELECT.join(board_lane, board_lane.c.board_id == boards.c.id)
    query = query.where(board_lane.c.lane_id == lane_id).order_by(boards.c.host, boards.c.name)
    return [_board(row) for row in conn.execute(query).mappings()]


def rows_of(conn: sa.Connection, condition: sa.ColumnElement[bool]) -> list[Board]:
    """The boards that meet a condition on their table, by name."""
    query = _SELECT.where(condition).order_by(boards.c.host, boards.c.name)
    return [_board(row) for row in conn.execute(query).mappings()]


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


def set_maintenance(conn: sa.Connection, board_id: int, reason: str, by: str, now: datetime) -> None:
    """Write why its people have taken a board out, and who; empty: they have not. Failures of before are forgotten."""
    values = {"maintenance": reason, "maintenance_by": by, "updated_at": now, "failures": 0}
    conn.execute(boards.update().where(boards.c.id == board_id).values(values))


def delete(conn: sa.Connection, board_id: int) -> None:
    """Remove a board, and with it which lanes it served."""
    conn.execute(boards.delete().where(boards.c.id == board_id))


def seen(conn: sa.Connection, host: str, names: Iterable[str], now: datetime) -> None:
    """The lab has spoken of these boards. Written every few seconds only: a waiting claim looks again and again."""
    stale = boards.c.last_seen <= now - timedelta(seconds=5)
    where = sa.and_(boards.c.host == host, boards.c.name.in_(list(names)), stale)
    conn.execute(boards.update().where(where).values(last_seen=now))


def find_lane(conn: sa.Connection, selector: str, team: str, user: str) -> Lane | None:
    """The lane of a selector in normal form, a team and one of its people."""
    query = sa.select(lanes).where(lanes.c.selector == selector, lanes.c.team == team, lanes.c.user == user)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else _lane(row)


def insert_lane(conn: sa.Connection, selector: str, team: str, user: str) -> Lane:
    """Make the lane."""
    new = lanes.insert().values(selector=selector, team=team, user=user)
    row = conn.execute(new.returning(lanes)).mappings().one()
    return _lane(row)


def all_lanes(conn: sa.Connection) -> list[Lane]:
    """Every lane there is."""
    return [_lane(row) for row in conn.execute(sa.select(lanes)).mappings()]


def served_by(conn: sa.Connection, board_id: int) -> set[int]:
    """The lanes that a board serves."""
    query = sa.select(board_lane.c.lane_id).where(board_lane.c.board_id == board_id)
    return set(conn.execute(query).scalars())


def serve(conn: sa.Connection, board: Board, wanted: Iterable[Lane]) -> None:
    """The board serves these lanes too."""
    rows = [{"board_id": board.id, "lane_id": lane.id, "own": lane.team == board.team} for lane in wanted]
    if rows:
        conn.execute(board_lane.insert(), rows)


def serve_no_more(conn: sa.Connection, board_id: int, lane_ids: Iterable[int]) -> None:
    """The board does not serve these lanes any more."""
    rows = [{"b": board_id, "l": lane_id} for lane_id in lane_ids]
    if rows:
        where = sa.and_(board_lane.c.board_id == sa.bindparam("b"), board_lane.c.lane_id == sa.bindparam("l"))
        conn.execute(board_lane.delete().where(where), rows)


def own_lanes_anew(conn: sa.Connection, host: str, team: str) -> None:
    """The lab is another team's now: its lanes are the owner's own on its boards."""
    its = sa.select(boards.c.id).where(boards.c.host == host)
    own = sa.select(lanes.c.id).where(lanes.c.team == team)
    update = board_lane.update().where(board_lane.c.board_id.in_(its))
    conn.execute(update.values(own=board_lane.c.lane_id.in_(own)))


def lane_served(conn: sa.Connection, lane_id: int, now: datetime) -> None:
    """A lab has claimed one of the lane's requests: the other lanes come first next time."""
    conn.execute(lanes.update().where(lanes.c.id == lane_id).values(served_at=now))


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
    return Board(**values | {"terms": terms_from_mapping(values["terms"])})


def _lane(row: sa.RowMapping) -> Lane:
    return Lane(id=row["id"], selector=row["selector"], team=row["team"], user=row["user"])
