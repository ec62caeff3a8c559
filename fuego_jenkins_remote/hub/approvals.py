"""A lab's yes or no to one request, and what follows when no lab is left that might say yes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from fuego_jenkins_remote.hub import audit, life, retries, sight, standing
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import Conflict, NotYours, Refused
from fuego_jenkins_remote.hub.notices import events
from fuego_jenkins_remote.hub.queue import lanes
from fuego_jenkins_remote.hub.records import Answer, Approval, Caller, Lab, Request
from fuego_jenkins_remote.hub.statements import boards as board_sql
from fuego_jenkins_remote.hub.statements import people
from fuego_jenkins_remote.hub.statements import requests as sql
from fuego_jenkins_remote.network.identities import MAX_ATTEMPTS
from fuego_jenkins_remote.network.states import FINAL, By, Event, State

MAX_HELD = 200
"""At most so many questions are listed for a lab."""
ASKS = "its people approve requests of other teams"
"""Why a lab is asked whose terms say so."""


@dataclass(frozen=True, kw_only=True)
class Always:
    """A yes that holds for all such requests of this user; `outside`: also where the test is not an installed one."""

    until: datetime | None = None
    outside: bool = False


@dataclass(frozen=True, kw_only=True)
class Held:
    """A request that waits for a lab's people, and the lab's boards that could run it."""

    request: Request
    approval: Approval
    boards: tuple[str, ...]


def answer(
    change: Change,
    caller: Caller,
    request_id: str,
    host: str,
    *,
    given: Literal["approved", "rejected"],
    reason: str = "",
    always: Always | None = None,
) -> Request:
    """A maintainer of the lab's team, or the lab itself, says yes or no; with `always` to all that is like it, too.

    The same answer again changes nothing, and a yes stays with who gave it first: it may be what the test runs on.
    """
    lab = standing.must_answer_for(change.conn, caller, host)
    life.hold(change, request_id)
    request = sight.find_for(change.conn, caller, request_id)
    if always is None:
        return _answer(change, caller, lab, request, given=given, reason=reason)
    _check_always(request, given, always)
    answered = _answer(change, caller, lab, request, given=given, reason=reason)
    standing.allow(
        change,
        caller,
        host,
        user=request.requester,
        test=request.test,
        until=always.until,
        outside=always.outside,
    )
    release(change, host)
    return answered


def ask(change: Change, request: Request, host: str, reason: str) -> Request:
    """A lab's people are to answer, as the lab or its terms say, unless what they have allowed for good does.

    A lab that asks although it has a yes does not count who gave it: then people are asked.
    """
    before = request.approval(host)
    if before is not None and before.answer == "approved":
        return record(change, request, host, "requested", reason, by=host)
    return settle(change, _ask(change, request, host, reason, by=host))


def _ask(change: Change, request: Request, host: str, reason: str, *, by: str) -> Request:
    allowed = standing.applying(change.conn, request, host, change.at)
    if allowed is not None:
        said = f"allowed for good: {allowed.id}"
        return _write(change, request, host, "approved", said, by=allowed.by)
    return _write(change, request, host, "requested", reason, by=by)


def release(change: Change, host: str) -> None:
    """What waits for the lab's people and is allowed for good by now is approved."""
    for request in sql.asked_of(change.conn, host, MAX_HELD):
        allowed = standing.applying(change.conn, request, host, change.at)
        if allowed is not None:
            record(change, request, host, "approved", f"allowed for good: {allowed.id}", by=allowed.by)


def held_for(conn: sa.Connection, caller: Caller, host: str | None = None) -> list[Held]:
    """What waits for the people of the caller's labs, or of one of them; the oldest question of a lab first.

    Raises NotKnown, NotYours for a lab that the caller does not answer for.
    """
    if host is not None:
        standing.must_answer_for(conn, caller, host)
    hosts = [host] if host is not None else people.labs_kept_by(conn, caller)
    return [
        Held(request=request, approval=approval, boards=_boards_at(conn, request, each))
        for each in hosts
        for request in sql.asked_of(conn, each, MAX_HELD)
        if (approval := request.approval(each)) is not None
    ]


def remind(change: Change, request_id: str, host: str) -> None:
    """The lab's people have not answered for a day: they are told again, this once."""
    request = life.find(change, request_id)
    approval = request.approval(host)
    if not sql.reminded(change.conn, request_id, host, change.at) or approval is None:
        return  # another process was quicker
    if request.state is State.PENDING:
        events.asked(change, request, host, approval.reason, since=approval.at)


