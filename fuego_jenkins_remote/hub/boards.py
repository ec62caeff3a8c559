"""Boards: what labs say about them, and which lanes of requests each of them serves."""

from __future__ import annotations

from functools import lru_cache

import sqlalchemy as sa

from fuego_jenkins_remote.hub import approvals, audit
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import NotKnown
from fuego_jenkins_remote.hub.notices import events
from fuego_jenkins_remote.hub.records import Board, Caller, Health, Lane, NewBoard
from fuego_jenkins_remote.hub.rights import require
from fuego_jenkins_remote.hub.statements import boards as sql
from fuego_jenkins_remote.hub.statements import people
from fuego_jenkins_remote.hub.statements import requests as request_sql
from fuego_jenkins_remote.network import selectors
from fuego_jenkins_remote.network.permissions import Action, Thing

parsed = lru_cache(maxsize=4096)(selectors.parse)
"""`selectors.parse`, remembered: the selectors of lanes are read again with every changed board."""


def find(conn: sa.Connection, host: str, name: str) -> Board:
    """One board; raises NotKnown."""
    board = sql.find(conn, host, name)
    if board is None:
        raise NotKnown(f"there is no board {host}:{name}", code="unknown-board")
    return board


def listed(conn: sa.Connection, selector: str = "", host: str | None = None) -> list[Board]:
    """The boards that a selector matches (empty: all), by name; raises SelectorError."""
    wanted = parsed(selector) if selector else None
    return [board for board in sql.listed(conn, host) if wanted is None or wanted.matches(board.matched())]


def put(change: Change, host: str, name: str, new: NewBoard) -> Board:
    """Take what a lab says of its board. Waiting requests that it matches now can be claimed for it at once.

    Waiting requests that match no board any more, since it has changed, are rejected with the reason.
    """
    if people.find_lab(change.conn, host) is None:
        raise NotKnown(f"there is no lab {host}")
    before = sql.find(change.conn, host, name)
    if before is None:
        sql.insert(change.conn, host, name, new, change.at)
    else:
        sql.update(change.conn, before.id, new, now=change.at, changed=not _says(before, new))
    board = find(change.conn, host, name)
    if before is None or _matched_by(before) != _matched_by(board):
        _renew_lanes(change, board)
    elif before.terms != board.terms:
        _look_again(change, sql.served_by(change.conn, board.id), all_of_them=True)
    if board.up:
        change.wake_labs([host])
    return board


def put_health(change: Change, host: str, name: str, health: Health, reason: str) -> Board:
    """Take what a lab sees of its board: online, offline, in maintenance, or broken, with the reason; raises NotKnown.

    Kept apart from the lab's wish (`put`). The same again only says that the lab has spoken. Of a board that is broken,
    and of one that is so no more, the lab's people are told.
    """
    before = find(change.conn, host, name)
    if (before.health, before.health_reason) == (health, reason):
        sql.seen(change.conn, host, [name], change.at)
        return find(change.conn, host, name)
    sql.set_health(change.conn, before, health, reason, change.at)
    board = find(change.conn, host, name)
    if health != before.health:
        if "broken" in (health, before.health):
            events.tell_lab_of_board(change, board)
        if board.up:
            change.wake_labs([host])
    return board


def put_maintenance(change: Change, caller: Caller, host: str, name: str, reason: str) -> Board:
    """People of its lab take the board out of choice, with the reason; without one they give it back.

    What runs on it goes on, what waits for it waits. Raises NotKnown, NotYours. The same again changes nothing.
    """
    board = find(change.conn, host, name)
    otherwise = f"only maintainers of the team {board.team} and the lab {host} itself keep boards of {host}"
    require(caller, Action.KEEP_BOARD, Thing(labs={host: board.team}), otherwise=otherwise)
    if board.maintenance != reason:
        sql.set_maintenance(change.conn, board.id, reason, caller.name if reason else "", change.at)
        action = "maintenance" if reason else "available"
        audit.write(change, caller, action, f"board {board}", reason, team=board.team)
        if not reason:
            change.wake_labs([host])
    return find(change.conn, host, name)


def remove(change: Change, host: str, name: str) -> None:
    """Take the board away. An attempt that has it goes on; waiting requests that match no other are rejected."""
    board = find(change.conn, host, name)
    gone = sql.served_by(change.conn, board.id)
    sql.delete(change.conn, board.id)
    _look_again(change, gone)


def of_another_team(change: Change, host: str, team: str) -> None:
    """The lab is another team's now: what is the owner's own is so anew, and who may use its boards is asked again."""
    sql.own_lanes_anew(change.conn, host, team)
    for board in sql.listed(change.conn, host):
        _renew_lanes(change, board)
    change.wake_labs([host])


def candidates(conn: sa.Connection, selector: selectors.Selector, team: str, user: str) -> list[Board]:
    """The boards that serve the lane of this selector, this team and this user."""
    return [board for board in sql.listed(conn) if board.admits(team, user) and selector.matches(board.matched())]


def lane_for(change: Change, selector: selectors.Selector, team: str, user: str) -> Lane:
    """The lane of the three; a new one is made and its boards found."""
    normal = selector.normal()
    lane = sql.find_lane(change.conn, normal, team, user)
    if lane is None:
        lane = sql.insert_lane(change.conn, normal, team, user)
        for board in candidates(change.conn, selector, team, user):
            sql.serve(change.conn, board, [lane])
    return lane


def _says(board: Board, new: NewBoard) -> bool:
    return all(getattr(board, key) == value for key, value in vars(new).items())


def _matched_by(board: Board) -> object:
    return board.facts, board.labels, board.open_to


def _renew_lanes(change: Change, board: Board) -> None:
    before = sql.served_by(change.conn, board.id)
    lanes = [
        lane
        for lane in sql.all_lanes(change.conn)
        if board.admits(lane.team, lane.user) and parsed(lane.selector).matches(board.matched())
    ]
    now = {lane.id for lane in lanes}
    sql.serve(change.conn, board, [lane for lane in lanes if lane.id not in before])
    sql.serve_no_more(change.conn, board.id, before - now)
    _look_again(change, before - now)
    for request in request_sql.held_in_lanes(change.conn, now - before):
        approvals.settle(change, request)


def _look_again(change: Change, lane_ids: set[int], *, all_of_them: bool = False) -> None:
    """These lanes have lost a board, or some requests have: they may wait in vain now."""
    for lane_id in lane_ids:
        everything = all_of_them or not sql.of_lane(change.conn, lane_id)
        for request in request_sql.pending_in_lanes(change.conn, [lane_id]):
            if everything or request.approvals or request.avoid:
                approvals.settle(change, request)
