"""What people want to be told of, and where. All raise ClientError."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fuego_jenkins_remote.client.api import Api, segment
from fuego_jenkins_remote.client.reading import read, text_of, time_of


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """A subscription; `secret` signs what a webhook gets, and is there only where it is new."""

    id: str
    owner: str
    events: tuple[str, ...]
    to: str
    kind: str
    team: str
    board: str
    test: str
    confirmed: bool
    sent_at: datetime | None
    failing_since: datetime | None
    last_error: str
    secret: str
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Subscription:
        """Read the wire form."""
        return cls(
            id=str(data["id"]),
            owner=text_of(data, "owner"),
            events=tuple(str(one) for one in data.get("events") or ()),
            to=text_of(data, "to"),
            kind=text_of(data, "kind"),
            team=text_of(data, "team"),
            board=text_of(data, "board"),
            test=text_of(data, "test"),
            confirmed=bool(data.get("confirmed", True)),
            sent_at=time_of(data, "sent_at"),
            failing_since=time_of(data, "failing_since"),
            last_error=text_of(data, "last_error"),
            secret=text_of(data, "secret"),
            raw=dict(data),
        )


@dataclass(frozen=True, kw_only=True)
class Usual:
    """Whether, and where, the caller is told what everybody is told; a line for each address that fails."""

    on: bool
    to: tuple[str, ...]
    trouble: tuple[str, ...] = ()


def subscribe(api: Api, wanted: Mapping[str, Any]) -> Subscription:
    """Have something told somewhere; `wanted` is SubscribeIn, with its call_id."""
    return read(api, Subscription, api.post("/subscriptions", dict(wanted)))


def subscriptions(api: Api, team: str = "") -> tuple[list[Subscription], Usual, dict[str, Any]]:
    """The caller's, or a team's, what the caller is told anyway, and all of it as it came."""
    answer = api.get("/subscriptions", {"team": team})
    usual = answer.get("usual") or {}
    found = [read(api, Subscription, one) for one in answer.get("subscriptions") or ()]
    to, trouble = (tuple(str(one) for one in usual.get(key) or ()) for key in ("to", "trouble"))
    return found, Usual(on=bool(usual.get("on")), to=to, trouble=trouble), answer


def unsubscribe(api: Api, subscription: str) -> None:
    """Take one back."""
    api.call("DELETE", f"/subscriptions/{segment(subscription)}")


def set_usual(api: Api, *, on: bool) -> None:
    """Whether the caller is told what everybody is told."""
    api.call("PUT", "/subscriptions/usual", body={"on": on})


def confirm(api: Api, code: str) -> None:
    """The code that was sent to an address."""
    api.post("/subscriptions/confirm", {"code": code})


def send_test(api: Api, subscription: str, call_id: str) -> Subscription:
    """Send a test message."""
    return read(api, Subscription, api.post(f"/subscriptions/{segment(subscription)}/test", {"call_id": call_id}))


def rotate(api: Api, subscription: str, call_id: str) -> Subscription:
    """A new secret for a webhook."""
    return read(api, Subscription, api.post(f"/subscriptions/{segment(subscription)}/secret", {"call_id": call_id}))
