"""Requests: the list, and each of them with its life, which moves while somebody looks."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request, Response

from fuego_jenkins_remote.hub import requests, sight
from fuego_jenkins_remote.hub.api.callers import ResultsViewer, TheHub, results_viewer
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.models.requests import ListQuery
from fuego_jenkins_remote.hub.pages import lives
from fuego_jenkins_remote.hub.pages.events import Event, stream
from fuego_jenkins_remote.hub.pages.shown import AGAIN_SECONDS, ROWS, address, show
from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.statements import attempts as attempt_sql
from fuego_jenkins_remote.hub.statements import boards as board_sql
from fuego_jenkins_remote.hub.statements import notices as notice_sql
from fuego_jenkins_remote.hub.statements import requests as sql
from fuego_jenkins_remote.hub.waiters import request_key
from fuego_jenkins_remote.network.states import FINAL, State
from fuego_jenkins_remote.service import signin
from fuego_jenkins_remote.service.pages import fill

router = APIRouter()

_FOLLOW_SECONDS = 3


@router.get("/requests")
def requests_page(request: Request, hub: TheHub, who: ResultsViewer, query: Annotated[ListQuery, Query()]) -> Response:
    """Show requests, with the filters that made the list."""
    with hub.reading() as conn:
        found = sql.listed(conn, who, query.wanted(), ROWS + 1)
    form = {name: value for name, value in query.model_dump(exclude={"limit", "before"}).items() if value}
    return show(
        request,
        hub,
        "requests.html",
        requests=found[:ROWS],
        form=form,
        states=list(State),
        older=address("/requests", **form, before=found[ROWS - 1].id) if len(found) > ROWS else "",
        newest=address("/requests", **form) if query.before else "",
        again=AGAIN_SECONDS,
        reload=0 if form or query.before else AGAIN_SECONDS,
    )


@router.get("/requests/{request_id}")
def request_page(request: Request, hub: TheHub, who: ResultsViewer, request_id: str, still: bool = False) -> Response:
    """Show one request: what happens, what comes next, and what was. It moves while a lab has it, unless `still`."""
    with hub.reading() as conn:
        values = _values(conn, hub, who, request_id, still=still)
    wanted = values["wanted"]
    reload = 0 if still or not values["moves"] else _FOLLOW_SECONDS if wanted.host else AGAIN_SECONDS
    return show(request, hub, "request.html", reload=reload, **values)


@router.get("/requests/{request_id}/events")
def request_events(request: Request, hub: TheHub, who: ResultsViewer, request_id: str, seen: str = "") -> Response:
    """Send the page's parts anew whenever the request has changed; an event's id is the request's version."""

    def look(known: str) -> Event | None:
        reader = results_viewer(signin.reader(request))
        with hub.reading() as conn:
            version = str(sight.version_for(conn, reader, request_id))
            if version == known:
                return None
            values = _values(conn, hub, reader, request_id)
        text = fill(request, "request-parts.html", now=hub.clock(), **values)
        return Event(id=str(values["wanted"].version), text=text, last=not values["moves"])

    with hub.reading() as conn:
        sight.version_for(conn, who, request_id)
    return stream(request, hub, request_key(request_id), look, seen=seen)


def _values(
    conn: sa.Connection, hub: Hub, who: Caller | None, request_id: str, *, still: bool = False
) -> dict[str, Any]:
    wanted = sight.find_for(conn, who, request_id)
    history = sql.history_of(conn, request_id)
    attempts = attempt_sql.of_request(conn, request_id)
    now = hub.clock()
    return {
        "wanted": wanted,
        "moves": wanted.state not in FINAL,
        "still": still,
        "told": requests.told(conn, wanted, now),
        "matching": [] if wanted.host else sight.boards_for(conn, who, board_sql.of_lane(conn, wanted.lane_id)),
        "life": lives.draw(history, attempts, now),
        "attempts": attempts,
        "notices": notice_sql.counts_of(conn, request_id),
    }
