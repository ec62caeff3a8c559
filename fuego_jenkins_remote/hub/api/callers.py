"""What routes ask for: the hub, and who calls."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.core import Hub, Origin
from fuego_jenkins_remote.hub.errors import NotYours
from fuego_jenkins_remote.hub.people import tokens
from fuego_jenkins_remote.service import signin


@dataclass(frozen=True, kw_only=True)
class HubPrincipal(signin.Principal):
    """Who a token speaks for, with the teams."""

    caller: records.Caller


def look_up(hub: Hub) -> signin.Lookup:
    """How the sign-in finds who a secret speaks for."""

    def find(secret: str) -> signin.Principal | None:
        with hub.reading() as conn:
            found = tokens.caller_of(conn, secret, hub.clock())
        return None if found is None else HubPrincipal(kind=found.kind, name=found.name, caller=found)

    return find


def hub_of(request: Request) -> Hub:
    """The app's hub, whose changes are this call's."""
    hub: Hub = copy(request.app.state.hub)
    hub.origin = lambda: _origin(request)
    return hub


def _origin(request: Request) -> Origin:
    # Asked when a change is made: by then it is known who calls.
    who = getattr(request.state, "principal", None)
    caller = who.caller if isinstance(who, HubPrincipal) else None
    return Origin(caller=caller, address=request.client.host if request.client else "")


def caller_of(who: signin.Caller) -> records.Caller:
    """The caller, with teams; always somebody."""
    if not isinstance(who, HubPrincipal):
        raise NotYours("this token is not one of the hub's")
    return who.caller


def viewer_of(who: signin.Reader) -> records.Caller | None:
    """Who reads, with teams; None for somebody without a token at a public hub. What is shown goes by sight.py."""
    return who.caller if isinstance(who, HubPrincipal) else None


def lab_of(who: Annotated[records.Caller, Depends(caller_of)]) -> str:
    """The host of the lab that calls; raises NotYours for others."""
    if who.kind != "lab":
        raise NotYours("this call is for labs; this is the token of a user")
    return who.name


TheHub = Annotated[Hub, Depends(hub_of)]
Caller = Annotated[records.Caller, Depends(caller_of)]
LabHost = Annotated[str, Depends(lab_of)]
Viewer = Annotated[records.Caller | None, Depends(viewer_of)]
