"""What people want to be told of."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from fuego_jenkins_remote.hub.api.callers import Caller, TheHub
from fuego_jenkins_remote.hub.models.fields import Sought
from fuego_jenkins_remote.hub.models.subscriptions import (
    CallIn,
    ConfirmIn,
    SubscribeIn,
    SubscriptionMade,
    SubscriptionOut,
    SubscriptionsOut,
    Usual,
    UsualIn,
)
from fuego_jenkins_remote.hub.notices import subscriptions

router = APIRouter(prefix="/subscriptions")

Which = Annotated[str, Path(max_length=100)]


@router.post("", status_code=201)
def subscribe(hub: TheHub, who: Caller, body: SubscribeIn) -> SubscriptionMade:
    """Have something told somewhere."""
    with hub.change() as change:
        one = subscriptions.subscribe(change, who, body.wanted())
    return SubscriptionMade.of(one)


@router.get("")
def list_subscriptions(hub: TheHub, who: Caller, team: Sought = "") -> SubscriptionsOut:
    """The caller's subscriptions, or a team's."""
    with hub.reading() as conn:
        found = subscriptions.listed(conn, who, team)
        usual = subscriptions.usual_of(conn, who)
    shown = tuple(SubscriptionOut.of(one) for one in found)
    return SubscriptionsOut(subscriptions=shown, usual=Usual.model_validate(usual))


@router.put("/usual", status_code=204)
def put_usual(hub: TheHub, who: Caller, body: UsualIn) -> None:
    """Whether the caller is told what everybody is told."""
    with hub.change() as change:
        subscriptions.set_usual(change, who, on=body.on)


@router.post("/confirm", status_code=204)
def confirm(hub: TheHub, who: Caller, body: ConfirmIn) -> None:
    """An address is the caller's."""
    with hub.change() as change:
        subscriptions.confirm(change, who, body.code)


@router.delete("/{subscription_id}", status_code=204)
def unsubscribe(hub: TheHub, who: Caller, subscription_id: Which) -> None:
    """Take one back."""
    with hub.change() as change:
        subscriptions.unsubscribe(change, who, subscription_id)


@router.post("/{subscription_id}/test")
def send_test(hub: TheHub, who: Caller, subscription_id: Which, body: CallIn) -> SubscriptionOut:
    """Send a test message."""
    with hub.change() as change:
        one = subscriptions.send_test(change, who, subscription_id, body.call_id)
    return SubscriptionOut.of(one)


@router.post("/{subscription_id}/secret")
def rotate_secret(hub: TheHub, who: Caller, subscription_id: Which, body: CallIn) -> SubscriptionMade:
    """A new secret for a webhook."""
    with hub.change() as change:
        one = subscriptions.rotate(change, who, subscription_id, body.call_id)
    return SubscriptionMade.of(one, rotated=True)
