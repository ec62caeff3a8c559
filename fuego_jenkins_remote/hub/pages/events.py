"""Server-sent events: a page that is open is told what is new of it, for as long as its reader may see it.

A stream holds no thread and no connection to the database while it waits; whoever changes something wakes it
(`hub/waiters.py`). Each event has an id, which a browser sends again when its connection broke, so that nothing is sent
twice and nothing is missed. Who asks is looked up again for each event, and every few seconds without one: with a token
that was revoked, or for a thing that is hidden now, the stream ends.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from fastapi import Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.errors import HubError
from fuego_jenkins_remote.hub.waiters import pause
from fuego_jenkins_remote.service.problems import Problem, TooMany

LOOK_SECONDS = 15.0
PACE_SECONDS = 1.0
_BEAT_SECONDS = 15
_SEND_SECONDS = 30.0
_END_SECONDS = 5.0
"""So long a stream may take to end by itself when the hub stops: else the library, if it sees that before
`Waiters.close` does, cuts it off in the middle of the protocol."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """What a page gets: HTML with its parts; `last` when nothing comes after it."""

    id: str
    text: str
    last: bool = False


Look = Callable[[str], Event | None]
"""Takes the id of what the reader has; gives what is newer, or None. Raises what a route would, which ends it all."""


def stream(request: Request, hub: Hub, key: str, look: Look, *, seen: str, pace: float = PACE_SECONDS) -> Response:
    """Answer with events, whenever `key` is woken and `look` has something; raises TooMany.

    Two events are `pace` seconds apart at least: what changes meanwhile comes with the second one.
    A browser that comes back says what it has seen last (`Last-Event-ID`); a new page says it in `seen`.
    """
    reader = _reader(request)
    if hub.streams.full(reader):
        raise TooMany("So many pages are open that this one does not move by itself.", headers={"Retry-After": "15"})
    known = request.headers.get("last-event-id", seen)
    events = _events(hub, reader, key, look, known, pace)
    return EventSourceResponse(
        events, ping=_BEAT_SECONDS, send_timeout=_SEND_SECONDS, shutdown_grace_period=_END_SECONDS
    )


async def _events(  # noqa: PLR0917 - what stream() has found out
    hub: Hub, reader: str, key: str, look: Look, known: str, pace: float
) -> AsyncIterator[ServerSentEvent]:
    with hub.streams.one(reader), hub.waiters.waiting(key) as woken:
        while True:
            woken.clear()
            if hub.waiters.closed:
                return
            try:
                found = await run_in_threadpool(look, known)
            except (Problem, HubError):
                # Not this reader's to see any more: the page asks anew, and is told why.
                yield ServerSentEvent(event="gone", data="")
                return
            if found is None:
                await pause(woken, LOOK_SECONDS)
                continue
            known = found.id
            yield ServerSentEvent(event="page", id=found.id, data=found.text)
            if found.last:
                yield ServerSentEvent(event="end", data="")
                return
            with hub.waiters.waiting("pace of streams") as stopped:
                await pause(stopped, pace)


def _reader(request: Request) -> str:
    who = getattr(request.state, "principal", None)
    return f"{who.kind} {who.name}" if who else f"address {request.client.host if request.client else ''}"
