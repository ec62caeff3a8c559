"""Boards: the list, found as one types, and each of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from fuego_jenkins_remote.hub import board_search, boards, sight
from fuego_jenkins_remote.hub.api.callers import TheHub, Viewer
from fuego_jenkins_remote.hub.models.fields import BoardName, Host
from fuego_jenkins_remote.hub.models.lists import BoardsQuery
from fuego_jenkins_remote.hub.pages.shown import AGAIN_SECONDS, FEW, ROWS, address, show
from fuego_jenkins_remote.hub.pages.words import terms_in_words
from fuego_jenkins_remote.hub.statements import board_lists
from fuego_jenkins_remote.hub.statements import requests as sql
from fuego_jenkins_remote.network.boards import Standing

router = APIRouter()

MANY = 100
"""Requests that wait are counted up to here."""


@router.get("/boards")
def boards_page(request: Request, hub: TheHub, who: Viewer, query: Annotated[BoardsQuery, Query()]) -> Response:
    """Show the boards that a selector or plain words mean, and that stand as `now` says."""
    text, stands = query.selector.strip(), query.now
    with hub.reading() as conn:
        found = board_search.find(conn, text, stands=stands, after=query.after, limit=ROWS, now=hub.clock())
        shown = sight.boards_for(conn, who, found.boards)
        waiting = board_lists.waiting_for(conn, who, [board.id for board in shown], MANY)
    return show(
        request,
        hub,
        "boards.html",
        boards=shown,
        found=found,
        waiting=waiting,
        many=MANY,
        selector=text,
        stands=stands,
        standings=list(Standing),
        older=address("/boards", selector=text, now=stands, after=found.after) if found.after else "",
        newest=address("/boards", selector=text, now=stands) if query.after else "",
        again=AGAIN_SECONDS,
        reload=0 if text else AGAIN_SECONDS,
    )


@router.get("/boards/{host}/{name}")
def board_page(request: Request, hub: TheHub, who: Viewer, host: Host, name: BoardName) -> Response:
    """Show one board, what waits for it, and what ran on it."""
    with hub.reading() as conn:
        board = sight.board_for(conn, who, boards.find(conn, host, name))
        recent = sql.listed(conn, who, sql.Filter(host=host, board=name), FEW)
        waiting = board_lists.waiting_for(conn, who, [board.id], MANY)[board.id]
    return show(
        request,
        hub,
        "board.html",
        board=board,
        terms=terms_in_words(board),
        recent=recent,
        waiting=waiting,
        many=MANY,
        again=AGAIN_SECONDS,
        reload=AGAIN_SECONDS,
    )
