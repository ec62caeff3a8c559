"""What is happening to a request, and what comes next, in words: for its page and for `ftc query-request`. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fuego_jenkins_remote.hub.records import Approval, Attempt, Board, Request
from fuego_jenkins_remote.network.boards import Standing, in_brief
from fuego_jenkins_remote.network.states import State

_SILENT = timedelta(minutes=2)
_FEW = 5


@dataclass(frozen=True, kw_only=True)
class Told:
    """A sentence on now, one on what comes next (may be empty), and a command that a person may want (may be empty)."""

    now: str
    then: str = ""
    command: str = ""

    def __str__(self) -> str:
        """The sentences."""
        return " ".join(filter(None, (self.now, self.then, self.command)))


def tell(request: Request, boards: Sequence[Board], attempt: Attempt | None, at: datetime) -> Told:
    """Say it; `boards` are those that serve the request, `attempt` is the current one."""
    if request.state is State.PENDING:
        return _pending(request, boards, at)
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


def _pending(request: Request, boards: Sequence[Board], at: datetime) -> Told:
    if request.held:
        asked_of = [f"{one.host} (asked {one.at:%Y-%m-%d %H:%M} UTC)" for one in request.approvals if _open(one)]
        return Told(
            now=f"It waits for the people of {' and '.join(asked_of)} to approve it.",
            then="A maintainer of the lab's team answers with:",
            command=f"ftc approve-request {request.id}",
        )
    asked = [approval.host for approval in request.approvals if approval.answer != "approved"]
    boards = [board for board in boards if board.host not in asked and str(board) not in request.avoided]
    by = {word: [board for board in boards if board.standing(at) is word] for word in Standing}
    before = _sentence(f"It was given back before: {request.reason}") if request.reason else ""
    if idle := by[Standing.FREE]:
        some = ", ".join(map(str, idle[:_FEW])) + (", …" if len(idle) > _FEW else ".")
        return Told(
            now=f"It waits for a lab to claim it; {_number(len(idle), 'idle board')} would do: {some}",
            then=before or "A lab that is connected claims it within a second.",
        )
    if by[Standing.BUSY]:
        rest = len(boards) - len(by[Standing.BUSY])
        others = "the other is" if rest == 1 else "the others are"
        down = f"{others} not to be had: {_down(boards, by, at)}" if rest else "all are busy."
        some = f"{len(by[Standing.BUSY])} of them busy, {down}" if rest else down
        return Told(
            now=f"It waits: {_number(len(boards), 'board')} would do, {'' if rest else 'and '}{some}",
            then=f"The next free one takes it. {before}".rstrip(),
        )
    if not boards:
        return Told(now="It waits for a board that may run it.", then=before)
    none = "it is not to be had" if len(boards) == 1 else "none is to be had"
    return Told(
        now=f"It waits: {_number(len(boards), 'board')} would do, and {none} now: {_down(boards, by, at)}",
        then=f"It starts when {'it' if len(boards) == 1 else 'one of them'} is back. {before}".rstrip(),
    )


def _down(boards: Sequence[Board], by: Mapping[Standing, Sequence[Board]], at: datetime) -> str:
    """Why boards take nothing; the first few, each with its reason."""
    down = [board for board in boards if board not in by[Standing.FREE] and board not in by[Standing.BUSY]]
    more = f"; and {len(down) - _FEW} more" if len(down) > _FEW else ""
    return _sentence("; ".join(_why(board, board.standing(at)) for board in down[:_FEW]) + more)


def _why(board: Board, standing: Standing) -> str:
    match standing:
        case Standing.WITHDRAWN:
            return f"{board} is offline, as its lab wants it"
        case Standing.SILENT:
            return f"nothing was heard of the lab {board.host} since {board.last_seen:%Y-%m-%d %H:%M} UTC ({board})"
        case Standing.MAINTENANCE:
            by = f", says {board.maintenance_by}" if board.maintenance_by and board.maintenance else ""
            reason = f" ({in_brief(board.because)}{by})" if board.because else ""
            return f"{board} is in maintenance{reason}"
        case _:
            reason = f" ({in_brief(board.health_reason)})" if board.health_reason else ""
            return f"{board} is {board.health}{reason}"


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


def _open(approval: Approval) -> bool:
    return approval.answer == "requested"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
