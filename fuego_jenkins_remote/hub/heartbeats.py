"""Signs of life of attempts, many in one call: who runs hundreds of builds says so in one transaction.

500 beats cost three statements: one reads the attempts with their requests, one writes the times, one the texts that
are new. The requests themselves are not written: their readers are told by news.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.records import Living
from fuego_jenkins_remote.hub.statements import heartbeats as sql
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.states import State

MAX_BEATS = 500
"""Beats that one call may bring."""


@dataclass(frozen=True, kw_only=True)
class Beat:
    """A sign of life, with what is new; None: as it was."""

    attempt: AttemptId
    log_tail: str | None = None
    queue_why: str | None = None
    build_url: str | None = None

    def news(self, known: Living) -> dict[str, str]:
        """The texts that are not known yet."""
        said = {"log_tail": self.log_tail, "queue_why": self.queue_why, "build_url": self.build_url}
        return {key: text for key, text in said.items() if text is not None and text != getattr(known, key)}


@dataclass(frozen=True, kw_only=True)
class Alive:
    """The answer to a beat; an attempt that is over (or was never this lab's) has no lease any more."""

    attempt: AttemptId
    lease_seconds: float
    cancel: bool
    state: State | Literal["over"]


def beat(change: Change, host: str, beats: Sequence[Beat]) -> list[Alive]:
    """Take the beats of a lab; the answers in the same order. Of two for one attempt the second one counts."""
    living = sql.living(change.conn, host, [one.attempt for one in beats])
    written = {one.attempt: one for one in beats if one.attempt in living}
    due = {which: _due(change, living[which]) for which in written}
    news = {which: new for which, one in written.items() if (new := one.news(living[which]))}
    sql.beaten(change.conn, [living[which] for which in written], due, change.at)
    sql.say(change.conn, [living[which] for which in news], news)
    for which in news:
        change.has_news(which.request)
    return [_answer(change, one.attempt, living) for one in beats]


def silent_after(change: Change, started: datetime, timeout: int) -> datetime:
    """When a running attempt that says nothing more counts as lost; `timeout` in seconds."""
    return max(change.at, started + timedelta(seconds=timeout)) + change.times.grace


def _due(change: Change, one: Living) -> datetime:
    if one.state is State.RUNNING:
        return silent_after(change, one.started_at or change.at, one.timeout)
    return change.at + (change.times.lease if one.state is State.ASSIGNED else change.times.give_up)


def _answer(change: Change, which: AttemptId, living: Mapping[AttemptId, Living]) -> Alive:
    one = living.get(which)
    if one is None:
        return Alive(attempt=which, lease_seconds=0, cancel=False, state="over")
    lease = change.times.lease.total_seconds()
    return Alive(attempt=which, lease_seconds=lease, cancel=one.cancel_requested, state=one.state)
