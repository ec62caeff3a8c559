"""The one way to change a request's state: by an event of `network/states.py`, with a row of history."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown
from fuego_jenkins_remote.hub.notices import events
from fuego_jenkins_remote.hub.queue import lanes
from fuego_jenkins_remote.hub.records import HUB, HistoryEntry, Request
from fuego_jenkins_remote.hub.statements import locks
from fuego_jenkins_remote.hub.statements import requests as sql
from fuego_jenkins_remote.network.states import FINAL, BadTransition, By, Event, State, advance, may

__all__ = ["HUB", "find", "fresh", "hold", "move", "note"]


def find(change: Change, request_id: str) -> Request:
    """The request, which nobody else changes from now on until this transaction ends; raises NotKnown."""
    hold(change, request_id)
    request = sql.find(change.conn, request_id)
    if request is None:
        raise NotKnown(f"there is no request {request_id}")
    return request


def hold(change: Change, request_id: str) -> None:
    """Let nobody else change the request until this transaction ends; it is as the last one has left it."""
    if request_id not in change.locked:
        locks.request(change.conn, request_id)
        change.locked.add(request_id)


def fresh(change: Change, request: Request) -> Request:
    """The request as it is now, where it was read when others could still change it."""
    if request.id in change.locked or not locks.runs_beside_others(change.conn):
        return request
    return find(change, request.id)


def move(
    change: Change,
    request: Request,
    event: Event,
    *,
    by: By,
    who: str,
    reason: str = "",
    will_retry: bool = False,
    keep_reason: bool = False,
    **values: Any,
) -> Request:
    """Let `event` happen to the request as it was read, write `values` with it, and give it as it is now.

    Raises Conflict where the table has no such event, and where somebody else has moved it since. People are told of a
    start, a loss, and an end, unless another try follows at once. The reason of an end is kept with the request, but
    for done: there, and on the way back to pending, `keep_reason` says that it is worth it.
    """
    try:
        state = advance(request.state, event)
    except BadTransition as error:
        raise Conflict(_already(request), code="conflict") from error
    if not may(request.state, event, by):
        raise Conflict(f"the request is {request.state}: '{event}' is not for the {by}")
    values["held"] = False  # wherever it goes: only what waits is held, and only `approvals.settle` says so
    if state is State.PENDING:
        values |= {"host": None, "board": None, "ended_at": None}
    if state is State.ASSIGNED:
        values["reason"] = ""  # what stopped an earlier attempt
    if state in FINAL:
        values["ended_at"] = change.at
    if keep_reason or (state in FINAL and state is not State.DONE):
        values["reason"] = reason
    if not sql.change(change.conn, request, change.at, {"state": state, **values}):
        raise Conflict(f"the request {request.id} has changed meanwhile: somebody else was first")
    change.moved[str(state)] += 1
    if state is State.ASSIGNED and request.attempt == 0:
        change.waits.append((change.at - request.created_at).total_seconds())
    note(change, request, str(state), who=who, reason=reason)
    if state in FINAL and not will_retry:
        sql.drop_questions(change.conn, request.id)
    moved = _claimed(request, change.at, values) if state is State.ASSIGNED else find(change, request.id)
    if state in FINAL and request.campaign is not None:
        change.ended_in.add(request.campaign)
    if state is State.PENDING:
        lanes.enter(change.conn, moved)
    if not will_retry:
        events.moved(change, moved, who)
    return moved


def _claimed(request: Request, at: datetime, values: dict[str, Any]) -> Request:
    """As it reads now that a lab has it: nobody else has changed it since, and of its new attempt nothing is known."""
    return replace(request, state=State.ASSIGNED, version=request.version + 1, updated_at=at, **values)


def note(change: Change, request: Request, new: str, *, who: str, reason: str) -> None:
    """Add to the history of a request whose version was just raised, and wake its readers."""
    entry = HistoryEntry(at=change.at, old=str(request.state), new=new, who=who, reason=reason)
    sql.add_history(change.conn, request.id, entry)
    change.wake_readers(request.id)
    change.wake_campaign(request.campaign)


def _already(request: Request) -> str:
    where = f" on {request.host}:{request.board}" if request.host else ""
    return f"the request {request.id} is already {request.state}{where}"
