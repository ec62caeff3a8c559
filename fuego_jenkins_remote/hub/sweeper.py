"""What happens because nothing happened: leases that are over, silent attempts, deadlines. A little a pass."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from starlette.concurrency import run_in_threadpool

from fuego_jenkins_remote.hub import approvals, attempts, life
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.errors import Conflict, HubError
from fuego_jenkins_remote.hub.queue import failures
from fuego_jenkins_remote.hub.records import Attempt, Request
from fuego_jenkins_remote.hub.statements import attempts as attempt_sql
from fuego_jenkins_remote.hub.statements import requests as request_sql
from fuego_jenkins_remote.hub.statements import turns as turn_sql
from fuego_jenkins_remote.hub.waiters import SWEEPER, pause
from fuego_jenkins_remote.network.reasons import Reason, meaning
from fuego_jenkins_remote.network.states import By, Event, State

A_PASS = 50
"""At most so many attempts, and so many requests, in one pass."""

A_PASS_SECONDS = 120.0
"""A pass that takes longer has come to a stop: each of its transactions waits ten seconds for others at most."""

FORGOTTEN = timedelta(days=7)
"""What somebody has used of a board so long ago does not count any more."""

_log = logging.getLogger("hub.sweeper")


def sweep(hub: Hub) -> int:
    """One pass; how many attempts and requests it has moved on."""
    now = hub.clock()
    with hub.reading() as conn:
        overdue = attempt_sql.overdue(conn, now, A_PASS)
        expired = request_sql.past_deadline(conn, now, A_PASS)
        unanswered = request_sql.to_remind(conn, now, A_PASS)
        forgotten = turn_sql.are_forgotten(conn, now - FORGOTTEN)
    for attempt in overdue:
        _one(hub, partial(_look_at, seen=attempt))
    for request in expired:
        _one(hub, partial(_expire, seen=request))
    for request_id, host in unanswered:
        _one(hub, partial(approvals.remind, request_id=request_id, host=host))
    if forgotten:
        _one(hub, _forget)
    return len(overdue) + len(expired)


def _forget(change: Change) -> None:
    turn_sql.forget(change.conn, change.at - FORGOTTEN, A_PASS)


def _one(hub: Hub, look: Callable[[Change], None]) -> None:
    try:
        with hub.change() as change:
            look(change)
    except HubError as error:
        # One that cannot be moved on must not keep the others.
        _log.error("the sweeper leaves one as it is: %s", error)


async def sweep_on(hub: Hub, seconds: float) -> None:
    """Pass after pass, this far apart, for as long as the service runs."""
    with hub.waiters.waiting(SWEEPER) as stopped:
        while not stopped.is_set():
            hub.loops.beat("sweeper", within=seconds + A_PASS_SECONDS)
            try:
                busy = hub.leads and await run_in_threadpool(sweep, hub) >= A_PASS
            except Exception:
                # A full disk, a locked database: later again, and the service goes on.
                _log.exception("a pass of the sweeper failed")
                busy = False
            await pause(stopped, 0.01 if busy else seconds)
    hub.loops.ended("sweeper")


def _look_at(change: Change, seen: Attempt) -> None:
    life.hold(change, seen.request_id)
    attempt = attempt_sql.find(change.conn, seen.request_id, seen.number)
    if attempt is None or attempt.due_at is None or attempt.due_at > change.at:
        return  # the lab has spoken meanwhile
    request = life.find(change, attempt.request_id)
    if request.attempt != attempt.number or request.state != attempt.state:
        attempt_sql.change(change.conn, attempt, {"due_at": None})
    elif request.state is State.ASSIGNED:
        _lease_over(change, attempt, request)
    elif request.state is State.RUNNING:
        _silent(change, attempt, request)
    elif request.state is State.LOST:
        _given_up(change, attempt, request)


def _lease_over(change: Change, attempt: Attempt, request: Request) -> None:
    reason = f"{attempt.host} gave no sign of life within the lease"
    moved = attempts.back_to_pending(
        change,
        attempt,
        request,
        event=Event.LEASE_OVER,
        by=By.HUB,
        who=life.HUB,
        reason=reason,
        ends_as=attempts.LEASE_OVER,
        pause=True,
    )
    approvals.settle(change, moved)


def _silent(change: Change, attempt: Attempt, request: Request) -> None:
    """Lost. A late result is waited for: not as long if another try may follow."""
    again = attempts.may_retry(change, attempt, request)
    wait = change.times.grace if again else change.times.give_up
    attempt_sql.change(
        change.conn,
        attempt,
        {"state": State.LOST, "due_at": change.at + wait, "stop": False, "reason": meaning(Reason.LOST)},
    )
    lost = life.move(change, request, Event.SILENT, by=By.HUB, who=life.HUB, reason=meaning(Reason.LOST))
    failures.count(change, attempt.host, attempt.board, meaning(Reason.LOST))
    change.wake_labs([attempt.host])
    if lost.cancel_requested:
        who = lost.requester
        life.move(change, lost, Event.CANCEL, by=By.REQUESTER, who=who, reason="its lab did not answer any more")
        ended = {"state": State.CANCELLED, "ended_at": change.at, "due_at": None}
        gone = attempt_sql.find(change.conn, attempt.request_id, attempt.number)
        if gone is not None:
            attempt_sql.change(change.conn, gone, ended)


def _given_up(change: Change, attempt: Attempt, request: Request) -> None:
    if attempts.may_retry(change, attempt, request):
        attempt_sql.change(change.conn, attempt, {"ended_at": change.at, "due_at": None})
        attempts.retry(change, attempt, request)
    else:
        attempts.fail(
            change, attempt, request, event=Event.GIVEN_UP, by=By.HUB, who=life.HUB, reason=meaning(Reason.LOST)
        )


def _expire(change: Change, seen: Request) -> None:
    request = life.find(change, seen.id)
    try:
        life.move(change, request, Event.DEADLINE, by=By.HUB, who=life.HUB, reason="its deadline passed")
    except Conflict:
        return  # a lab was quicker
