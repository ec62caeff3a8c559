"""What a lab says of an attempt: given back, started, alive, tested, delivered, failed, stopped.

Each call names the attempt and carries an id that the lab chose before the call. The same id again gets the same
answer; another one gets Conflict, as does a call for an attempt that is no longer the request's current one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from fuego_jenkins_remote.hub import approvals, life, retries, sight
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown, NotYours, Refused
from fuego_jenkins_remote.hub.heartbeats import Alive, Beat, beat, silent_after
from fuego_jenkins_remote.hub.queue import failures
from fuego_jenkins_remote.hub.records import Attempt, Request
from fuego_jenkins_remote.hub.statements import attempts as sql
from fuego_jenkins_remote.hub.statements import boards as board_sql
from fuego_jenkins_remote.network.identities import AttemptId, run_key
from fuego_jenkins_remote.network.reasons import Reason, is_the_boards, may_go_elsewhere, meaning
from fuego_jenkins_remote.network.states import By, Event, State

GIVEN_BACK = "given-back"
LEASE_OVER = "lease-over"
"""What an attempt ends as when its request waits again; else it has its request's state."""

_HAS_STARTED = (State.RUNNING, State.TESTED, State.DONE)
_LONGEST_PAUSE = 60  # times the pause of one give-back


def give_back(
    change: Change,
    host: str,
    which: AttemptId,
    *,
    call_id: str,
    reason: str,
    approval: Literal["requested", "rejected"] | None = None,
) -> Request:
    """The lab does not run it now. With `approval` its people are asked, or it refuses: no more offers to it."""
    attempt, request = _find(change, host, which)
    if attempt.give_back_id == call_id:
        return request
    _must_be_at(attempt, request, State.ASSIGNED)
    moved = back_to_pending(
        change,
        attempt,
        request,
        event=Event.GIVE_BACK,
        by=By.LAB,
        who=host,
        reason=reason,
        ends_as=GIVEN_BACK,
        pause=approval is None,
        give_back_id=call_id,
    )
    if approval == "requested":
        return approvals.ask(change, moved, host, reason)
    if approval == "rejected":
        return approvals.record(change, moved, host, approval, reason, by=host)
    return approvals.settle(change, moved)


def back_to_pending(
    change: Change,
    attempt: Attempt,
    request: Request,
    *,
    event: Event,
    by: By,
    who: str,
    reason: str,
    ends_as: str,
    pause: bool,
    **values: Any,
) -> Request:
    """An attempt that has not started ends, and its request waits again; with a `pause` for this board, ever longer."""
    until = change.at + change.times.pause * min(attempt.number, _LONGEST_PAUSE) if pause else None
    values |= {"state": ends_as, "ended_at": change.at, "due_at": None, "pause_until": until, "reason": reason}
    _change(change, attempt, values)
    # Who waits is told why it goes on; of people who are asked, their answer tells, and a cancel has its own reason.
    keep = pause and not request.cancel_requested
    return life.move(change, request, event, by=by, who=who, reason=reason, keep_reason=keep)


def start(change: Change, host: str, which: AttemptId, *, call_id: str, build_url: str, build_number: str) -> None:
    """The gate: returns for go, raises Conflict for no go. An attempt starts once, and only as the current one."""
    attempt, request = _find(change, host, which)
    if attempt.start_id == call_id and _is_current(attempt, request) and request.state in _HAS_STARTED:
        return
    _must_be_at(attempt, request, State.ASSIGNED)
    build = {"build_url": build_url, "build_number": build_number, "queue_why": ""}
    due = silent_after(change, change.at, request.timeout)
    started = {"start_id": call_id, "started_at": change.at, "heartbeat_at": change.at, "due_at": due}
    _change(change, attempt, {"state": State.RUNNING, **started, **build})
    life.move(change, request, Event.START, by=By.LAB, who=host, reason=_build(build_url, build_number))


