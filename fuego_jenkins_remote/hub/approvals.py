"""A lab's yes or no to one request, and what follows when no lab is left that might say yes."""

from __future__ import annotations

from collections.abc import Sequence

from fuego_jenkins_remote.hub import audit, life, sight
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown, NotYours
from fuego_jenkins_remote.hub.notices import events
from fuego_jenkins_remote.hub.records import Answer, Approval, Board, Caller, Request
from fuego_jenkins_remote.hub.statements import boards as board_sql
from fuego_jenkins_remote.hub.statements import people
from fuego_jenkins_remote.hub.statements import requests as sql
from fuego_jenkins_remote.network.identities import MAX_ATTEMPTS
from fuego_jenkins_remote.network.permissions import Action, Thing, may
from fuego_jenkins_remote.network.states import FINAL, By, Event, State


def answer(change: Change, caller: Caller, request_id: str, host: str, *, given: Answer, reason: str = "") -> Request:
    """A maintainer of the lab's team, or the lab itself, says yes or no.

    The same answer again changes nothing, and a yes stays with who gave it first: it may be what the test runs on.
    """
    lab = people.find_lab(change.conn, host)
    if lab is None:
        raise NotKnown(f"there is no lab {host}")
    if not may(caller.actor, Action.ANSWER_REQUEST, Thing(labs={host: lab.team})):
        raise NotYours(f"only maintainers of the team {lab.team} and the lab {host} itself answer for {host}")
    request = sight.find_for(change.conn, caller, request_id)
    before = request.approval(host)
    if before is not None and (before.answer, before.reason, before.by) == (given, reason, caller.name):
        return request
    if request.state in FINAL:
        raise Conflict(f"the request {request_id} is over: it is {request.state}")
    if before is not None and given == "approved" == before.answer and request.state is not State.PENDING:
        return request
    if before is None and all(board.host != host for board in board_sql.of_lane(change.conn, request.lane_id)):
        # Else the admins of any lab could write into the history of everybody's requests.
        raise NotYours(f"the request {request_id} is for no board of {host}: there is nothing to answer")
    action = "approve-request" if given == "approved" else "reject-request"
    said = f"for {host}: {reason}" if reason else f"for {host}"
    audit.write(change, caller, action, f"request {request_id}", said, team=lab.team, request_id=request_id)
    return record(change, request, host, given, reason, by=caller.name)


def record(change: Change, request: Request, host: str, given: Answer, reason: str, *, by: str) -> Request:
    """Write the answer down and let follow what follows from it."""
    approval = Approval(host=host, answer=given, reason=reason, by=by, at=change.at)
    sql.set_approval(change.conn, request.id, approval)
    sql.touch(change.conn, request.id)
    words = {
        "requested": f"{host} asks its people",
        "approved": f"approved for {host}",
        "rejected": f"rejected by {host}",
    }
    said = f"{words[given]}: {reason}" if reason else words[given]
    life.note(change, request, str(request.state), who=by, reason=said)
    request = life.find(change, request.id)
    if given == "requested":
        events.ask_lab(change, request, host, reason)
    return settle(change, request)


def settle(change: Change, request: Request) -> Request:
    """See who is left for a waiting request: offer it, hold it back, or reject it with the reason."""
    if request.state is not State.PENDING:
        return request
    left = _left(change, request)
    if request.attempt >= MAX_ATTEMPTS:
        return _reject(change, request, Event.UNMATCHED, f"{request.attempt} attempts, and no lab has run it")
    if not left:
        return _reject(change, request, Event.UNMATCHED, "no board of the network matches it any more")
    answers = {host: request.approval(host) for host in sorted({board.host for board in left})}
    if all(approval is not None and approval.answer == "rejected" for approval in answers.values()):
        reasons = [
            f"{approval.host}: {approval.reason or 'no'}" for approval in answers.values() if approval is not None
        ]
        return _reject(change, request, Event.REFUSED, "; ".join(reasons))
    held = all(approval is not None and approval.answer != "approved" for approval in answers.values())
    if held != request.held:
        sql.change(change.conn, request, change.at, {"held": held})
        change.wake_readers(request.id)
        change.wake_campaign(request.campaign)
        request = life.find(change, request.id)
    if not held:
        change.wake_labs(answers)
    return request


def _left(change: Change, request: Request) -> Sequence[Board]:
    """The boards that could run it, some day."""
    boards = board_sql.of_lane(change.conn, request.lane_id)
    return [board for board in boards if str(board) != request.avoid]


def _reject(change: Change, request: Request, event: Event, reason: str) -> Request:
    return life.move(change, request, event, by=By.HUB, who=life.HUB, reason=reason)
