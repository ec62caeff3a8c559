"""The overview: what goes on, and what waits for the reader."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from fuego_jenkins_remote.hub import board_search, sight
from fuego_jenkins_remote.hub.api.callers import ResultsViewer, TheHub
from fuego_jenkins_remote.hub.pages.shown import AGAIN_SECONDS, FEW, show
from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.records import Request as AskedFor
from fuego_jenkins_remote.hub.rights import allowed
from fuego_jenkins_remote.hub.statements import people as people_sql
from fuego_jenkins_remote.hub.statements import requests as sql
from fuego_jenkins_remote.network.boards import Standing
from fuego_jenkins_remote.network.permissions import Action
from fuego_jenkins_remote.network.states import FINAL, State

router = APIRouter()

_ACTIVE = [state for state in State if state not in FINAL]
_YOURS = 5


@router.get("/")
def overview_page(request: Request, hub: TheHub, who: ResultsViewer) -> Response:
    """Show what goes on; to somebody whose token is good for results alone: the requests."""
    if who is not None and not allowed(who, Action.SEE_NETWORK):
        return RedirectResponse("/requests", 303)
    now = hub.clock()
    with hub.reading() as conn:
        standings = board_search.standings(conn, now)
        some = standings[Standing.BROKEN] > 0
        broken = board_search.find(conn, stands=Standing.BROKEN, limit=FEW, now=now).boards if some else []
        values: dict[str, Any] = {
            "counts": sql.counts(conn, who, _ACTIVE),
            "standings": standings,
            "broken": sight.boards_for(conn, who, broken),
            "running": [
                one
                for state in (State.RUNNING, State.ASSIGNED)
                for one in sql.listed(conn, who, sql.Filter(state=state), FEW)
            ],
            "asked": _asked(conn, who),
            "yours": _yours(conn, who),
            "newest": sql.listed(conn, who, sql.Filter(), FEW),
        }
    return show(request, hub, "overview.html", active=_ACTIVE, again=AGAIN_SECONDS, reload=AGAIN_SECONDS, **values)


def _asked(conn: sa.Connection, who: Caller | None) -> list[AskedFor]:
    """Requests that wait for an answer of the reader's."""
    hosts = [] if who is None else people_sql.labs_kept_by(conn, who)
    found = {
        one.id: one
        for host in hosts
        for one in sql.listed(conn, who, sql.Filter(state=State.PENDING, asked_of=host), FEW)
    }
    return [found[key] for key in sorted(found, reverse=True)][:FEW]


def _yours(conn: sa.Connection, who: Caller | None) -> list[AskedFor]:
    if who is None or who.kind != "user":
        return []
    return sql.listed(conn, who, sql.Filter(requester=who.name), _YOURS)
