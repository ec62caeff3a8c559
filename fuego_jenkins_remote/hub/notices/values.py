"""What the notices are made of, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

OwnerKind = Literal["user", "team", "lab", "hub"]
Kind = Literal["mail", "webhook", "slack", "matrix", "chat"]

TEST = "test"
CONFIRM = "confirm"
"""Events that are no occasions: messages of the hub's own."""


@dataclass(frozen=True, order=True, kw_only=True)
class Owner:
    """Whose channel it is: only what this one may see is told there."""

    kind: OwnerKind
    name: str

    def __str__(self) -> str:
        """In words."""
        return f"{self.kind} {self.name}".rstrip()


@dataclass(frozen=True, kw_only=True)
class NewEvent:
    """Something that happened; see schema/notices.py for the fields."""

    occasion: str
    title: str
    line: str
    body: str
    data: Mapping[str, Any]
    request_id: str | None = None
    campaign: str | None = None
    host: str = ""
    board: str = ""
    team: str = ""
    users: tuple[str, ...] = ()
    test: str = ""


@dataclass(frozen=True, kw_only=True)
class Event(NewEvent):
    """One that was written down."""

    id: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Channel:
    """Where somebody is told; see schema/notices.py for the fields."""

    id: int
    owner: Owner
    kind: Kind
    address: str
    trusted: bool
    secret: str
    old_secret: str
    old_secret_until: datetime | None
    confirm: str
    made_at: datetime
    due_at: datetime | None
    window_start: datetime | None
    window_sent: int
    sent_at: datetime | None
    tested_at: datetime | None
    failing_since: datetime | None
    last_error: str
    last_call: str


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """What somebody wants to be told of, and where."""

    id: str
    channel: Channel
    events: tuple[str, ...]
    anchor: str
    team: str
    host: str
    board: str
    test: str
    made_by: str
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class Message:
    """Notices that go out together: always the same ones, and under the same id, however often it is tried."""

    id: str
    tries: int
    error: str


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message as a channel sends it. `again`: an earlier try may have arrived.

    `why` says under a mail for whom it is, and what ends such mails; chats and programs do without.
    """

    id: str
    title: str
    body: str
    events: tuple[Event, ...]
    again: bool = False
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What the sender has taken upon itself until `lease`: nobody else looks at the channel before."""

    channel: Channel
    outgoing: Outgoing
    tries: int
    lease: datetime
