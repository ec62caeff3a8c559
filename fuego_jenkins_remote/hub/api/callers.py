"""What routes ask for: the hub, and who calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.core import Hub
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
    """The app's hub."""
    hub: Hub = request.app.state.hub
    return hub


def caller_of(who: signin.Caller) -> records.Caller:
    """The caller, with teams; always somebody."""
    if not isinstance(who, HubPrincipal):
        raise NotYours("this token is not one of the hub's")
    return who.caller


def lab_of(who: Annotated[records.Caller, Depends(caller_of)]) -> str:
    """The host of the lab that calls; raises NotYours for others."""
    if who.kind != "lab":
        raise NotYours("this call is for labs; this is the token of a user")
    return who.name


TheHub = Annotated[Hub, Depends(hub_of)]
Caller = Annotated[records.Caller, Depends(caller_of)]
LabHost = Annotated[str, Depends(lab_of)]
Reader = signin.Reader
