"""Asks the table of who may do what (network/permissions.py), and says why not."""

from __future__ import annotations

from fuego_jenkins_remote.hub.errors import NotYours
from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.network.permissions import GOOD_FOR, THE_NETWORK, Action, Thing, may


def allowed(caller: Caller | None, action: Action, thing: Thing = THE_NETWORK) -> bool:
    """Whether the caller may do it; nobody in particular (None) may do nothing here."""
    return caller is not None and may(caller.actor, action, thing)


def require(caller: Caller, action: Action, thing: Thing = THE_NETWORK, *, otherwise: str) -> None:
    """Raise NotYours with the sentence `otherwise` unless the caller may do it.

    Where it is the token that is not good for it, that is said instead (`code: token-scope`): its owner has another.
    """
    must_be_good_for(caller, action)
    if not may(caller.actor, action, thing):
        raise NotYours(otherwise)


def must_be_good_for(caller: Caller, action: Action) -> None:
    """Raise NotYours where the token's scope is too small for the action, whatever it is done to."""
    if caller.kind == "user" and action not in GOOD_FOR[caller.scope]:
        raise NotYours(f"this token has the scope {caller.scope}: it is not good for that", code="token-scope")
