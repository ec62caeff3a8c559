"""SQL on what happened, who is to be told, and what is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub.notices.values import Channel, Event, Message, NewEvent, Owner
from fuego_jenkins_remote.hub.schema import (
    channels,
    events,
    failing,
    messages,
    notices,
    open_message,
    to_look_at,
    unsent,
    untold,
)

_EVENT = [column for column in events.c if column.name != "told"]

# -- what happened


def add_event(conn: sa.Connection, event: NewEvent, now: datetime, *, told: bool = False) -> int:
    """Write it down; gives its id. One that is `told` already is for the channels that it is added to alone."""
    values = {**asdict(event), "users": list(event.users), "data": dict(event.data), "at": now, "told": told}
    return _inserted(conn.execute(events.insert().values(values)))


def untold_events(conn: sa.Connection, limit: int) -> list[int]:
    """At most `limit` events that nobody was told of yet, in their order."""
    return list(conn.execute(sa.select(events.c.id).where(untold).order_by(events.c.id).limit(limit)).scalars())


def take_event(conn: sa.Connection, event_id: int) -> Event | None:
    """The event, if nobody else tells of it: from now on nobody else does."""
    taken = conn.execute(events.update().where(events.c.id == event_id, untold).values(told=True))
    return events_of(conn, [event_id])[0] if taken.rowcount == 1 else None


def drop_event(conn: sa.Connection, event_id: int) -> None:
    """Nobody is to be told of it."""
    conn.execute(events.delete().where(events.c.id == event_id))


def events_of(conn: sa.Connection, ids: Sequence[int]) -> list[Event]:
    """These events, in their order."""
    query = sa.select(*_EVENT).where(events.c.id.in_(ids)).order_by(events.c.id)
    return [_event(row) for row in conn.execute(query).mappings()]


# -- channels


def channel_of(conn: sa.Connection, owner: Owner, address: str) -> Channel | None:
    """An owner's channel to an address."""
    this = (channels.c.owner_kind == owner.kind) & (channels.c.owner == owner.name) & (channels.c.address == address)
    row = conn.execute(sa.select(channels).where(this)).mappings().one_or_none()
    return None if row is None else _channel(row)


def find_channel(conn: sa.Connection, channel_id: int) -> Channel:
    """One that is there."""
    return _channel(conn.execute(sa.select(channels).where(channels.c.id == channel_id)).mappings().one())


def add_channel(
    conn: sa.Connection,
    owner: Owner,
    *,
    kind: str,
    address: str,
    trusted: bool,
    secret: str,
    confirm: str,
    now: datetime,
) -> Channel:
    """Make one."""
    empty = {"old_secret": "", "window_sent": 0, "last_error": "", "last_call": ""}
    values = {"kind": kind, "address": address, "trusted": trusted, "secret": secret, "confirm": confirm, **empty}
    made = channels.insert().values(owner_kind=owner.kind, owner=owner.name, made_at=now, **values)
    return find_channel(conn, _inserted(conn.execute(made)))


def change_channel(conn: sa.Connection, channel_id: int, **values: Any) -> None:
    """Write some of its values."""
    conn.execute(channels.update().where(channels.c.id == channel_id).values(values))


def failing_channels(conn: sa.Connection, limit: int) -> list[Channel]:
    """At most `limit` channels to which nothing could be sent lately, the longest first."""
    query = sa.select(channels).where(failing).order_by(channels.c.failing_since, channels.c.id).limit(limit)
    return [_channel(row) for row in conn.execute(query).mappings()]


def due_channels(conn: sa.Connection, now: datetime, limit: int) -> list[Channel]:
    """At most `limit` channels that the sender must look at, the longest due first."""
    query = sa.select(channels).where(to_look_at, channels.c.due_at <= now)
    query = query.order_by(channels.c.due_at, channels.c.id).limit(limit)
    return [_channel(row) for row in conn.execute(query).mappings()]


def next_due(conn: sa.Connection) -> datetime | None:
    """When the next channel is due; None: none is."""
    query = sa.select(channels.c.due_at).where(to_look_at).order_by(channels.c.due_at).limit(1)
    return conn.execute(query).scalar_one_or_none()


def take_channel(conn: sa.Connection, seen: Channel, until: datetime) -> bool:
    """Have it for oneself until then; False where somebody else was quicker."""
    mine = channels.update().where(channels.c.id == seen.id, channels.c.due_at == seen.due_at)
    return conn.execute(mine.values(due_at=until)).rowcount == 1


