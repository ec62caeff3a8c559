"""What is happening to a request, and what comes next, in words: for its page and for `ftc query-request`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fuego_jenkins_remote.hub.queue.stops import NEVER, Stopped
from fuego_jenkins_remote.hub.records import Approval, Attempt, Request
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


def tell(request: Request, boards: Sequence[Stopped], attempt: Attempt | None, at: datetime) -> Told:
    """Say it; `boards` are those that match what waits, with what stops it there, `attempt` is the current one."""
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


def _pending(request: Request, boards: Sequence[Stopped]) -> Told:
    if request.held:
        asked_of = [f"{one.host} (asked {one.at:%Y-%m-%d %H:%M} UTC)" for one in request.approvals if _open(one)]
        return Told(
            now=f"It waits for the people of {' and '.join(asked_of)} to approve it.",
            then="A maintainer of the lab's team answers with:",
            command=f"ftc approve-request {request.id}",
        )
    boards = [one for one in boards if not one.has(_DO_NOT_COUNT)]
    before = _sentence(f"It was given back before: {request.reason}") if request.reason else ""
    if not boards:
        return Told(now="It waits for a board that may run it.", then=before)
    open_to_it = [one.board for one in boards if not one.stops]
    if idle := [board for board in open_to_it if not board.busy]:
        some = ", ".join(map(str, idle[:_FEW])) + (", …" if len(idle) > _FEW else ".")
        return Told(
            now=f"It waits for a lab to claim it; {_number(len(idle), 'idle board')} would do: {some}",
            then=before or "A lab that is connected claims it within a second.",
        )
    down = [one for one in boards if one.stops]
    if open_to_it:
        return Told(
            now=f"It waits: {_number(len(boards), 'board')} would do, {_busy(len(open_to_it), down)}",
            then=f"The next free one takes it. {before}".rstrip(),
        )
    none = "it is not to be had" if len(boards) == 1 else "none is to be had"
    return Told(
        now=f"It waits: {_number(len(boards), 'board')} would do, and {none} now: {_each(down)}",
        then=f"{_when(down)} {before}".rstrip(),
    )


_DO_NOT_COUNT = frozenset({*NEVER, "rejected", "requested", "failed-here"})
"""Boards that such things keep from a request are none that would do."""


def _busy(number: int, down: Sequence[Stopped]) -> str:
    """That so many boards are busy, and the others not to be had."""
    if not down:
        return "and all are busy."
    others = "the other is" if len(down) == 1 else "the others are"
    return f"{number} of them busy, {others} not to be had: {_each(down)}"


def _each(down: Sequence[Stopped]) -> str:
    """Why boards take nothing; the first few, each with its reason."""
    more = f"; and {len(down) - _FEW} more" if len(down) > _FEW else ""
    return _sentence("; ".join(one.in_words() for one in down[:_FEW]) + more)


def _when(down: Sequence[Stopped]) -> str:
    """What has to change first, where no board is to be had."""
    if all(one.only_stands for one in down):
        return f"It starts when {'it' if len(down) == 1 else 'one of them'} is back."
    return (
        "It does not start before that has changed." if len(down) == 1 else "It does not start before one of them has."
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


def _open(approval: Approval) -> bool:
    return approval.answer == "requested"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