def _answer(
    change: Change, caller: Caller, lab: Lab, request: Request, *, given: Literal["approved", "rejected"], reason: str
) -> Request:
    host = lab.host
    before = request.approval(host)
    if before is not None and (before.answer, before.reason, before.by) == (given, reason, caller.name):
        return request
    if request.state in FINAL:
        raise Conflict(f"the request {request.id} is over: it is {request.state}")
    if before is not None and given == "approved" == before.answer and request.state is not State.PENDING:
        return request
    if before is None and host not in lanes.labs_left(change.conn, request, change.at):
        # Else the admins of any lab could write into the history of everybody's requests.
        raise NotYours(f"the request {request.id} is for no board of {host}: there is nothing to answer")
    action = "approve-request" if given == "approved" else "reject-request"
    said = f"for {host}: {reason}" if reason else f"for {host}"
    audit.write(change, caller, action, f"request {request.id}", said, team=lab.team, request_id=request.id)
    return record(change, request, host, given, reason, by=caller.name)


def _check_always(request: Request, given: str, always: Always) -> None:
    if given != "approved":
        raise Refused("only a yes can be given for good: leave 'always' out")
    if request.from_outside and not always.outside:
        raise Refused(
            f"the test of {request.id} is not one that the lab has: a yes for good holds for installed tests only,"
            " unless it says that it holds for code from outside, too"
        )


def record(change: Change, request: Request, host: str, given: Answer, reason: str, *, by: str) -> Request:
    """Write the answer down and let follow what follows from it."""
    return settle(change, _write(change, request, host, given, reason, by=by))


def _write(change: Change, request: Request, host: str, given: Answer, reason: str, *, by: str) -> Request:
    approval = Approval(host=host, answer=given, reason=reason, by=by, at=change.at)
    remind_at = change.at + change.times.remind if given == "requested" else None
    sql.set_approval(change.conn, request.id, approval, remind_at)
    sql.touch(change.conn, request.id)
    words = {
        "requested": f"{host} asks its people",
        "approved": f"approved for {host}",
        "rejected": f"rejected by {host}",
    }
    said = f"{words[given]}: {reason}" if reason else words[given]
    life.note(change, request, str(request.state), who=by, reason=said)
    request = life.find(change, request.id)
    lane = lanes.lane_now(change.conn, request)
    if lane.id != request.lane_id:
        sql.change(change.conn, request, change.at, {"lane_id": lane.id})
        request = life.find(change, request.id)
        if request.state is State.PENDING and not request.held:
            lanes.enter(change.conn, request)
    if given == "requested":
        events.asked(change, request, host, reason)
    return request


def settle(change: Change, request: Request) -> Request:
    """See who is left for a waiting request: offer it, hold it back, or end it with the reason.

    It is rejected; one that has failed before ends as the error that it was.
    """
    request = life.fresh(change, request)
    if request.state is not State.PENDING:
        return request
    if request.attempt >= MAX_ATTEMPTS:
        why = f"{request.attempt} attempts, and no lab has run it"
        return (
            retries.give_up(change, request, why) if request.avoided else _reject(change, request, Event.UNMATCHED, why)
        )
    left = lanes.labs_left(change.conn, request, change.at)
    if not left:
        return _in_vain(change, request, Event.UNMATCHED, "no board of the network matches it any more")
    for host, asks in left.items():
        if asks and request.approval(host) is None:
            request = _ask(change, request, host, ASKS, by=life.HUB)
    answers = {host: request.approval(host) for host in left}
    if all(approval is not None and approval.answer == "rejected" for approval in answers.values()):
        reasons = [
            f"{approval.host}: {approval.reason or 'no'}" for approval in answers.values() if approval is not None
        ]
        return _in_vain(change, request, Event.REFUSED, "; ".join(reasons))
    held = not any(_may_run(approval, asks=left[host]) for host, approval in answers.items())
    if held != request.held:
        sql.change(change.conn, request, change.at, {"held": held})
        change.wake_readers(request.id)
        change.wake_campaign(request.campaign)
        request = life.find(change, request.id)
        if not held:
            lanes.enter(change.conn, request)
    if not held:
        change.wake_labs(answers)
    return request


def _boards_at(conn: sa.Connection, request: Request, host: str) -> tuple[str, ...]:
    return tuple(board.name for board in board_sql.of_lane(conn, request.lane_id, host=host))


def _may_run(approval: Approval | None, *, asks: bool) -> bool:
    """Whether boards of a lab may have it, as its people have answered; `asks`: each of the lab's boards asks them."""
    if approval is None or lanes.asked_by_the_hub(approval):
        return not asks
    return approval.answer == "approved"


def _reject(change: Change, request: Request, event: Event, reason: str) -> Request:
    return life.move(change, request, event, by=By.HUB, who=life.HUB, reason=reason)


def _in_vain(change: Change, request: Request, event: Event, reason: str) -> Request:
    """No board is left that might run it: it is rejected, unless another try of it is what waits in vain."""
    if not request.avoided:
        return _reject(change, request, event, reason)
    why = f"no other lab runs it: {reason}" if event is Event.REFUSED else "no other board is left"
    return settle(change, retries.without_new_board(change, request, why))
