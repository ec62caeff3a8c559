"""What waits for a lab's people, and what they have allowed for good."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from fuego_jenkins_remote.hub import approvals, standing
from fuego_jenkins_remote.hub.api.callers import Caller, TheHub
from fuego_jenkins_remote.hub.models.approvals import AllowedList, AllowedOut, AllowIn, HeldOut, HeldRequests
from fuego_jenkins_remote.hub.models.fields import Host, Sought

router = APIRouter()


@router.get("/held")
def list_held(hub: TheHub, who: Caller, host: Sought = "") -> HeldRequests:
    """What waits for the people of the caller's labs, or of one of them."""
    with hub.reading() as conn:
        found = approvals.held_for(conn, who, host or None)
    return HeldRequests(held=tuple(HeldOut.of(one) for one in found))


@router.get("/allowed")
def list_allowed(hub: TheHub, who: Caller, host: Sought = "") -> AllowedList:
    """What the caller's labs, or one of them, have allowed for good."""
    with hub.reading() as conn:
        found = standing.listed(conn, who, host or None)
    return AllowedList(allowed=tuple(AllowedOut.model_validate(one) for one in found))


@router.put("/labs/{host}/allowed")
def put_allowed(hub: TheHub, who: Caller, host: Host, body: AllowIn) -> AllowedOut:
    """A lab's people allow something for good; what waits for them and is like it is approved."""
    with hub.change() as change:
        given = standing.allow(change, who, host, **dict(body))
        approvals.release(change, host)
    return AllowedOut.model_validate(given)


@router.delete("/allowed/{allowed_id}", status_code=204)
def delete_allowed(hub: TheHub, who: Caller, allowed_id: Annotated[str, Path(max_length=100)]) -> None:
    """It is allowed no more: the people are asked again."""
    with hub.change() as change:
        standing.disallow(change, who, allowed_id)
