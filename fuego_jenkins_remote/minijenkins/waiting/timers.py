"""The clock of the timers: which jobs are due in a minute, and a loop that asks once a minute."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from ..jobs.job import Job
from .cron import schedule

_MINUTE = timedelta(minutes=1)
# After the machine has slept: what was due in the last hour is made up for, no more.
_MOST_MISSED = 60


def due(jobs: Iterable[Job], minute: datetime) -> list[Job]:
    """The jobs that a timer starts in this minute (aware); disabled ones never."""
    return [
        job
        for job in jobs
        if not job.config.disabled and any(schedule(spec, job.name).matches(minute) for spec in job.config.timers)
    ]


def minutes_between(last: datetime, now: datetime) -> Iterator[datetime]:
    """The whole minutes after `last` up to `now`: each is looked at once, also when the loop was late."""
    current = now.replace(second=0, microsecond=0)
    first = max(last.replace(second=0, microsecond=0) + _MINUTE, current - (_MOST_MISSED - 1) * _MINUTE)
    while first <= current:
        yield first
        first += _MINUTE


async def run_clock(
    tick: Callable[[datetime], None], clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> None:
    """Call `tick` with each whole minute that begins, for ever. A clock that is set back repeats no minute."""
    last = clock()
    while True:
        now = clock()
        await asyncio.sleep(60 - now.second - now.microsecond / 1e6 + 0.01)
        for minute in minutes_between(last, clock()):
            tick(minute)
            last = minute
