"""Boards."""

from __future__ import annotations

from fastapi import APIRouter

from fuego_jenkins_remote.hub import boards, choice, sight
from fuego_jenkins_remote.hub.api.callers import Caller, LabHost, TheHub, Viewer
from fuego_jenkins_remote.hub.errors import NotYours
from fuego_jenkins_remote.hub.models.boards import (
    BoardIn,
    BoardOut,
    Boards,
    BoardWhole,
    HealthIn,
    LookOut,
    MaintenanceIn,
    MatchIn,
)
from fuego_jenkins_remote.hub.models.fields import BoardName, Host, Sought, SoughtSelector
from fuego_jenkins_remote.hub.statements import board_lists

router = APIRouter()

MANY = 100
"""Requests that wait for a board are counted up to here."""


@router.get("/boards")
def list_boards(hub: TheHub, who: Viewer, selector: SoughtSelector = "", host: Sought = "") -> Boards:
    """The boards that a selector matches, by name; all without one."""
    with hub.reading() as conn:
        found = sight.boards_for(conn, who, boards.listed(conn, selector, host or None))
    return Boards(boards=tuple(BoardOut.model_validate(board) for board in found))


@router.post("/boards/match")
def match_boards(hub: TheHub, who: Caller, body: MatchIn) -> LookOut:
    """What a request would get, and why not the others; nothing is put."""
    with hub.reading() as conn:
        return LookOut.model_validate(choice.look(conn, who, body.new(), hub.clock(), body.limit))


@router.get("/boards/{host}/{board}")
def get_board(hub: TheHub, who: Viewer, host: Host, board: BoardName) -> BoardWhole:
    """One board."""
    with hub.reading() as conn:
        found = sight.board_for(conn, who, boards.find(conn, host, board))
        waiting = board_lists.waiting_for(conn, who, [found.id], MANY)[found.id]
    return BoardWhole(**dict(BoardOut.model_validate(found)), waiting=waiting)


@router.put("/boards/{host}/{board}")
def put_board(hub: TheHub, lab: LabHost, host: Host, board: BoardName, body: BoardIn) -> BoardOut:
    """A lab tells of one of its boards."""
    _must_be_its_own(lab, host)
    with hub.change() as change:
        put = boards.put(change, host, board, body.new())
    return BoardOut.model_validate(put)


@router.put("/boards/{host}/{board}/health")
def put_health(hub: TheHub, lab: LabHost, host: Host, board: BoardName, body: HealthIn) -> BoardOut:
    """A lab tells what it sees of one of its boards."""
    _must_be_its_own(lab, host)
    with hub.change() as change:
        put = boards.put_health(change, host, board, body.health, body.reason)
    return BoardOut.model_validate(put)


@router.put("/boards/{host}/{board}/maintenance")
def put_maintenance(hub: TheHub, who: Caller, host: Host, board: BoardName, body: MaintenanceIn) -> BoardOut:
    """Its people take a board out of choice for a while."""
    with hub.change() as change:
        put = boards.put_maintenance(change, who, host, board, body.reason)
        return BoardOut.model_validate(sight.board_for(change.conn, who, put))


@router.delete("/boards/{host}/{board}/maintenance")
def end_maintenance(hub: TheHub, who: Caller, host: Host, board: BoardName) -> BoardOut:
    """Its people give a board back."""
    with hub.change() as change:
        put = boards.put_maintenance(change, who, host, board, "")
        return BoardOut.model_validate(sight.board_for(change.conn, who, put))


@router.delete("/boards/{host}/{board}", status_code=204)
def delete_board(hub: TheHub, lab: LabHost, host: Host, board: BoardName) -> None:
    """A lab takes one of its boards away."""
    _must_be_its_own(lab, host)
    with hub.change() as change:
        boards.remove(change, host, board)


def _must_be_its_own(lab: str, host: str) -> None:
    if lab != host:
        raise NotYours(f"this is the token of the lab {lab}: it cannot change boards of {host}")
