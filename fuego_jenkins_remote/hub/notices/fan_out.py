"""From what happened to who is told: each event becomes a notice for each channel, once, in one transaction."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import sqlalchemy as sa

from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.notices import recipients
from fuego_jenkins_remote.hub.notices.digest import may_send_at
from fuego_jenkins_remote.hub.notices.values import Channel, Event, Owner
from fuego_jenkins_remote.hub.statements import notices as sql

GIVEN_UP = timedelta(days=7)
"""A channel that somebody has subscribed with and that has failed for so long gets nothing more, until it is tested."""

A_PASS = 3
"""Events in one transaction: a short one, since on SQLite everybody who changes something waits for it."""

_log = logging.getLogger("hub.notices")


def tell(hub: Hub) -> int:
    """Turn events into notices; how many there were, at most A_PASS."""
    with hub.reading() as conn:
        ids = sql.untold_events(conn, A_PASS)
    if not ids:
        return 0
    try:
        with hub.change() as change:
            for event_id in ids:
                _tell(change, event_id)
        return len(ids)
    except Exception as error:
        # Another process makes the same channel at this moment, or one event is not what it should be.
        _log.info("events are told one by one: %s", type(error).__name__)
        return sum(_tell_alone(hub, event_id) for event_id in ids)


def add(change: Change, event_id: int, channels: list[Channel]) -> None:
    """Have an event told on these channels."""
    # In one order: no two transactions wait for each other in a circle.
    for channel in sorted(channels, key=lambda channel: channel.id):
        sql.wake_channel(change.conn, channel.id, may_send_at(channel, change.at))
        sql.add_notice(change.conn, event_id, channel.id)
    change.wake_sender()


def _tell_alone(hub: Hub, event_id: int) -> bool:
    try:
        with hub.change() as change:
            _tell(change, event_id)
    except Exception:
        _log.exception("nobody could be told of event %s", event_id)
        return False
    return True


def _tell(change: Change, event_id: int) -> None:
    event = sql.take_event(change.conn, event_id)
    if event is None:
        return
    found = {one.id: one for one in _channels(change, event)}
    may = {one.owner: recipients.may_see(change.conn, one.owner, event) for one in found.values()}
    told = [one for one in found.values() if may[one.owner]]
    if told:
        add(change, event.id, told)
    else:
        sql.drop_event(change.conn, event.id)


def _channels(change: Change, event: Event) -> list[Channel]:
    usual = [
        _usual_channel(change.conn, one, change.at)
        for one in sorted(recipients.usual(change.conn, event), key=lambda one: (one.owner, one.address))
    ]
    since = change.at - GIVEN_UP
    subscribed = [
        one for one in recipients.subscribed(change.conn, event) if not one.failing_since or one.failing_since > since
    ]
    return [*usual, *subscribed]


def _usual_channel(conn: sa.Connection, one: recipients.Usual, now: datetime) -> Channel:
    found = sql.channel_of(conn, one.owner, one.address)
    if found is None:
        return new_channel(conn, one.owner, kind=one.kind, address=one.address, now=now)
    if found.confirm:
        # It is known by other means that this is theirs.
        sql.change_channel(conn, found.id, confirm="")
    return found


def new_channel(conn: sa.Connection, owner: Owner, *, kind: str, address: str, now: datetime) -> Channel:
    """Make a channel that was set by the hub's admin."""
    return sql.add_channel(conn, owner, kind=kind, address=address, trusted=True, secret="", confirm="", now=now)
