"""The hub as a lab sees it, as a plain object that keeps to docs/protocol.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fuego_jenkins_remote.client.errors import Conflict, Unreachable
from fuego_jenkins_remote.client.values import Attempt, Claims, Request
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.states import LIVE, Event, State, advance
from mortality import Fates

LEASE = 60.0
GRACE = 600.0
GIVE_UP = 86400.0


@dataclass
class Asked:
    """A request in the hub."""

    id: str
    state: State = State.PENDING
    attempt: int = 0
    board: str = ""
    reason: str = ""
    retries: int = 0
    avoid: str = ""
    cancel_requested: bool = False
    due: float = 0.0
    calls: dict[tuple[int, str], str] = field(default_factory=dict)
    starts: list[int] = field(default_factory=list)
    status: str = ""

    def move(self, event: Event) -> None:
        self.state = advance(self.state, event)


class ModelHub:
    """The hub's side of a lab's calls."""

    def __init__(self, fates: Fates, clock: Callable[[], float]) -> None:
        self.fates, self.clock = fates, clock
        self.asked: dict[str, Asked] = {}
        self.claims: dict[str, Claims] = {}

    def put(self, retries: int = 0) -> Asked:
        number = len(self.asked)
        one = Asked(id=f"20261123-{100000000 + number}-aaaaaaaa", retries=retries)
        self.asked[one.id] = one
        return one

    # -- the lab's calls

    def claim(self, claim_id: str, boards: Sequence[str], **_: Any) -> Claims:
        return self._call("claim", lambda: self._claim(claim_id, boards))

    def start(self, attempt: AttemptId, call_id: str, build_url: str, build_number: str) -> bool:
        def begin(one: Asked) -> None:
            one.move(Event.START)
            one.starts.append(one.attempt)
            one.due = self.clock() + 60 + GRACE

        self._changing("start", attempt, call_id, (State.ASSIGNED,), begin)
        return True

    def heartbeat(self, attempt: AttemptId, **said: str) -> dict[str, Any]:
        def beat() -> dict[str, Any]:
            one = self._current(attempt, (State.ASSIGNED, State.RUNNING, State.LOST))
            if one.state is State.ASSIGNED:
                one.due = self.clock() + LEASE
            elif one.state is State.RUNNING:
                one.due = max(one.due, self.clock() + GRACE)
            return {"lease_seconds": LEASE, "cancel": one.cancel_requested, "state": one.state}

        return self._call("heartbeat", beat)

    def give_back(self, attempt: AttemptId, call_id: str, reason: str, approval: str | None = None) -> None:
        self._changing("give-back", attempt, call_id, (State.ASSIGNED,), lambda one: self._free(one, Event.GIVE_BACK))

    def tested(self, attempt: AttemptId, call_id: str, status: str, run_key: str, summary: str) -> None:
        def end(one: Asked) -> None:
            one.move(Event.TESTED)
            one.status, one.board = status, ""

        self._changing("tested", attempt, call_id, (State.RUNNING, State.LOST), end)

    def done(self, attempt: AttemptId, call_id: str, target: str, run_url: str, note: str = "") -> None:
        self._changing("done", attempt, call_id, (State.TESTED,), lambda one: one.move(Event.DELIVERED))

    def error(
        self, attempt: AttemptId, call_id: str, reason: str, detail: str, console_tail: str, *, run_key: str = ""
    ) -> None:
        allowed = (State.ASSIGNED, State.RUNNING, State.LOST)
        self._changing("error", attempt, call_id, allowed, lambda one: self._fail(one, Event.FAILED, reason))

    def cancelled(self, attempt: AttemptId, call_id: str, reason: str) -> None:
        def end(one: Asked) -> None:
            if one.state is State.LOST:
                self._fail(one, Event.FAILED, reason)
            else:
                one.move(Event.CANCEL)
                one.reason, one.board = reason, ""

        self._changing("cancelled", attempt, call_id, (State.ASSIGNED, State.RUNNING, State.LOST), end)

    # -- what happens without the lab

    def cancel(self, one: Asked) -> None:
        """Its requester calls it off."""
        if one.state in (State.PENDING, State.ASSIGNED, State.LOST):
            one.move(Event.CANCEL)
            one.reason, one.board = "its requester", ""
        elif one.state is State.RUNNING:
            one.cancel_requested = True

    def sweep(self) -> None:
        """Leases that are over, silent attempts, those that nothing came of for a day."""
        for one in self.asked.values():
            if one.state not in (State.ASSIGNED, State.RUNNING, State.LOST) or one.due > self.clock():
                continue
            if one.state is State.ASSIGNED:
                self._free(one, Event.LEASE_OVER)
            elif one.state is State.RUNNING:
                one.move(Event.SILENT)
                one.due = self.clock() + (GRACE if one.retries else GIVE_UP)
                one.board = ""
            else:
                self._fail(one, Event.GIVEN_UP, "lost")

    def _claim(self, claim_id: str, boards: Sequence[str]) -> Claims:
        if claim_id in self.claims:
            return self.claims[claim_id]
        won = []
        for board in boards:
            busy = any(one.board == board and one.state in LIVE for one in self.asked.values())
            waiting = (one for one in self.asked.values() if one.state is State.PENDING and one.avoid != board)
            if busy or (one := next(waiting, None)) is None:
                continue
            one.move(Event.CLAIM)
            one.attempt, one.board, one.due = one.attempt + 1, board, self.clock() + LEASE
            request = Request.from_json(
                {
                    **{"id": one.id, "state": "assigned", "selector": "*:b", "test": "Functional.x", "timeout": 60},
                    **{"requester": "anna", "team": "demolab", "attempt": one.attempt},
                }
            )
            won.append(Attempt(request=request, number=one.attempt, board=board, lease_seconds=LEASE, approved_by=None))
        self.claims[claim_id] = Claims(attempts=tuple(won), cancels=())
        return self.claims[claim_id]

    def _free(self, one: Asked, event: Event) -> None:
        one.move(event)
        one.board = ""

    def _fail(self, one: Asked, event: Event, reason: str) -> None:
        failed_on = one.board
        one.move(event)
        one.reason, one.board = reason, ""
        if one.retries:
            one.retries -= 1
            one.move(Event.RETRY)
            one.avoid = failed_on

    def _current(self, attempt: AttemptId, allowed: tuple[State, ...]) -> Asked:
        one = self.asked[attempt.request]
        if one.attempt != attempt.number or one.state not in allowed:
            raise Conflict(f"attempt {attempt} is over", status=409)
        return one

    def _changing(
        self, verb: str, attempt: AttemptId, call_id: str, allowed: tuple[State, ...], do: Callable[[Asked], None]
    ) -> None:
        def change() -> None:
            one = self.asked[attempt.request]
            if one.calls.get((attempt.number, verb)) == call_id:
                return
            do(self._current(attempt, allowed))
            one.calls[attempt.number, verb] = call_id

        self._call(verb, change)

    def _call(self, name: str, do: Callable[[], Any]) -> Any:
        return self.fates.call(name, Unreachable("the hub cannot be reached"), do)
