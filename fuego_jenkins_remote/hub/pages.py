"""The hub's pages: what goes on, boards, requests. They only show; what changes something is done with `ftc`."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request, Response

from fuego_jenkins_remote.hub import boards, requests, sight
from fuego_jenkins_remote.hub.api.callers import TheHub, Viewer
from fuego_jenkins_remote.hub.models.fields import BoardName, Host
from fuego_jenkins_remote.hub.models.requests import ListQuery
from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.statements import attempts as attempt_sql
from fuego_jenkins_remote.hub.statements import boards as board_sql
from fuego_jenkins_remote.hub.statements import notices as notice_sql
from fuego_jenkins_remote.hub.statements import people as people_sql
from fuego_jenkins_remote.hub.statements import requests as sql
from fuego_jenkins_remote.network.selectors import SelectorError
from fuego_jenkins_remote.network.states import FINAL, State
from fuego_jenkins_remote.service.pages import render

router = APIRouter(include_in_schema=False)

_ACTIVE = [state for state in State if state not in FINAL]
_ROWS = 50
_FEW = 10
_REFRESH_SECONDS = 15
_FOLLOW_SECONDS = 3


@router.get("/")
def overview_page(request: Request, hub: TheHub, who: Viewer) -> Response:
    """Show what goes on."""
    with hub.reading() as conn:
        values: dict[str, Any] = {
            "counts": sql.counts(conn, who, _ACTIVE),
            "boards": sight.boards_for(conn, who, board_sql.listed(conn)),
            "running": [
                one
                for state in (State.RUNNING, State.ASSIGNED)
                for one in sql.listed(conn, who, sql.Filter(state=state), _FEW)
            ],
            "asked": [
                one
                for host in _answers_for(conn, who)
                for one in sql.listed(conn, who, sql.Filter(state=State.PENDING, asked_of=host), _FEW)
            ],
            "newest": sql.listed(conn, who, sql.Filter(), _FEW),
        }
    return _refreshed(render(request, "overview.html", active=_ACTIVE, **values))


@router.get("/boards")
def boards_page(request: Request, hub: TheHub, who: Viewer, selector: str = "") -> Response:
    """Show the boards that a selector matches."""
    problem = ""
    with hub.reading() as conn:
        try:
            found = sight.boards_for(conn, who, boards.listed(conn, selector.strip()))
        except SelectorError as error:
            found, problem = [], str(error)
    status = 422 if problem else 200
    return render(request, "boards.html", http_status=status, boards=found, selector=selector, problem=problem)


@router.get("/boards/{host}/{name}")
def board_page(request: Request, hub: TheHub, who: Viewer, host: Host, name: BoardName) -> Response:
    """Show one board, and what ran on it."""
    with hub.reading() as conn:
        board = sight.board_for(conn, who, boards.find(conn, host, name))
        recent = sql.listed(conn, who, sql.Filter(host=host, board=name), _FEW)
    return render(request, "board.html", board=board, recent=recent)


@router.get("/requests")
def requests_page(request: Request, hub: TheHub, who: Viewer, query: Annotated[ListQuery, Query()]) -> Response:
    """Show requests, with the filters that made the list."""
    with hub.reading() as conn:
        found = sql.listed(conn, who, query.wanted(), _ROWS + 1)
    form = {name: value for name, value in query.model_dump(exclude={"limit", "before"}).items() if value}
    older = urlencode({**form, "before": found[_ROWS - 1].id}) if len(found) > _ROWS else ""
    newest = bool(query.before)
    return render(
        request, "requests.html", requests=found[:_ROWS], form=form, states=list(State), older=older, newest=newest
    )


@router.get("/requests/{request_id}")
def request_page(request: Request, hub: TheHub, who: Viewer, request_id: str, still: bool = False) -> Response:
    """Show one request: what happens, what comes next, and what was. It moves while a lab has it, unless `still`."""
    with hub.reading() as conn:
        shown = sight.find_for(conn, who, request_id)
        matching = sight.boards_for(conn, who, board_sql.of_lane(conn, shown.lane_id))
        attempts = attempt_sql.of_request(conn, request_id)
        told = requests.told(conn, shown, hub.clock())
        values: dict[str, Any] = {
            "history": sql.history_of(conn, request_id),
            "notices": notice_sql.counts_of(conn, request_id),
        }
    moves = shown.state not in FINAL
    page = render(
        request,
        "request.html",
        wanted=shown,
        told=told,
        attempts=attempts,
        matching=matching,
        moves=moves,
        still=still,
        **values,
    )
    if not moves or still:
        return page
    return _refreshed(page, _FOLLOW_SECONDS if shown.host else _REFRESH_SECONDS)


def _refreshed(page: Response, seconds: int = _REFRESH_SECONDS) -> Response:
    """Let the browser load the page again by itself, without a script."""
    page.headers["Refresh"] = str(seconds)
    return page


def _answers_for(conn: sa.Connection, who: Caller | None) -> list[str]:
    """The labs whose approvals this reader gives."""
    return [] if who is None else people_sql.labs_kept_by(conn, who)
