"""Boards: what labs say about them, and which selectors match them."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import sqlalchemy as sa

from fuego_jenkins_remote.hub import approvals, audit, board_changes, life, sharing
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import NotKnown
from fuego_jenkins_remote.hub.notices import events
from fuego_jenkins_remote.hub.queue import failures
from fuego_jenkins_remote.hub.records import Board, Caller, Health, NewBoard
from fuego_jenkins_remote.hub.rights import require
from fuego_jenkins_remote.hub.statements import boards as sql
from fuego_jenkins_remote.hub.statements import lanes, locks, matches, people
from fuego_jenkins_remote.network import selectors
from fuego_jenkins_remote.network.matching import EVERYBODY
from fuego_jenkins_remote.network.permissions import Action, Thing

parsed = lru_cache(maxsize=16384)(selectors.parse)
"""`selectors.parse`, remembered: all selectors are read again with every changed board."""

MOST_ASKED = 500
"""When a board begins to ask, its people are asked at once for so many waiting requests of a selector."""


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

    Waiting requests that match no board any more, since it has changed, are rejected with the reason. What the lab has
    set anew stands in the audit log. Raises NotKnown, and Refused where it is for somebody who is not there.
    """
    if people.find_lab(change.conn, host) is None:
        raise NotKnown(f"there is no lab {host}")
    before = sql.find(change.conn, host, name)
    sharing.must_be_known(change.conn, new.open_to, beside=before.open_to if before else ())
    if before is None or not _says(before, new):
        locks.boards_change(change.conn)
        before = sql.find(change.conn, host, name)
    if before is None:
        sql.insert(change.conn, host, name, new, change.at)
    else:
        sql.update(change.conn, before.id, new, now=change.at, changed=not _says(before, new))
    board = find(change.conn, host, name)
    board_changes.note(change, before, board, who=host)
    if said := sharing.what_is_set(before, board):
        audit.write(change, None, "put-board", f"board {board}", said, team=board.team)
    if before is None or _shared_as(before) != _shared_as(board):
        matches.set_offer(change.conn, board)
    if before is None or _matched_by(before) != _matched_by(board):
        _renew_matches(change, before, board)
    if before is not None and _shared_as(before) != _shared_as(board):
        _shared_anew(change, board, asks_now=board.terms.ask and not before.terms.ask)
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
    if before.health == "broken":
        sql.forget_failures(change.conn, host, name)
    board = find(change.conn, host, name)
    board_changes.note(change, before, board, who=host)
    if health != before.health:
        if "broken" in (health, before.health):
            events.board_changed(change, board)
        if board.up:
            change.wake_labs([host])
    return board


def put_maintenance(change: Change, caller: Caller, host: str, name: str, reason: str) -> Board:
    """People of its lab take the board out of choice, with the reason; without one they give it back.

    They give back what the hub has taken out, too, since attempts there could not be run. What runs on it goes on, what
    waits for it waits. Raises NotKnown, NotYours. The same again changes nothing.
    """
    board = find(change.conn, host, name)
    otherwise = f"only maintainers of the team {board.team} and the lab {host} itself keep boards of {host}"
    require(caller, Action.KEEP_BOARD, Thing(labs={host: board.team}), otherwise=otherwise)
    if board.maintenance != reason:
        sql.set_maintenance(change.conn, board.id, reason, caller.name if reason else "", change.at)
        action = "maintenance" if reason else "available"
        audit.write(change, caller, action, f"board {board}", reason, team=board.team)
    elif not reason and board.health == "broken" and board.failures >= failures.MOST:
        sql.set_health(change.conn, board, "online", "", change.at)
        sql.forget_failures(change.conn, host, name)
        audit.write(change, caller, "available", f"board {board}", "", team=board.team)
    if not reason:
        change.wake_labs([host])
    kept = find(change.conn, host, name)
    board_changes.note(change, board, kept, who=caller.name)
    return kept


def remove(change: Change, host: str, name: str) -> None:
    """Take the board away. An attempt that has it goes on; waiting requests that match no other are rejected."""
    locks.boards_change(change.conn)
    board = find(change.conn, host, name)
    gone = matches.of_board(change.conn, board.id)
    matches.set_facts(change.conn, board.id, board, None)
    sql.delete(change.conn, board.id)
    audit.write(change, None, "rm-board", f"board {board}", team=board.team)
    _settle_left(change, gone)


def of_another_team(change: Change, host: str) -> None:
    """The lab is another team's now: who may use its boards, and on which terms, is asked again."""
    for board in sql.listed(change.conn, host):
        _shared_anew(change, board)
    change.wake_labs([host])


def _says(board: Board, new: NewBoard) -> bool:
    return all(getattr(board, key) == value for key, value in vars(new).items())


def _matched_by(board: Board) -> object:
    return board.facts, board.labels


def _shared_as(board: Board) -> object:
    return board.open_to, board.terms


def _renew_matches(change: Change, before: Board | None, board: Board) -> None:
    """Find the selectors that match it now, and see to the requests that have lost a board, or are held and get one."""
    matches.hold(change.conn)
    matches.set_facts(change.conn, board.id, before, board)
    had = matches.of_board(change.conn, board.id)
    has = {number for number, text in matches.all_selectors(change.conn) if parsed(text).matches(board.matched())}
    matches.add(change.conn, board.id, has - had)
    matches.drop(change.conn, board.id, had - has)
    _settle_left(change, had - has)
    _settle_held(change, has - had)


def _shared_anew(change: Change, board: Board, *, asks_now: bool = False) -> None:
    """See to the requests that have lost the board, or that are held and wait for no answer of its lab any more.

    Where it `asks_now`, its people are asked for what waits already: the first of them, since a lab that changes its
    terms is not to stop the others. The rest waits for its other boards; none of it runs here unasked.
    """
    served = matches.of_board(change.conn, board.id)
    _settle_held(change, served)
    _settle_left(change, served, longer_than=board.terms.max_time)
    for one in served if asks_now else ():
        for request_id in lanes.waiting_ids(change.conn, one, beside=(), longer_than=None)[:MOST_ASKED]:
            approvals.settle(change, life.find(change, request_id))


def _settle_left(change: Change, selector_ids: Collection[int], longer_than: int | None = None) -> None:
    """Boards have left requests of these selectors: some may wait in vain now."""
    for one in sorted(selector_ids):
        lanes.hold_waiting(change.conn, one)
        left = matches.offers_by_id(change.conn, one)
        open_to = {who for offer in left for who in (offer.team, *(() if offer.terms.none_run else offer.open_to))}
        beside = None if EVERYBODY in open_to else open_to
        for request_id in lanes.waiting_ids(change.conn, one, beside=beside, longer_than=longer_than):
            approvals.settle(change, life.find(change, request_id))


def _settle_held(change: Change, selector_ids: Collection[int]) -> None:
    """Boards have come for requests of these selectors, some of which wait for people."""
    for one in selector_ids:
        for request_id in lanes.held_ids(change.conn, one):
            approvals.settle(change, life.find(change, request_id))
