"""Tells the readers of requests of new text, once a second at most.

A lab may send new text as often as it likes. It is written with the attempt at once; the request's version, which its
readers wait for, is raised here, for all requests that have news together: one small transaction a second, however many
attempts run. What was never told, since the hub stopped in between, is told with the request's next change.
"""

from __future__ import annotations

import logging

from starlette.concurrency import run_in_threadpool

from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.statements import requests as sql
from fuego_jenkins_remote.hub.waiters import NEWS, NEWS_PAUSE, pause

_IDLE_SECONDS = 60.0
_A_PASS_SECONDS = 60.0
_log = logging.getLogger("hub.news")


def tell(hub: Hub) -> int:
    """Raise the versions of all requests that have news, and wake their readers; how many there were."""
    requests = hub.news.take()
    if not requests:
        return 0
    try:
        with hub.change() as change:
            sql.touch_all(change.conn, sorted(requests))
            for request_id in requests:
                change.wake_readers(request_id)
    except BaseException:
        hub.news.add(requests)
        raise
    return len(requests)


async def tell_on(hub: Hub, seconds: float = 1.0) -> None:
    """Tell for as long as the service runs: the first news at once, those that follow after this many seconds."""
    while not hub.waiters.closed:
        hub.loops.beat("news", within=_IDLE_SECONDS + _A_PASS_SECONDS)
        with hub.waiters.waiting(NEWS) as event:
            try:
                told = await run_in_threadpool(tell, hub)
            except Exception:
                # A full disk, a locked database: later again, and the service goes on.
                _log.exception("readers could not be told of news")
                told = 1
            if not told:
                await pause(event, _IDLE_SECONDS)
                continue
        with hub.waiters.waiting(NEWS_PAUSE) as stopped:
            await pause(stopped, seconds)
    hub.loops.ended("news")
