"""SQL on subscriptions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub.notices.values import Channel, Owner, Subscription
from fuego_jenkins_remote.hub.schema import channels, memberships, subscriptions, users, without_usual
from fuego_jenkins_remote.network.permissions import Level

_KEEPERS = (Level.MAINTAINER, Level.ADMIN)
_OWN = [column for column in subscriptions.c if column.name not in {"channel_id", "call_id"}]
_OF_CHANNEL = [column.label(f"channel_{column.name}") for column in channels.c]
_WHOLE = sa.select(*_OWN, *_OF_CHANNEL).join(channels, channels.c.id == subscriptions.c.channel_id)


def insert(
    conn: sa.Connection,
    *,
    subscription_id: str,
    channel_id: int,
    events: Sequence[str],
    anchor: str,
    narrowed: dict[str, str],
    made_by: str,
    call_id: str,
    now: datetime,
) -> None:
    """Write one down; `narrowed` has team, host, board and test."""
    conn.execute(
        subscriptions.insert().values(
            id=subscription_id,
            channel_id=channel_id,
            events=list(events),
            anchor=anchor,
            made_by=made_by,
            made_at=now,
            call_id=call_id,
            **narrowed,
        )
    )


def find(conn: sa.Connection, subscription_id: str) -> Subscription | None:
    """One of them."""
    return next(iter(_found(conn, _WHOLE.where(subscriptions.c.id == subscription_id))), None)


def of_call(conn: sa.Connection, made_by: str, call_id: str) -> Subscription | None:
    """What a call has made."""
    query = _WHOLE.where(subscriptions.c.made_by == made_by, subscriptions.c.call_id == call_id)
    return next(iter(_found(conn, query)), None)


def of_owner(conn: sa.Connection, owner: Owner) -> list[Subscription]:
    """An owner's, the oldest first."""
    query = _WHOLE.where(channels.c.owner_kind == owner.kind, channels.c.owner == owner.name)
    return _found(conn, query.order_by(subscriptions.c.made_at, subscriptions.c.id))


def of_anchors(conn: sa.Connection, anchors: Iterable[str]) -> list[Subscription]:
    """Those that are to be looked at for something that has one of these anchors."""
    query = _WHOLE.where(subscriptions.c.anchor.in_(sorted(set(anchors))))
    return _found(conn, query.order_by(subscriptions.c.id))


def delete(conn: sa.Connection, subscription_id: str) -> bool:
    """Take it away; whether it was there."""
    return conn.execute(subscriptions.delete().where(subscriptions.c.id == subscription_id)).rowcount == 1


def channel_is_wanted(conn: sa.Connection, channel_id: int) -> bool:
    """Whether a subscription leads there."""
    query = sa.select(subscriptions.c.id).where(subscriptions.c.channel_id == channel_id).limit(1)
    return conn.execute(query).first() is not None


def unconfirmed(conn: sa.Connection, owner: Owner, since: datetime) -> list[Channel]:
    """The owner's channels that were made since then, and whose reader has not confirmed them."""
    this = (channels.c.owner_kind == owner.kind) & (channels.c.owner == owner.name) & (channels.c.confirm != "")
    this &= channels.c.made_at > since
    return [_channel(dict(row)) for row in conn.execute(sa.select(channels).where(this)).mappings()]


# -- the usual notices


def without_usual_notices(conn: sa.Connection, names: Iterable[str]) -> set[str]:
    """Those of these users who do not want what everybody is told."""
    query = sa.select(without_usual.c.user).where(without_usual.c.user.in_(sorted(set(names))))
    return set(conn.execute(query).scalars())


def set_usual(conn: sa.Connection, user: str, *, on: bool, now: datetime) -> None:
    """Whether a user wants what everybody is told."""
    conn.execute(without_usual.delete().where(without_usual.c.user == user))
    if not on:
        conn.execute(without_usual.insert().values(user=user, at=now))


def addresses_of(conn: sa.Connection, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Where users are told usually: what the hub's admin has set, else their mail. Who is shut out is not there."""
    query = sa.select(users.c.name, users.c.email, users.c.notify)
    query = query.where(users.c.name.in_(sorted(set(names))), users.c.disabled_at.is_(None))
    return {
        row.name: tuple(row.notify) or ((row.email,) if row.email else ())
        for row in conn.execute(query.order_by("name"))
    }


def keepers(conn: sa.Connection, team: str) -> list[str]:
    """The users who answer for a team's labs, by name."""
    query = sa.select(memberships.c.user).where(memberships.c.team == team, memberships.c.level.in_(_KEEPERS))
    return list(conn.execute(query.order_by(memberships.c.user)).scalars())


def _found(conn: sa.Connection, query: sa.Select[Any]) -> list[Subscription]:
    return [_subscription(row) for row in conn.execute(query).mappings()]


def _subscription(row: sa.RowMapping) -> Subscription:
    of_channel = {key.removeprefix("channel_"): value for key, value in row.items() if key.startswith("channel_")}
    own = {key: value for key, value in row.items() if not key.startswith("channel_")}
    return Subscription(**{**own, "events": tuple(own["events"])}, channel=_channel(of_channel))


def _channel(values: dict[str, Any]) -> Channel:
    return Channel(owner=Owner(kind=values.pop("owner_kind"), name=values.pop("owner")), **values)