def heartbeat(
    change: Change,
    host: str,
    which: AttemptId,
    *,
    log_tail: str | None = None,
    queue_why: str | None = None,
    build_url: str | None = None,
) -> Alive:
    """A sign of life, with what is new. Raises Conflict when the attempt is over."""
    attempt, request = _find(change, host, which)
    _must_be_at(attempt, request, State.ASSIGNED, State.RUNNING, State.LOST)
    said = Beat(attempt=which, log_tail=log_tail, queue_why=queue_why, build_url=build_url)
    [alive] = beat(change, host, [said])
    return alive


def tested(
    change: Change, host: str, which: AttemptId, *, call_id: str, status: str, key: str, summary: str
) -> Request:
    """The test has ended with this status, and the run will be found under `key`. The board is free."""
    attempt, request = _find(change, host, which)
    if attempt.tested_id == call_id:
        return request
    _must_be_the_runs(key, host, which)
    _must_be_at(attempt, request, State.RUNNING, State.LOST)
    values = {"state": State.TESTED, "tested_id": call_id, "tested_at": change.at, "summary": summary}
    _change(change, attempt, {**values, "due_at": None, "stop": False})
    board_sql.forget_failures(change.conn, host, attempt.board)
    change.wake_labs([host])
    return life.move(change, request, Event.TESTED, by=By.LAB, who=host, reason=status, status=status, run_key=key)


def done(
    change: Change, host: str, which: AttemptId, *, call_id: str, target: str, run_url: str, note: str = ""
) -> Request:
    """The run is delivered to `target`, where it stands at `run_url`; a note says why it is not, and never will be."""
    attempt, request = _find(change, host, which)
    if attempt.done_id == call_id:
        return request
    _must_be_at(attempt, request, State.TESTED)
    values = {"state": State.DONE, "done_id": call_id, "ended_at": change.at, "target": target}
    _change(change, attempt, values)
    said = note or (f"the run is at {target}" if target else "the run is delivered")
    moved = life.move(
        change, request, Event.DELIVERED, by=By.LAB, who=host, reason=said, keep_reason=bool(note), run_url=run_url
    )
    if change.on_done is not None and run_url:
        change.on_done(change, moved, run_url)
    return moved


def error(
    change: Change,
    host: str,
    which: AttemptId,
    *,
    call_id: str,
    reason: str,
    detail: str,
    console_tail: str,
    key: str = "",
) -> Request:
    """It could not be run. Put back at once if retries were asked, are left, and another board may do better.

    `key` is that of a run with what logs there are, if one will be delivered.
    """
    attempt, request = _find(change, host, which)
    if attempt.error_id == call_id:
        return request
    _must_be_the_runs(key or run_key(host, which), host, which)
    _must_be_at(attempt, request, State.ASSIGNED, State.RUNNING, State.LOST)
    said = f"{meaning(reason)}: {detail}" if detail else meaning(reason)
    if is_the_boards(reason):
        failures.count(change, host, attempt.board, said)
    tail = {"log_tail": console_tail} if console_tail else {}
    return fail(
        change,
        attempt,
        request,
        event=Event.FAILED,
        by=By.LAB,
        who=host,
        reason=said,
        key=key,
        elsewhere=may_go_elsewhere(reason),
        error_id=call_id,
        **tail,
    )


def cancelled(change: Change, host: str, which: AttemptId, *, call_id: str, reason: str) -> Request:
    """The lab has stopped it, as it was asked to, or a person there has."""
    attempt, request = _find(change, host, which)
    if attempt.cancelled_id == call_id:
        return request
    _must_be_at(attempt, request, State.ASSIGNED, State.RUNNING, State.LOST)
    if request.state is State.LOST:
        # The table lets only its requester cancel a lost one; for the lab this is how it failed.
        said = f"{meaning(Reason.ABORTED)}: {reason}" if reason else meaning(Reason.ABORTED)
        return fail(
            change, attempt, request, event=Event.FAILED, by=By.LAB, who=host, reason=said, cancelled_id=call_id
        )
    values = {"state": State.CANCELLED, "cancelled_id": call_id, "ended_at": change.at, "reason": reason}
    _change(change, attempt, {**values, "due_at": None, "stop": False})
    change.wake_labs([host])
    # Who asked for it has said why; the lab's words stay with the attempt.
    why = request.reason if request.cancel_requested and request.reason else reason
    return life.move(change, request, Event.CANCEL, by=By.LAB, who=host, reason=why)


