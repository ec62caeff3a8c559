"""Waiting for requests to end, telling on stderr what happens meanwhile.

A hub that does not answer is no end: the request is safe there, and it is asked again until it answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.client.errors import Answered, ClientError, Unreachable
from fuego_jenkins_remote.client.hub import MAX_WAIT
from fuego_jenkins_remote.client.values import Request
from fuego_jenkins_remote.network.campaigns import WELL
from fuego_jenkins_remote.network.states import State

_Answer = TypeVar("_Answer")

PAUSE = 1.0
"""Seconds between two looks at several requests; one alone is waited for with a long poll."""
LONGEST_PAUSE = 15.0
"""Seconds between two tries while the hub does not answer."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The requests as they were last seen; `in_time`: all had ended."""

    requests: list[Request]
    in_time: bool

    @property
    def exit_status(self) -> int:
        """0 if every test ended with PASS or SKIP, else 1."""
        well = self.in_time and all(one.state is State.DONE and one.status in WELL for one in self.requests)
        return 0 if well else 1


def wait_for_requests(
    session: Session,
    requests: Sequence[Request],
    *,
    limit: float | None = None,
    tell: Callable[[Request], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Ended:
    """Wait until all have ended, at most `limit` seconds. Raises ClientError when the hub refuses to tell of one.

    Each request is told of with `tell` as it is at first and whenever the hub has answered; without one in a line on
    stderr when it has changed.
    """
    watch = _Watch(session, requests, None if limit is None else clock() + limit, clock, sleep)
    watch.tell = tell or watch.tell_in_a_line
    try:
        return watch.to_the_end()
    except KeyboardInterrupt:
        still = [one.id for one in watch.seen.values() if not one.is_final]
        if still:
            session.out.note(f"not waiting any more; it goes on: ftc query-request {still[0]} --follow")
            session.out.note(f"to call it off: ftc rm-request {' '.join(still)}")
        raise


class Patience:
    """Asks the hub until it answers: what was put is safe there. `until`: of `clock`, when the time is over."""

    def __init__(
        self,
        session: Session,
        until: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Nothing was asked yet."""
        self.session = session
        self.until = until
        self.clock = clock
        self.sleep = sleep

    def ask(self, call: Callable[[], _Answer]) -> _Answer | None:
        """What the call gives; None when the time is over first. Raises ClientError when the hub refuses."""
        pause, lost = PAUSE, False
        while True:
            try:
                answer = call()
            except ClientError as error:
                if not _will_pass(error):
                    raise
                if self.until is not None and self.clock() >= self.until:
                    return None
                if not lost:
                    self.session.out.note(f"{error}; still waiting, the request is safe there")
                lost = True
                self.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                if lost:
                    self.session.out.note("the hub answers again")
                return answer


class _Watch:
    def __init__(
        self,
        session: Session,
        requests: Sequence[Request],
        until: float | None,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self.session = session
        self.seen = {request.id: request for request in requests}
        self.until = until
        self.clock = clock
        self.sleep = sleep
        self.patience = Patience(session, until, clock, sleep)
        self.said: dict[str, str] = {}
        self.tell: Callable[[Request], None] = self.tell_in_a_line

    def to_the_end(self) -> Ended:
        for request in self.seen.values():
            self.tell(request)
        while True:
            waiting = [one for one in self.seen.values() if not one.is_final]
            left = MAX_WAIT if self.until is None else self.until - self.clock()
            if not waiting or left <= 0:
                break
            alone = len(waiting) == 1
            for request in waiting:
                now = self.ask(request, min(MAX_WAIT, max(left, 0.0)) if alone else 0.0)
                self.seen[request.id] = now
                self.tell(now)
            if not alone and any(not one.is_final for one in self.seen.values()):
                self.sleep(min(PAUSE, max(left, 0.0)))
        for request in waiting:
            self.session.out.note(f"{request.id}: still {request.state}; ftc query-request {request.id} --follow")
        for request in self.seen.values():
            if request.state is State.ERROR and request.log_tail and self.tell == self.tell_in_a_line:
                self.session.out.note(f"{request.id}: the end of its console: ftc query-request {request.id} -v")
        return Ended(requests=list(self.seen.values()), in_time=not waiting)

    def ask(self, request: Request, wait: float) -> Request:
        """The request as it is now, or as it was when the time was over before the hub answered."""
        now = self.patience.ask(lambda: self.session.hub.wait_for_change(request.id, request.version, wait))
        return now or request

    def tell_in_a_line(self, request: Request) -> None:
        # One is told of at length; of many what changes for each of them alone.
        line = describe(request, at_length=len(self.seen) == 1)
        if self.said.get(request.id) != line:
            self.said[request.id] = line
            self.session.out.note(f"{request.id}: {line}")


def describe(request: Request, *, at_length: bool = True) -> str:
    """How it is with a request, in a line; `at_length` also what it waits for among the network's boards."""
    where = f"{request.host}:{request.board}" if request.board else ""
    match request.state:
        case State.PENDING:
            asked = [one for one in request.approvals if one.answer == "requested"]
            waits = (
                f"{', '.join(one.host for one in asked)}: {asked[0].reason or 'its people are asked'}" if asked else ""
            )
            return _joined("pending", waits or (at_length and request.told) or request.reason)
        case State.ASSIGNED:
            return _joined(f"assigned to {where}", request.queue_why)
        case State.RUNNING:
            return _joined(f"running on {where}", request.build_url)
        case State.TESTED:
            return f"tested on {where}: {request.status}, the run is on its way"
        case State.DONE:
            return _joined(f"done on {where}: {request.status}", request.run_url or request.run_key)
        case _:
            return _joined(str(request.state), request.reason)


def _joined(first: str, second: str) -> str:
    return f"{first} ({' '.join(second.split())})" if second else first


def _will_pass(error: ClientError) -> bool:
    return isinstance(error, Unreachable) or (isinstance(error, Answered) and error.will_pass)
