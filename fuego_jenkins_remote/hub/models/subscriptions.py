"""Messages on what people want to be told of."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from fuego_jenkins_remote.hub.models.fields import (
    CallId,
    NameOrNone,
    PlaceOrNone,
    Short,
    Switch,
    TestPattern,
    Wire,
    said,
)
from fuego_jenkins_remote.hub.notices.addresses import LONGEST, masked
from fuego_jenkins_remote.hub.notices.subscriptions import Wanted
from fuego_jenkins_remote.hub.notices.values import Subscription
from fuego_jenkins_remote.network.occasions import Occasion

To = Annotated[
    str,
    StringConstraints(min_length=3, max_length=LONGEST),
    said(format="notice-address", minLength=3, maxLength=LONGEST),
]


class SubscribeIn(Wire):
    """What somebody wants to be told of, and where; empty: not narrowed by that, and for the caller."""

    call_id: CallId
    events: tuple[Occasion, ...] = Field(min_length=1, max_length=len(Occasion))
    to: To
    team: NameOrNone = ""
    board: PlaceOrNone = ""
    test: TestPattern | None = None
    for_team: NameOrNone = ""
    for_user: NameOrNone = ""

    def wanted(self) -> Wanted:
        """As the domain has it."""
        host, _, board = self.board.partition(":")
        return Wanted(
            call_id=self.call_id,
            events=tuple(str(one) for one in self.events),
            to=self.to,
            team=self.team,
            host=host,
            board=board,
            test=self.test or "",
            for_team=self.for_team,
            for_user=self.for_user,
        )


class SubscriptionOut(Wire):
    """A subscription; `to` is enough of the address to know it again."""

    id: str
    owner: str
    events: tuple[str, ...]
    to: str
    kind: str
    team: str
    board: str
    test: str
    made_by: str
    made_at: datetime
    confirmed: bool
    sent_at: datetime | None
    failing_since: datetime | None
    last_error: str

    @classmethod
    def of(cls, one: Subscription) -> Self:
        """As the wire has it."""
        return cls.model_validate(_values(one))


class SubscriptionMade(SubscriptionOut):
    """A new one, or one with a new secret: a webhook's is shown this once; empty where it was shown before."""

    secret: str

    @classmethod
    def of(cls, one: Subscription, *, rotated: bool = False) -> Self:
        """As the wire has it."""
        channel = one.channel
        is_new = rotated or (channel.made_at == one.made_at and not channel.old_secret)
        return cls.model_validate({**_values(one), "secret": channel.secret if is_new else ""})


class Usual(Wire):
    """Whether, and where, the caller is told what everybody is told; `trouble` is a line for each that fails."""

    on: bool
    to: tuple[str, ...]
    trouble: tuple[str, ...]


class SubscriptionsOut(Wire):
    """The caller's, or a team's; `usual` is the caller's in both."""

    subscriptions: tuple[SubscriptionOut, ...]
    usual: Usual


class UsualIn(Wire):
    """Whether the caller wants it."""

    on: Switch


class ConfirmIn(Wire):
    """The code that was sent to an address."""

    code: Short


class CallIn(Wire):
    """Nothing but the call's id."""

    call_id: CallId


def _values(one: Subscription) -> dict[str, object]:
    channel = one.channel
    return {
        "id": one.id,
        "owner": str(channel.owner),
        "events": one.events,
        "to": masked(channel.kind, channel.address),
        "kind": channel.kind,
        "team": one.team,
        "board": f"{one.host}:{one.board}" if one.board else one.host,
        "test": one.test,
        "made_by": one.made_by,
        "made_at": one.made_at,
        "confirmed": not channel.confirm,
        "sent_at": channel.sent_at,
        "failing_since": channel.failing_since,
        "last_error": channel.last_error,
    }
