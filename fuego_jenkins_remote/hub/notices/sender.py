"""Sends what waits: takes a channel for a while, makes a message of what waits there, sends it, notes how it went.

While one sends, no other process does to the same channel: `due_at` is the lease. Who dies between sending and writing
that down has sent a message that is sent again when the lease is over: the same notices, under the same id, by which
whoever gets it can drop the second (docs/notices.md). So each notice arrives at least once, and in one message only.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from starlette.concurrency import run_in_threadpool

from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.notices import digest, fan_out, recipients, wording
from fuego_jenkins_remote.hub.notices.addresses import masked
from fuego_jenkins_remote.hub.notices.post.errors import NotSent
from fuego_jenkins_remote.hub.notices.post.mail import is_of_the_server
from fuego_jenkins_remote.hub.notices.values import CONFIRM, TEST, Channel, Delivery, Event, Message
from fuego_jenkins_remote.hub.statements import notices as sql
from fuego_jenkins_remote.hub.waiters import NOTICES, pause

Send = Callable[[Delivery], None]
"""Sends one message, or raises NotSent."""

WAITS = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800, 7200, 21600))
"""Between the tries; after the last of them the message has failed."""

LEASE = timedelta(minutes=5)
"""Longer than any channel takes to send (post/ has their limits)."""

PATIENCE = sum(WAITS, timedelta())
"""A channel that fails for longer has each of its messages tried once: what is new must not wait for the old."""

AT_A_TIME = 8
"""So many channels are sent to at a time: one that hangs keeps no other waiting."""

_OWN = frozenset({TEST, CONFIRM})
_OTHERS = 1000
_IDLE_SECONDS = 30.0
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_log = logging.getLogger("hub.notices")


def take(hub: Hub, room: int = AT_A_TIME) -> list[Delivery]:
    """Take at most `room` channels that are due, with what is to be sent there."""
    with hub.reading() as conn:
        due = sql.due_channels(conn, hub.clock(), room)
    found = []
    for channel in due:
        with hub.change() as change:
            lease = change.at + LEASE
            delivery = _next(change, channel, lease) if sql.take_channel(change.conn, channel, lease) else None
        if delivery is not None:
            found.append(_signed(delivery, hub.base_url))
    return found


def deliver(hub: Hub, send: Send, delivery: Delivery) -> None:
    """Send it, and write down how that went."""
    problem = None
    try:
        send(delivery)
    except NotSent as error:
        problem = error
    except Exception as error:
        _log.exception("message %s to %s", delivery.outgoing.id, shown(delivery.channel))
        problem = NotSent(type(error).__name__)
    with hub.change() as change:
        _note(change, delivery, problem)
    if problem is None and delivery.channel.kind == "mail":
        _try_others(hub)


def send_due(hub: Hub, send: Send) -> int:
    """Tell of all events, send all that is due; how many messages that were. For a hub that does not run."""
    while fan_out.tell(hub):
        pass
    count = 0
    while deliveries := take(hub):
        for delivery in deliveries:
            deliver(hub, send, delivery)
        count += len(deliveries)
    return count


async def send_notices(hub: Hub, send: Send) -> None:
    """Send what waits, for as long as the service runs."""
    running: set[asyncio.Task[None]] = set()
    while not hub.waiters.closed:
        with hub.waiters.waiting(NOTICES) as event:
            seconds = 0.0
            try:
                busy = await run_in_threadpool(fan_out.tell, hub)
                for delivery in await run_in_threadpool(take, hub, AT_A_TIME - len(running)):
                    task = asyncio.create_task(_deliver(hub, send, delivery))
                    running.add(task)
                    task.add_done_callback(running.discard)
                    busy = True
                if not busy:
                    seconds = await run_in_threadpool(_seconds_to_next, hub, len(running))
            except Exception:
                # A full disk, a locked database: later again, and the service goes on.
                _log.exception("notices could not be sent")
                seconds = _IDLE_SECONDS
            if seconds:
                await pause(event, seconds)
    await asyncio.gather(*running, return_exceptions=True)


def shown(channel: Channel) -> str:
    """A channel as logs and people may see it."""
    return masked(channel.kind, channel.address)


async def _deliver(hub: Hub, send: Send, delivery: Delivery) -> None:
    try:
        await run_in_threadpool(partial(deliver, hub, send, delivery))
    except Exception:
        _log.exception("how a message went could not be written down: it is sent again when its lease is over")
    hub.waiters.wake([NOTICES])


def _seconds_to_next(hub: Hub, running: int) -> float:
    with hub.reading() as conn:
        at = sql.next_due(conn)
    if at is None or running >= AT_A_TIME:
        return _IDLE_SECONDS
    return min(_IDLE_SECONDS, max(0.05, (at - hub.clock()).total_seconds()))


def _next(change: Change, channel: Channel, lease: datetime) -> Delivery | None:
    """What is to be sent on a channel that was just taken; None, and the channel let go, if that is nothing."""
    message = sql.open_of(change.conn, channel.id)
    if message is not None:
        events = _visible(change, channel, sql.events_in(change.conn, message.id))
        if events:
            return _delivery(change, channel, message, events, lease)
        sql.end_try(change.conn, message.id, "failed", "nobody there may see it any more", change.at)
    while rows := sql.waiting(change.conn, channel.id, digest.at_most(channel)):
        events = _visible(change, channel, rows)
        if events:
            message_id = "msg_" + "".join(secrets.choice(_LETTERS) for _ in range(24))
            kept = {event.id for event in events}
            notices = [notice for notice, event_id in rows if event_id in kept]
            message = sql.add_message(change.conn, message_id, channel.id, notices, change.at)
            return _delivery(change, channel, message, events, lease)
    sql.change_channel(change.conn, channel.id, due_at=None)
    return None


def _visible(change: Change, channel: Channel, rows: list[tuple[int, int]]) -> list[Event]:
    """The events that may be told there now; the notices of others are dropped."""
    events = sql.events_of(change.conn, [event_id for _, event_id in rows])
    kept = [event for event in events if _may_be_told(change, channel, event)]
    if len(kept) < len(rows):
        ids = {event.id for event in kept}
        sql.drop_notices(change.conn, [notice for notice, event_id in rows if event_id not in ids])
    return kept


def _may_be_told(change: Change, channel: Channel, event: Event) -> bool:
    if channel.confirm:
        return event.occasion == CONFIRM
    return recipients.may_see(change.conn, channel.owner, event)


def _delivery(change: Change, channel: Channel, message: Message, events: list[Event], lease: datetime) -> Delivery:
    sql.begin_try(change.conn, message)
    again = message.tries > 0 and not message.error
    outgoing = digest.compose(message.id, events, again=again)
    return Delivery(channel=channel, outgoing=outgoing, tries=message.tries + 1, lease=lease)


def _try_others(hub: Hub) -> None:
    """The mail server takes mail: what failed of the server alone is tried now, and not when its next try would be.

    A channel that is due before a lease would be over may be somebody's, and is tried soon anyway.
    """
    soon = hub.clock() + LEASE
    with hub.reading() as conn:
        found = sql.failing_channels(conn, _OTHERS)
    waiting = [one for one in found if one.kind == "mail" and one.due_at and one.due_at > soon]
    ids = sorted(one.id for one in waiting if is_of_the_server(one.last_error))
    if ids:
        with hub.change() as change:
            for channel_id in ids:
                sql.hasten_channel(change.conn, channel_id, change.at, soon)


def _signed(delivery: Delivery, hub_url: str) -> Delivery:
    """The same, saying for whom it is sent and what ends it."""
    asked_for = all(event.occasion in _OWN for event in delivery.outgoing.events)
    why = wording.why(delivery.channel.owner, hub_url, asked_for=asked_for)
    return replace(delivery, outgoing=replace(delivery.outgoing, why=why))


def _note(change: Change, delivery: Delivery, problem: NotSent | None) -> None:
    """Write down how a try went. Who has lost the channel meanwhile leaves that to whoever has it."""
    taken = delivery.channel
    # First, and so that it waits for whoever adds a notice at this moment: see wake_channel.
    if not sql.take_channel(change.conn, replace(taken, due_at=delivery.lease), delivery.lease):
        return
    if problem is None:
        sql.end_try(change.conn, delivery.outgoing.id, "sent", "", change.at)
        start, sent = digest.counted(taken, change.at)
        told = {"sent_at": change.at, "failing_since": None, "last_error": ""}
        sql.change_channel(change.conn, taken.id, window_start=start, window_sent=sent, **told)
    else:
        again = _again(delivery, problem, change.at)
        sql.end_try(change.conn, delivery.outgoing.id, "open" if again else "failed", str(problem), change.at)
        since = taken.failing_since or change.at
        sql.change_channel(change.conn, taken.id, failing_since=since, last_error=str(problem)[:500])
        if again:
            sql.change_channel(change.conn, taken.id, due_at=again)
            return
        _log.error("message %s to %s is given up: %s", delivery.outgoing.id, shown(taken), problem)
    channel = sql.find_channel(change.conn, taken.id)
    more = sql.waiting(change.conn, taken.id, 1)
    sql.change_channel(change.conn, taken.id, due_at=digest.may_send_at(channel, change.at) if more else None)


def _again(delivery: Delivery, problem: NotSent, now: datetime) -> datetime | None:
    since = delivery.channel.failing_since
    if problem.for_good or delivery.tries > len(WAITS) or (since is not None and now - since > PATIENCE):
        return None
    return now + WAITS[delivery.tries - 1]
