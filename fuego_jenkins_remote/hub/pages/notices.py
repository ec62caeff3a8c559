"""Notices: what the reader, and the reader's teams, are told of, and where."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from fuego_jenkins_remote.hub.api.callers import Caller as SignedIn
from fuego_jenkins_remote.hub.api.callers import Form, TheHub
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.models.subscriptions import SubscriptionOut
from fuego_jenkins_remote.hub.notices import subscriptions
from fuego_jenkins_remote.hub.pages import forms
from fuego_jenkins_remote.hub.pages.shown import show
from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.rights import allowed, must_be_good_for
from fuego_jenkins_remote.network.permissions import Action, Thing

router = APIRouter()

Which = Annotated[str, Path(max_length=100)]


@router.get("/notices")
def notices_page(request: Request, hub: TheHub, who: SignedIn) -> Response:
    """Show the reader's subscriptions and those of the reader's teams."""
    return _page(request, hub, who)


@router.post("/notices/usual")
def usual_form(request: Request, hub: TheHub, sent: Form) -> Response:
    """Whether the reader is told what everybody is told."""

    def change_it() -> None:
        with hub.change() as change:
            subscriptions.set_usual(change, sent.caller, on=sent.fields.get("on") == "yes")

    return forms.act(change_it, back="/notices", again=partial(_page, request, hub, sent.caller))


@router.post("/notices/{subscription_id}/remove")
def unsubscribe_form(request: Request, hub: TheHub, sent: Form, subscription_id: Which) -> Response:
    """Take a subscription back."""

    def remove() -> None:
        with hub.change() as change:
            subscriptions.unsubscribe(change, sent.caller, subscription_id)

    return forms.act(remove, back="/notices", again=partial(_page, request, hub, sent.caller))


@router.post("/notices/{subscription_id}/test")
def test_form(request: Request, hub: TheHub, sent: Form, subscription_id: Which) -> Response:
    """Send a test message."""

    def send() -> None:
        call_id = forms.call_id(request, "test", subscription_id, hub.clock())
        with hub.change() as change:
            subscriptions.send_test(change, sent.caller, subscription_id, call_id)

    return forms.act(send, back="/notices", again=partial(_page, request, hub, sent.caller))


def _page(request: Request, hub: Hub, who: Caller, *, problem: str = "", http_status: int = 200) -> Response:
    must_be_good_for(who, Action.OWN_THINGS)
    with hub.reading() as conn:
        mine = subscriptions.listed(conn, who) if who.kind == "user" else []
        usual = subscriptions.usual_of(conn, who)
        seen = [one.team for one in who.teams if allowed(who, Action.SEE_TEAM, Thing(team=one.team))]
        of_teams = [(team, subscriptions.listed(conn, who, team)) for team in seen if who.kind == "user"]
    return show(
        request,
        hub,
        "notices.html",
        http_status=http_status,
        mine=[SubscriptionOut.of(one) for one in mine],
        of_teams=[
            (team, [SubscriptionOut.of(one) for one in some], allowed(who, Action.MANAGE_TEAM, Thing(team=team)))
            for team, some in of_teams
            if some
        ],
        usual=usual,
        problem=problem,
    )