def wake_channel(conn: sa.Connection, channel_id: int, at: datetime) -> None:
    """The sender is to look at it then, unless it does anyway.

    Written before the notice that it is for, and whoever has the channel looks for notices after it has written:
    so one of the two sees the other.
    """
    earlier = sa.func.coalesce(channels.c.due_at, sa.bindparam("at", at, type_=channels.c.due_at.type))
    conn.execute(channels.update().where(channels.c.id == channel_id).values(due_at=earlier))


def hasten_channel(conn: sa.Connection, channel_id: int, at: datetime, than: datetime) -> None:
    """The sender is to look at it at `at`, if it would not do so before `than`."""
    conn.execute(channels.update().where(channels.c.id == channel_id, channels.c.due_at > than).values(due_at=at))


# -- notices


def add_notice(conn: sa.Connection, event_id: int, channel_id: int) -> None:
    """An event is to be told on a channel."""
    conn.execute(notices.insert().values(event_id=event_id, channel_id=channel_id, state="waiting"))


def waiting(conn: sa.Connection, channel_id: int, limit: int) -> list[tuple[int, int]]:
    """At most `limit` notices (id, event) that wait for a channel, in their order."""
    query = sa.select(notices.c.id, notices.c.event_id).where(notices.c.channel_id == channel_id, unsent)
    return [(row[0], row[1]) for row in conn.execute(query.order_by(notices.c.id).limit(limit))]


def drop_notices(conn: sa.Connection, ids: Sequence[int]) -> None:
    """They are not to be seen there any more."""
    conn.execute(notices.update().where(notices.c.id.in_(ids)).values(state="dropped"))


def drop_waiting(conn: sa.Connection, channel_id: int, now: datetime) -> None:
    """Nothing more is told on this channel."""
    conn.execute(notices.update().where(notices.c.channel_id == channel_id, unsent).values(state="dropped"))
    gone = messages.update().where(messages.c.channel_id == channel_id, open_message)
    conn.execute(gone.values(state="failed", error="nobody wants it any more", ended_at=now))


# -- messages


def open_of(conn: sa.Connection, channel_id: int) -> Message | None:
    """The message that is being sent there, or to be tried again."""
    query = sa.select(messages.c.id, messages.c.tries, messages.c.error)
    row = conn.execute(query.where(messages.c.channel_id == channel_id, open_message)).mappings().one_or_none()
    return None if row is None else Message(**row)


def add_message(
    conn: sa.Connection, message_id: str, channel_id: int, notice_ids: Sequence[int], now: datetime
) -> Message:
    """Take these notices into a message."""
    made = {"id": message_id, "channel_id": channel_id, "made_at": now, "state": "open", "tries": 0, "error": ""}
    conn.execute(messages.insert().values(made))
    conn.execute(notices.update().where(notices.c.id.in_(notice_ids)).values(state="taken", message_id=message_id))
    return Message(id=message_id, tries=0, error="")


def begin_try(conn: sa.Connection, message: Message) -> None:
    """A try begins: until its end is written down, nobody knows how it ended."""
    values = {"tries": message.tries + 1, "error": ""}
    conn.execute(messages.update().where(messages.c.id == message.id).values(values))


def end_try(conn: sa.Connection, message_id: str, state: str, error: str, now: datetime) -> None:
    """How a try ended."""
    values = {"state": state, "error": error, "ended_at": None if state == "open" else now}
    conn.execute(messages.update().where(messages.c.id == message_id).values(values))


def events_in(conn: sa.Connection, message_id: str) -> list[tuple[int, int]]:
    """The notices (id, event) that a message holds, in their order."""
    query = sa.select(notices.c.id, notices.c.event_id).where(
        notices.c.message_id == message_id, notices.c.state == "taken"
    )
    return [(row[0], row[1]) for row in conn.execute(query.order_by(notices.c.id))]


def counts_of(conn: sa.Connection, request_id: str) -> dict[tuple[str, str], int]:
    """How many notices of a request there are, by occasion and by waiting, sent, failed."""
    joined = events.join(notices).outerjoin(messages, messages.c.id == notices.c.message_id)
    query = sa.select(events.c.occasion, messages.c.state).select_from(joined)
    query = query.where(events.c.request_id == request_id, notices.c.state != "dropped")
    found: dict[tuple[str, str], int] = {}
    for occasion, state in conn.execute(query):
        key = (occasion, state if state in {"sent", "failed"} else "waiting")
        found[key] = found.get(key, 0) + 1
    return found


def _inserted(result: sa.CursorResult[Any]) -> int:
    key: Any = result.inserted_primary_key
    return int(key[0])


def _event(row: sa.RowMapping) -> Event:
    return Event(**{**row, "users": tuple(row["users"])})


def _channel(row: sa.RowMapping) -> Channel:
    values = dict(row)
    return Channel(owner=Owner(kind=values.pop("owner_kind"), name=values.pop("owner")), **values)
