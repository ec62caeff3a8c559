"""What routes ask for: the hub, and who calls."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Annotated

import sqlalchemy as sa
from fastapi import Depends, Request

from fuego_jenkins_remote.hub import records, rights, schema
from fuego_jenkins_remote.hub.core import Hub, Origin
from fuego_jenkins_remote.hub.errors import NotYours
from fuego_jenkins_remote.hub.people import tokens
from fuego_jenkins_remote.network.permissions import Action, Thing
from fuego_jenkins_remote.service import signin
from fuego_jenkins_remote.service.signins import Principal, SignIns
from fuego_jenkins_remote.service.tokens import TokenRow

_ADDRESS = 100


@dataclass(frozen=True, kw_only=True)
class HubPrincipal(Principal):
    """Who a token speaks for, with the teams."""

    caller: records.Caller


@dataclass(frozen=True, kw_only=True)
class HubForm:
    """A form of the hub's pages, and who has sent it."""

    caller: records.Caller
    fields: Mapping[str, str]


def sign_ins(hub: Hub) -> SignIns:
    """Who tokens and sessions speak for at this hub."""

    def principal(conn: sa.Connection, token: TokenRow) -> Principal | None:
        found = tokens.speaks_for(conn, token)
        return None if found is None else HubPrincipal(kind=found.kind, name=found.name, caller=found)

    return SignIns(hub.engine, schema.tokens, schema.sessions, clock=hub.clock, principal=principal)


# What waits for nothing is `async`, so that it is not handed to a thread: that would cost more than it does.


async def hub_of(request: Request) -> Hub:
    """The app's hub, whose changes are this call's."""
    hub: Hub = copy(request.app.state.hub)
    hub.origin = lambda: _origin(request)
    return hub


def _origin(request: Request) -> Origin:
    # Asked when a change is made: by then it is known who calls.
    who = getattr(request.state, "principal", None)
    caller = who.caller if isinstance(who, HubPrincipal) else None
    # Behind a proxy the address is what the proxy says, which may be of any length.
    return Origin(caller=caller, address=request.client.host[:_ADDRESS] if request.client else "")


async def caller_of(who: signin.Caller) -> records.Caller:
    """The caller, with teams; always somebody."""
    return _caller(who)


def _caller(who: Principal) -> records.Caller:
    if not isinstance(who, HubPrincipal):
        raise NotYours("this token is not one of the hub's")
    return who.caller


def maybe_caller_of(request: Request) -> records.Caller | None:
    """The caller, where a token was sent; raises NotSignedIn for one that is not good."""
    return _caller(signin.caller(request)) if "authorization" in request.headers else None


async def results_viewer(who: signin.Reader) -> records.Caller | None:
    """Who looks at requests and what came of them; None for somebody without a token at a public hub.

    Which of them that one sees is for sight.py to say.
    """
    return _viewer(who)


def _viewer(who: Principal | None) -> records.Caller | None:
    caller = who.caller if isinstance(who, HubPrincipal) else None
    if caller is not None:
        rights.must_be_good_for(caller, Action.SEE_REQUEST)
    return caller


async def network_viewer(who: signin.Reader) -> records.Caller | None:
    """Who looks at boards, labs, teams; None for somebody without a token at a public hub."""
    caller = who.caller if isinstance(who, HubPrincipal) else None
    if caller is not None:
        rights.must_be_good_for(caller, Action.SEE_NETWORK)
    return caller


def asked_again(request: Request) -> records.Caller | None:
    """Who reads, after a wait: raises NotSignedIn for who was let in and would not be any more."""
    return _viewer(signin.reader(request))


async def form_of(sent: signin.Form) -> HubForm:
    """Who has sent a form of one of the hub's own pages, and what is in it."""
    return HubForm(caller=_caller(sent.principal), fields=sent.fields)


async def lab_of(who: Annotated[records.Caller, Depends(caller_of)]) -> str:
    """The host of the lab that calls; raises NotYours for others."""
    itself = Thing(labs={who.name: ""})
    rights.require(who, Action.DESCRIBE_BOARD, itself, otherwise="this call is for labs; this is the token of a user")
    return who.name


TheHub = Annotated[Hub, Depends(hub_of)]
Caller = Annotated[records.Caller, Depends(caller_of)]
Form = Annotated[HubForm, Depends(form_of)]
LabHost = Annotated[str, Depends(lab_of)]
MaybeCaller = Annotated[records.Caller | None, Depends(maybe_caller_of)]
ResultsViewer = Annotated[records.Caller | None, Depends(results_viewer)]
Viewer = Annotated[records.Caller | None, Depends(network_viewer)]
