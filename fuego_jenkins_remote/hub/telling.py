"""What a request's page says first: what is happening to it, and what comes next. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fuego_jenkins_remote.hub.records import Attempt, Board, Request
from fuego_jenkins_remote.network.states import State

_SILENT = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class Told:
    """A sentence on now, one on what comes next (may be empty), and a command that a person may want (may be empty)."""

    now: str
    then: str = ""
    command: str = ""


def tell(request: Request, boards: Sequence[Board], attempt: Attempt | None, at: datetime) -> Told:
    """Say it; `boards` are those that serve the request, `attempt` is the current one."""
    if request.state is State.PENDING:
        return _pending(request, boards)
    if request.state is State.RUNNING:
        return _running(request, attempt, at)
    return _plain(request)[request.state]


def _plain(request: Request) -> dict[State, Told]:
    place = f"{request.host}:{request.board}"
    queue = f" Jenkins there says: {request.queue_why}" if request.queue_why else ""
    late = "Without one it ends as an error after a day."
    if request.retries_left:
        late = "Without one it is tried on another board."
    return {
        State.ASSIGNED: Told(
            now=f"{place} has it; its job has not started yet.{queue}", then="The test starts as soon as the job does."
        ),
        State.TESTED: Told(
            now=f"The test has ended on {place} with {request.status}.",
            then="The lab is delivering the run; the board is free already.",
        ),
        State.DONE: Told(
            now=f"It ran on {place}: {request.status}.",
            then=request.reason or ("" if request.run_url else f"The run is called {request.run_key}."),
            command="" if request.reason else f"ftc get-run {request.id}",
        ),
        State.LOST: Told(
            now=f"{place} has said nothing for longer than the test may take.",
            then=f"A late result still counts. {late}",
        ),
        State.ERROR: Told(
            now=_sentence(f"It could not be run: {request.reason}"), then="This is no verdict of the test."
        ),
        State.REJECTED: Told(now=_sentence(f"No lab runs it: {request.reason}")),
        State.CANCELLED: Told(
            now=_sentence(f"It was called off: {request.reason}" if request.reason else "It was called off")
        ),
        State.EXPIRED: Told(now="Its deadline passed before a lab took it."),
    }


def _pending(request: Request, boards: Sequence[Board]) -> Told:
    if request.held:
        hosts = [approval.host for approval in request.approvals if approval.answer == "waiting"]
        return Told(
            now=f"It waits for the people of {' and '.join(hosts)} to approve it.",
            then="An admin of the lab's team answers with:",
            command=f"ftc approve-request {request.id}",
        )
    asked = [approval.host for approval in request.approvals if approval.answer != "approved"]
    boards = [board for board in boards if board.host not in asked and str(board) != request.avoid]
    online = [board for board in boards if board.online]
    idle = [board for board in online if board.busy_with is None]
    if not online:
        return Told(now=f"It waits: {_number(len(boards), 'board')} would do, and none is online.")
    if not idle:
        return Told(
            now=f"It waits: {_number(len(online), 'board')} would do, and all are busy.",
            then="The next free one takes it.",
        )
    some = ", ".join(map(str, idle[:5])) + (", …" if len(idle) > 5 else ".")
    return Told(
        now=f"It waits for a lab to claim it; {_number(len(idle), 'idle board')} would do: {some}",
        then="A lab that is connected claims it within a second.",
    )


def _running(request: Request, attempt: Attempt | None, at: datetime) -> Told:
    place = f"{request.host}:{request.board}"
    if request.cancel_requested:
        return Told(now=f"It runs on {place} and is being stopped.", then="It is cancelled when the lab says so.")
    heard = attempt.heartbeat_at if attempt else None
    if heard is not None and at - heard > _SILENT:
        return Told(
            now=f"It was started on {place}, and the lab is not heard since {heard:%H:%M:%S} UTC.",
            then="The test may go on all the same; its result is taken when the lab is back.",
        )
    limit = timedelta(seconds=request.timeout)
    end = f"It is stopped at {request.started_at + limit:%H:%M:%S} UTC at the latest." if request.started_at else ""
    return Told(now=f"It runs on {place}.", then=end)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
