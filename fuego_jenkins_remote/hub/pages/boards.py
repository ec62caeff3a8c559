"""Boards: the list, found as one types, and each of them."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from fuego_jenkins_remote.hub import board_changes, board_search, boards, sight
from fuego_jenkins_remote.hub.api.callers import Form, TheHub, Viewer
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.errors import Refused
from fuego_jenkins_remote.hub.models.fields import BoardName, Host
from fuego_jenkins_remote.hub.models.lists import BoardsQuery
from fuego_jenkins_remote.hub.pages import forms
from fuego_jenkins_remote.hub.pages.shown import AGAIN_SECONDS, FEW, ROWS, address, show
from fuego_jenkins_remote.hub.pages.words import terms_in_words
from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.rights import allowed
from fuego_jenkins_remote.hub.statements import board_lists
from fuego_jenkins_remote.hub.statements import requests as sql
from fuego_jenkins_remote.network.boards import Standing
from fuego_jenkins_remote.network.permissions import Action, Thing

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
    return _page(request, hub, who, host, name)


@router.post("/boards/{host}/{name}/maintenance")
def maintenance_form(request: Request, hub: TheHub, sent: Form, host: Host, name: BoardName) -> Response:
    """Take the board out of choice, with a reason; without one give it back."""

    def keep() -> None:
        reason = forms.text(sent.fields, "reason") if "out" in sent.fields else ""
        if "out" in sent.fields and not reason:
            raise Refused("say why it is taken out: those who wait for it read it")
        with hub.change() as change:
            boards.put_maintenance(change, sent.caller, host, name, reason)

    return forms.act(
        keep, back=f"/boards/{quote(host)}/{quote(name)}", again=partial(_page, request, hub, sent.caller, host, name)
    )


def _page(request: Request, hub: Hub, who: Caller | None, host: str, name: str, **more: Any) -> Response:
    with hub.reading() as conn:
        board = sight.board_for(conn, who, boards.find(conn, host, name))
        recent = sql.listed(conn, who, sql.Filter(host=host, board=name), FEW)
        waiting = board_lists.waiting_for(conn, who, [board.id], MANY)[board.id]
        ids = board_lists.ids_waiting_for(conn, who, board.id, MANY) if waiting < MANY else []
        line = sql.of_ids(conn, ids)
        past = board_changes.past(conn, board, hub.clock())
    return show(
        request,
        hub,
        "board.html",
        **{"problem": "", **more},
        board=board,
        may_keep=allowed(who, Action.KEEP_BOARD, Thing(labs={host: board.team})),
        terms=terms_in_words(board),
        recent=recent,
        past=past,
        line=line[:FEW],
        waiting=waiting,
        many=MANY,
        again=AGAIN_SECONDS,
        reload=AGAIN_SECONDS,
    )