def fail(
    change: Change,
    attempt: Attempt,
    request: Request,
    *,
    event: Event,
    by: By,
    who: str,
    reason: str,
    key: str = "",
    elsewhere: bool = True,
    **values: Any,
) -> Request:
    """The attempt ends in error; another follows if it may, and then `key`, the error's run, is not the request's.

    `elsewhere`: another board may do better.
    """
    values |= {"state": State.ERROR, "ended_at": change.at, "due_at": None, "stop": False, "reason": reason}
    _change(change, attempt, values)
    change.wake_labs([attempt.host])
    again = elsewhere and may_retry(change, attempt, request)
    failed = life.move(
        change, request, event, by=by, who=who, reason=reason, will_retry=again, run_key="" if again else key
    )
    return retry(change, attempt, failed) if again else failed


def retry(change: Change, attempt: Attempt, request: Request) -> Request:
    """Another try, where it has not failed yet; if no such board is left, on another than the last."""
    place = f"{attempt.host}:{attempt.board}"
    avoid = _places(change, (*request.avoided, place), request) or (place,)
    moved = life.move(
        change,
        request,
        Event.RETRY,
        by=By.HUB,
        who=life.HUB,
        reason=f"another try, not on {' and '.join(avoid)}",
        retries_left=request.retries_left - 1,
        avoid=" ".join(avoid),
    )
    return approvals.settle(change, moved)


def _places(change: Change, places: Sequence[str], request: Request) -> tuple[str, ...]:
    """These places, once each, where a board is left beside them; else none."""
    avoid = tuple(dict.fromkeys(places))
    return avoid if retries.is_left(change, request, avoid) else ()


def _must_be_the_runs(key: str, host: str, which: AttemptId) -> None:
    if key != run_key(host, which):
        raise Refused(f"the run of this attempt is called {run_key(host, which)}, not {key}")


def may_retry(change: Change, attempt: Attempt, request: Request) -> bool:
    """Whether retries are left, nobody wants it to end, and a board other than this one may run it."""
    if request.retries_left < 1 or request.cancel_requested:
        return False
    return bool(_places(change, (f"{attempt.host}:{attempt.board}",), request))


def _find(change: Change, host: str, which: AttemptId) -> tuple[Attempt, Request]:
    life.hold(change, which.request)
    request = sight.find_for(change.conn, sight.lab(host), which.request)
    attempt = sql.find(change.conn, which.request, which.number)
    if attempt is None:
        raise NotKnown(f"there is no attempt {which}")
    if attempt.host != host:
        raise NotYours(f"the attempt {which} is one of {attempt.host}, not of {host}")
    return attempt, request


def _is_current(attempt: Attempt, request: Request) -> bool:
    return request.attempt == attempt.number and request.state == attempt.state


def _must_be_at(attempt: Attempt, request: Request, *states: State) -> None:
    if not _is_current(attempt, request):
        raise Conflict(f"the attempt {attempt.id} is over ({attempt.state}); the request is {request.state}")
    if request.state not in states:
        raise Conflict(f"the attempt {attempt.id} is {request.state}, not {' or '.join(states)}")


def _change(change: Change, attempt: Attempt, values: dict[str, Any]) -> None:
    if not sql.change(change.conn, attempt, values):
        raise Conflict(f"the attempt {attempt.id} has changed meanwhile: somebody else was first")


def _build(url: str, number: str) -> str:
    return " ".join(part for part in (f"build {number}" if number else "", url) if part)
