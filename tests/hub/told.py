"""What the hub tells: helpers for the tests of notices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.notices import fan_out, sender, subscriptions
from fuego_jenkins_remote.hub.notices.post.errors import NotSent
from fuego_jenkins_remote.hub.notices.values import Delivery, Subscription
from fuego_jenkins_remote.hub.schema import channels, events, messages, notices

from .conftest import World

HOOK = "https://ci.example.org/fuego"


def told(world: World) -> list[tuple[str, str, str]]:
    """Tell of all that happened: the occasion, the address, and how far it is, of all notices."""
    while fan_out.tell(world.hub):
        pass
    joined = notices.join(events).join(channels).outerjoin(messages, messages.c.id == notices.c.message_id)
    state = sa.func.coalesce(messages.c.state, notices.c.state)
    query = sa.select(events.c.occasion, channels.c.address, state).select_from(joined).order_by(notices.c.id)
    with world.hub.reading() as conn:
        return [(row[0], row[1], row[2]) for row in conn.execute(query)]


def bodies(world: World) -> list[str]:
    """Of all events."""
    with world.hub.reading() as conn:
        return list(conn.execute(sa.select(events.c.body).order_by(events.c.id)).scalars())


def titles(world: World) -> list[str]:
    """Of all events."""
    with world.hub.reading() as conn:
        return list(conn.execute(sa.select(events.c.title).order_by(events.c.id)).scalars())


def subscribe(world: World, who: records.Caller, *occasions: str, to: str = HOOK, **more: Any) -> Subscription:
    """Subscribe."""
    wanted = subscriptions.Wanted(call_id=world.call_id(), events=occasions, to=to, **more)
    with world.hub.change() as change:
        return subscriptions.subscribe(change, who, wanted)


@dataclass
class Post:
    """A sender that keeps what it gets; `broken` makes it fail."""

    got: list[Delivery] = field(default_factory=list)
    broken: bool = False

    def __call__(self, delivery: Delivery) -> None:
        if self.broken:
            raise NotSent("the network is away")
        self.got.append(delivery)

    @property
    def titles(self) -> list[str]:
        """Of what was sent."""
        return [one.outgoing.title for one in self.got]


def send(world: World, post: Post | None = None) -> Post:
    """Send all that is due."""
    post = post or Post()
    sender.send_due(world.hub, post)
    return post
