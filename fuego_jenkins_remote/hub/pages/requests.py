"""Requests: the list, and each of them with its life, which moves while somebody looks."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request, Response

from fuego_jenkins_remote.hub import approvals, choice, requests, sight
from fuego_jenkins_remote.hub.api.callers import Form, ResultsViewer, TheHub, asked_again
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.models.fields import Host
from fuego_jenkins_remote.hub.models.requests import ListQuery
from fuego_jenkins_remote.hub.pages import forms, lives
from fuego_jenkins_remote.hub.pages.events import Event, stream
from fuego_jenkins_remote.hub.pages.shown import AGAIN_SECONDS, ROWS, address, show
from fuego_jenkins_remote.hub.queue.order import order
from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.records import Request as Wanted
from fuego_jenkins_remote.hub.rights import allowed
from fuego_jenkins_remote.hub.statements import attempts as attempt_sql
from fuego_jenkins_remote.hub.statements import boards as board_sql
from fuego_jenkins_remote.hub.statements import notices as notice_sql
from fuego_jenkins_remote.hub.statements import people as people_sql
from fuego_jenkins_remote.hub.statements import requests as sql
from fuego_jenkins_remote.hub.waiters import request_key
from fuego_jenkins_remote.network import wanted as words
from fuego_jenkins_remote.network.permissions import Action, Thing
from fuego_jenkins_remote.network.states import FINAL, State
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
    return _page(request, hub, who, request_id, still=still)


@router.post("/requests/{request_id}/cancel")
def cancel_form(request: Request, hub: TheHub, sent: Form, request_id: str) -> Response:
    """Call it off."""

    def cancel() -> None:
        with hub.change() as change:
            reason = forms.text(sent.fields, "reason")
            requests.cancel(change, sent.caller, request_id, forms.call_id(request, "cancel", request_id), reason)

    again = partial(_page, request, hub, sent.caller, request_id, still=True)
    return forms.act(cancel, back=f"/requests/{request_id}", again=again)


@router.post("/requests/{request_id}/answer/{host}")
def answer_form(request: Request, hub: TheHub, sent: Form, request_id: str, host: Host) -> Response:
    """A lab's people say yes, no, or yes for good."""

    def answer() -> None:
        yes = sent.fields.get("answer") != "rejected"
        always = approvals.Always(outside="outside" in sent.fields) if yes and "always" in sent.fields else None
        with hub.change() as change:
            approvals.answer(
                change,
                sent.caller,
                request_id,
                host,
                given="approved" if yes else "rejected",
                reason=forms.text(sent.fields, "reason"),
                always=always,
            )

    again = partial(_page, request, hub, sent.caller, request_id, still=True)
    return forms.act(answer, back=f"/requests/{request_id}", again=again)


@router.get("/requests/{request_id}/events")
def request_events(request: Request, hub: TheHub, who: ResultsViewer, request_id: str, seen: str = "") -> Response:
    """Send the page's parts anew whenever the request has changed; an event's id is the request's version."""

    def look(known: str) -> Event | None:
        reader = asked_again(request)
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


def _page(request: Request, hub: Hub, who: Caller | None, request_id: str, *, still: bool, **more: Any) -> Response:
    with hub.reading() as conn:
        values = _values(conn, hub, who, request_id, still=still)
    wanted = values["wanted"]
    reload = 0 if still or not values["moves"] else _FOLLOW_SECONDS if wanted.host else AGAIN_SECONDS
    return show(request, hub, "request.html", reload=reload, **{**values, **more})


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
        "told": requests.told(conn, who, wanted, now),
        "order": order(conn, who, wanted, now),
        "matching": []
        if wanted.host
        else sight.boards_for(conn, who, board_sql.of_lane(conn, wanted.lane_id, most=choice.MOST_BOARDS)),
        "life": lives.draw(history, attempts, now),
        "attempts": attempts,
        "may_cancel": _may_cancel(conn, who, wanted),
        "asks": _asks(conn, who, wanted),
        **_in_words(wanted),
        "problem": "",
        "notices": notice_sql.counts_of(conn, request_id),
    }


def _in_words(wanted: Wanted) -> dict[str, Any]:
    """What was asked for, beside what stands in the request as one reads it."""
    return {
        "source": words.source(wanted.git, wanted.package),
        "commit": words.commit_of(wanted.git) if wanted.git else "",
        "no_commit": words.no_commit(wanted.git) if wanted.git else "",
        "switches": words.switches(asdict(wanted.options)),
        "eyes": words.eyes(wanted.team) if wanted.private else "",
    }


def _may_cancel(conn: sa.Connection, who: Caller | None, wanted: Wanted) -> bool:
    if wanted.state in FINAL or wanted.state is State.TESTED or wanted.cancel_requested:
        return False
    if allowed(who, Action.CANCEL_REQUEST, Thing(owner=wanted.requester, team=wanted.team)):
        return True
    lab = people_sql.find_lab(conn, wanted.host) if wanted.host else None
    return lab is not None and allowed(who, Action.CANCEL_REQUEST, Thing(labs={lab.host: lab.team}))


def _asks(conn: sa.Connection, who: Caller | None, wanted: Wanted) -> list[str]:
    """The labs that wait for the reader's answer."""
    asked = [one.host for one in wanted.approvals if one.answer == "requested"]
    if who is None or not asked or wanted.state in FINAL:
        return []
    return [host for host in people_sql.labs_kept_by(conn, who) if host in asked]
