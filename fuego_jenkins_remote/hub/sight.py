"""What a caller may see. Whatever shows requests, or what belongs to them, asks here; nothing else decides it.

A thing that is not for the caller's eyes is not there for the caller: the same error, with the same words, as for one
that never was. A caller of None is a reader without a token, whom a public hub lets in: for that one nothing private
is there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import sqlalchemy as sa

from fuego_jenkins_remote.hub.errors import NotKnown
from fuego_jenkins_remote.hub.records import Board, Caller, Request
from fuego_jenkins_remote.hub.statements import requests as request_sql
from fuego_jenkins_remote.hub.statements import sight as sql
from fuego_jenkins_remote.network.permissions import Thing

seen_by = sql.seen_by
"""The condition on the table `requests`, for queries that list, count or join them; of two labs' hosts, see `lab`."""


def lab(host: str) -> Caller:
    """A lab as a caller, where only its name is at hand."""
    return Caller(kind="lab", name=host)


def find_for(conn: sa.Connection, caller: Caller | None, request_id: str) -> Request:
    """One request; raises NotKnown, also for one that the caller may not see."""
    request = request_sql.find(conn, request_id)
    if request is None or (request.private and not sql.sees(conn, caller, request_id)):
        raise not_known(request_id)
    return request


def version_for(conn: sa.Connection, caller: Caller | None, request_id: str) -> int:
    """The version of a request; raises NotKnown as `find_for`."""
    version = sql.version_for(conn, caller, request_id)
    if version is None:
        raise not_known(request_id)
    return version


def not_known(request_id: str) -> NotKnown:
    """What is said of a request that is not there."""
    return NotKnown(f"there is no request {request_id}")


def thing(conn: sa.Connection, request: Request) -> Thing:
    """A request as the permissions see it, with all the labs that it concerns."""
    labs = sql.labs_of(conn, request.id, request.lane_id)
    return Thing(owner=request.requester, team=request.team, labs=labs, private=request.private)


def boards_for(conn: sa.Connection, caller: Caller | None, boards: Iterable[Board]) -> list[Board]:
    """The boards, without the ids of requests that are not for the caller's eyes: these boards are busy, no more."""
    hidden = sql.hidden_on_boards(conn, caller)
    return [replace(board, busy_with=None) if board.busy_with in hidden else board for board in boards]


def board_for(conn: sa.Connection, caller: Caller | None, board: Board) -> Board:
    """As `boards_for`, for one."""
    if board.busy_with is None or sql.sees(conn, caller, board.busy_with):
        return board
    return replace(board, busy_with=None)


sees_package = sql.sees_package
"""Whether a package is there for the caller, who has brought it or sees a request that uses it."""
