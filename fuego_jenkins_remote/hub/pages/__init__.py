"""The hub's pages: a module a noun, each a few thin routes. What they show goes by the same sight as the API."""

from __future__ import annotations

from fastapi import APIRouter

from fuego_jenkins_remote.hub.api.callers import HubPrincipal
from fuego_jenkins_remote.hub.pages import boards, campaigns, joining, labs, notices, overview, people, requests, store
from fuego_jenkins_remote.hub.rights import allowed
from fuego_jenkins_remote.network.permissions import Action, Thing
from fuego_jenkins_remote.service.signins import Principal

NAV = [
    ("Overview", "/"),
    ("Boards", "/boards"),
    ("Requests", "/requests"),
    ("Campaigns", "/campaigns"),
    ("Tests", "/tests"),
    ("Labs", "/labs"),
    ("Teams", "/teams"),
]
"""What stands in the head of each page."""

ACCOUNT = "/tokens"
"""The reader's own page."""

_RESULTS = ("/requests", "/campaigns")


def leads(who: Principal | None, path: str) -> bool:
    """Whether a page of the head is for who is signed in: a token may be good for results alone, or for looking."""
    if not isinstance(who, HubPrincipal):
        return True
    if path == ACCOUNT:
        return who.kind == "lab" or allowed(who.caller, Action.OWN_THINGS, Thing(owner=who.name))
    return allowed(who.caller, Action.SEE_REQUEST if path in _RESULTS else Action.SEE_NETWORK)


router = APIRouter(include_in_schema=False)
for noun in (overview, boards, requests, campaigns, labs, people, joining, store, notices):
    router.include_router(noun.router)
