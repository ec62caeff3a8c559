"""Who waits for what: long polls, without a thread or a database connection while they wait.

A waiter registers a key, then looks into the database, then waits: what is changed after it looked wakes it, what was
changed before it looked was seen. Whoever changes something wakes the keys after the commit, from any thread.
"""

from __future__ import annotations

import asyncio
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b

from fuego_jenkins_remote.service.watch import held_back


def lab_key(host: str) -> str:
    """The key of a lab's claims."""
    return f"lab {host}"


def request_key(request_id: str) -> str:
    """The key of those who wait for a change of a request."""
    return f"request {request_id}"


def campaign_key(campaign_id: str) -> str:
    """The key of those who wait for a change of a campaign."""
    return f"campaign {campaign_id}"


NOTICES = "notices"
"""The key of the sender of notices."""

NEWS, NEWS_PAUSE = "news", "pause of the news"
"""The keys of who tells readers of new text."""
SWEEPER = "sweeper"
"""The key of who sweeps; it is woken at the end alone."""


def short(key: str) -> str:
    """A key in eight characters, as it goes to other processes. Two that are alike wake one too many."""
    return urlsafe_b64encode(blake2b(key.encode(), digest_size=6).digest()).decode()


_LOOPS = frozenset(map(short, (NOTICES, NEWS, NEWS_PAUSE, SWEEPER)))


class Waiters:
    """All who wait, in this process, by the short form of their key."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._lock = threading.Lock()
        self._waiting: dict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether the service is stopping: nobody is to wait any more."""
        return self._closed

    @contextmanager
    def waiting(self, key: str) -> Iterator[asyncio.Event]:
        """Register in the running event loop; the event is set by `wake(key)` and by `close()`."""
        key = short(key)
        event = asyncio.Event()
        entry = (asyncio.get_running_loop(), event)
        with self._lock:
            self._waiting.setdefault(key, set()).add(entry)
            if self._closed:
                event.set()
        try:
            yield event
        finally:
            with self._lock:
                entries = self._waiting[key]
                entries.discard(entry)
                if not entries:
                    del self._waiting[key]

    def wake(self, keys: Iterable[str]) -> None:
        """Wake all who wait for one of the keys; from any thread, after the commit."""
        self.wake_here(map(short, keys))

    def wake_here(self, shorts: Iterable[str]) -> None:
        """As `wake`, with keys in their short form: what another process has said."""
        with self._lock:
            entries = [entry for key in shorts for entry in self._waiting.get(key, ())]
        _set(entries)

    def wake_all(self) -> None:
        """Let everybody look who waits."""
        with self._lock:
            entries = [entry for of_key in self._waiting.values() for entry in of_key]
        _set(entries)

    def close(self) -> None:
        """Let all go, now and from now on: the service stops. Safe in a signal handler, which may interrupt `wake`."""
        self._closed = True
        _set([entry for entries in list(self._waiting.values()) for entry in list(entries)])

    def count(self) -> int:
        """How many wait, without the hub's own loops."""
        with self._lock:
            return sum(len(entries) for key, entries in self._waiting.items() if key not in _LOOPS)


async def pause(event: asyncio.Event, seconds: float) -> bool:
    """Wait for the event; False when the time was over first."""
    try:
        with held_back():
            async with asyncio.timeout(seconds):
                await event.wait()
    except TimeoutError:
        return False
    return True


def _set(entries: Iterable[tuple[asyncio.AbstractEventLoop, asyncio.Event]]) -> None:
    for loop, event in entries:
        if not loop.is_closed():
            loop.call_soon_threadsafe(event.set)
