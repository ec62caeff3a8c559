"""Long polls for a version, holding neither a thread nor a database connection while they wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.waiters import pause


async def newer(hub: Hub, key: str, version: Callable[[], int], *, seen: int, seconds: float) -> None:
    """Return when `version()` is beyond `seen`, or the time is over; it is asked anew when the key is woken."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    with hub.waiters.waiting(key) as event:
        while True:
            # Cleared before the look: what changes after it wakes us.
            event.clear()
            now = await run_in_threadpool(version)
            left = end - loop.time()
            if now > seen or left <= 0 or hub.waiters.closed:
                return
            if not await pause(event, left):
                return
