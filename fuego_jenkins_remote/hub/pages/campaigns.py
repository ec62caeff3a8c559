"""Campaigns: the list, and each of them as a table of tests and boards that fills while somebody looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request, Response

from fuego_jenkins_remote.hub.api.callers import Form, ResultsViewer, TheHub, asked_again
from fuego_jenkins_remote.hub.campaigns import again, calling_off, reading, sight
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.models.campaigns import CampaignQuery
from fuego_jenkins_remote.hub.pages import forms
from fuego_jenkins_remote.hub.pages.events import Event, stream
from fuego_jenkins_remote.hub.pages.shown import AGAIN_SECONDS, ROWS, address, show
from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.rights import allowed
from fuego_jenkins_remote.hub.waiters import campaign_key
from fuego_jenkins_remote.network.campaigns import USUALLY_AGAIN, Matrix, Part, matrix
from fuego_jenkins_remote.network.permissions import Action, Thing
from fuego_jenkins_remote.service.pages import fill

router = APIRouter()

_PACE_SECONDS = 2.0
_MOST_CELLS = 4000
_WIDE = 8
"""With more places than that, and more than tests, the table is turned round."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A campaign's matrix as it is drawn: `turned` has the places down and the tests across."""

    across: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Sequence[Part]]]]
    turned: bool


def table(found: Matrix) -> Table | None:
    """Lay a matrix out; None for one that nobody could read."""
    names = [row.name for row in found.rows]
    if len(names) * len(found.places) > _MOST_CELLS:
        return None
    if len(found.places) > max(_WIDE, len(names)):
        columns = list(zip(*(row.cells for row in found.rows), strict=True))
        return Table(across=names, rows=list(zip(found.places, columns, strict=True)), turned=True)
    return Table(across=found.places, rows=[(row.name, row.cells) for row in found.rows], turned=False)


@router.get("/campaigns")
def campaigns_page(
    request: Request, hub: TheHub, who: ResultsViewer, query: Annotated[CampaignQuery, Query()]
) -> Response:
    """Show campaigns, with the filters that made the list."""
    with hub.reading() as conn:
        found = reading.listed(conn, who, query.wanted(), ROWS + 1)
    form = {name: value for name, value in query.model_dump(exclude={"limit", "before"}).items() if value}
    return show(
        request,
        hub,
        "campaigns.html",
        campaigns=found[:ROWS],
        form=form,
        older=address("/campaigns", **form, before=found[ROWS - 1].campaign.id) if len(found) > ROWS else "",
        newest=address("/campaigns", **form) if query.before else "",
        again=AGAIN_SECONDS,
        reload=0 if form or query.before else AGAIN_SECONDS,
    )


@router.get("/campaigns/{campaign_id}")
def campaign_page(request: Request, hub: TheHub, who: ResultsViewer, campaign_id: str) -> Response:
    """Show one campaign."""
    return _page(request, hub, who, campaign_id)


@router.post("/campaigns/{campaign_id}/cancel")
def cancel_form(request: Request, hub: TheHub, sent: Form, campaign_id: str) -> Response:
    """Call off all of it that has not ended."""

    def cancel() -> None:
        call_id = forms.call_id(request, "cancel", campaign_id, sent.fields.get("version", ""))
        calling_off.cancel(hub, sent.caller, campaign_id, call_id, forms.text(sent.fields, "reason"))

    return forms.act(
        cancel, back=f"/campaigns/{campaign_id}", again=partial(_page, request, hub, sent.caller, campaign_id)
    )


@router.post("/campaigns/{campaign_id}/rerun")
def rerun_form(request: Request, hub: TheHub, sent: Form, campaign_id: str) -> Response:
    """Put again what failed or was lost."""

    def rerun() -> None:
        call_id = forms.call_id(request, "rerun", campaign_id, sent.fields.get("version", ""))
        with hub.change() as change:
            again.rerun(change, sent.caller, campaign_id, call_id, frozenset(USUALLY_AGAIN))

    return forms.act(
        rerun, back=f"/campaigns/{campaign_id}", again=partial(_page, request, hub, sent.caller, campaign_id)
    )


@router.get("/campaigns/{campaign_id}/events")
def campaign_events(request: Request, hub: TheHub, who: ResultsViewer, campaign_id: str, seen: str = "") -> Response:
    """Send the page's parts anew when something of the campaign has changed; an event's id is its version."""

    def look(known: str) -> Event | None:
        reader = asked_again(request)
        with hub.reading() as conn:
            if str(reading.version_for(conn, reader, campaign_id)) == known:
                return None
            values = _values(conn, reader, campaign_id)
        text = fill(request, "campaign-parts.html", now=hub.clock(), **values)
        return Event(id=str(values["whole"].version), text=text, last=not values["moves"])

    with hub.reading() as conn:
        reading.version_for(conn, who, campaign_id)
    return stream(request, hub, campaign_key(campaign_id), look, seen=seen, pace=_PACE_SECONDS)


def _page(request: Request, hub: Hub, who: Caller | None, campaign_id: str, **more: Any) -> Response:
    with hub.reading() as conn:
        values = _values(conn, who, campaign_id)
    return show(request, hub, "campaign.html", reload=AGAIN_SECONDS if values["moves"] else 0, **{**values, **more})


def _values(conn: sa.Connection, who: Caller | None, campaign_id: str) -> dict[str, Any]:
    whole = reading.whole(conn, who, campaign_id)
    parts = [one.part for one in whole.requests]
    may_cancel = allowed(who, Action.CANCEL_REQUEST, sight.thing(whole.campaign))
    may_ask = allowed(who, Action.PUT_REQUEST, Thing(team=whole.campaign.team))
    return {
        "problem": "",
        "may_cancel": may_cancel and not whole.progress.over,
        "may_rerun": may_cancel and may_ask and any(part.group in USUALLY_AGAIN for part in parts),
        "whole": whole,
        "campaign": whole.campaign,
        "progress": whole.progress,
        "moves": not whole.progress.over,
        "table": table(matrix(parts)),
        "parts": parts,
        "to_look_at": [part for part in parts if part.group is not None],
    }
