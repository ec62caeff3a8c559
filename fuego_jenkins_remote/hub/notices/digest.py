"""One message of many notices, and when it is time for one. Pure.

The first messages to a channel go out at once. What comes after these within a window is collected until the window
ends, into one message with a count of each kind and a line for each notice. Programs get each event by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from fuego_jenkins_remote.hub.notices.values import Channel, Event, Outgoing

AT_ONCE = 3
"""So many messages of a window go out at once."""

WINDOW = timedelta(minutes=5)

LARGEST = 200
"""A message holds no more notices than this; the next one has the rest."""

_LONGEST_TITLE = 180


def at_most(channel: Channel) -> int:
    """How many notices one message to this channel may hold."""
    return 1 if channel.kind == "webhook" else LARGEST


def may_send_at(channel: Channel, now: datetime) -> datetime:
    """When the next message may go out: now, or when the window ends."""
    if channel.kind == "webhook" or channel.window_start is None or channel.window_sent < AT_ONCE:
        return now
    return max(now, channel.window_start + WINDOW)


def counted(channel: Channel, now: datetime) -> tuple[datetime, int]:
    """The window, and how many messages it has, after one has gone out now."""
    if channel.window_start is None or now >= channel.window_start + WINDOW:
        return now, 1
    return channel.window_start, channel.window_sent + 1


def compose(message_id: str, events: Sequence[Event], *, again: bool) -> Outgoing:
    """The message of these events. `again`: an earlier try may have arrived."""
    if len(events) == 1:
        [event] = events
        title, body = event.title, event.body
    else:
        counts = Counter(event.occasion for event in events)
        title = f"{len(events)} notices: {', '.join(f'{number} {name}' for name, number in counts.most_common())}"
        lines = [f"{event.at:%H:%M} {event.line}" for event in events]
        body = "\n".join([f"{title}. Times are in UTC.", "", *lines]) + "\n"
    return Outgoing(id=message_id, title=_one_line(title), body=body, events=tuple(events), again=again)


def _one_line(text: str) -> str:
    """As a mail's subject, and a chat's first line, may be."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= _LONGEST_TITLE else line[: _LONGEST_TITLE - 1] + "…"
