"""The entrance of a service: who calls too often is answered 429, who calls much waits for its own calls only.

A refused call is held for a moment before it is told so. Who calls again at once on the same connections, as programs
that have gone wrong do, then does so once a second and not a thousand times; and the more of them are held, the longer
each is, so that all refusals of one caller together cost next to nothing.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fuego_jenkins_remote.service.limits.callers import ADDRESS, Caller, Callers
from fuego_jenkins_remote.service.limits.desks import Desks, Turn
from fuego_jenkins_remote.service.limits.rates import Buckets, Rate
from fuego_jenkins_remote.service.problems import problem_response
from fuego_jenkins_remote.service.watch import held_back, seen_of

FREE = frozenset({"/healthz", "/readyz"})
"""Asked by machines that decide whether the service lives: always answered."""

PATIENCE_SECONDS = 0.5
HELD_SECONDS = 1.0
REFUSED_A_SECOND = 20.0
LONGEST_HELD_SECONDS = 30.0
_DRAINED_BYTES = 64 * 1024

_WHOSE = {"lab": "this lab", "user": "this user", ADDRESS: "this address"}


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one caller gets: calls by `rate`; `at_a_time` of them are worked on, the next wait.

    What comes faster than `pace` waits, too, up to half a second: not all that may be called at once is done at once.
    """

    rate: Rate
    at_a_time: int
    pace: Rate | None = None


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The shares, by kind of caller (of principals, and ADDRESS); a kind without one gets all it wants."""

    shares: Mapping[str, Share]
    held: float = HELD_SECONDS
    clock: Callable[[], float] = field(default=time.monotonic)


def install_limits(app: FastAPI, limits: Limits | None, refused: Callable[[str], None]) -> None:
    """Put it around the app; call it before `install_guard`. None: everybody may do anything.

    `refused` is called with the kind of each caller that was refused a call.
    """
    app.state.limited = limits is not None
    if limits is not None:
        app.add_middleware(_Entrance, limits=limits, refused=refused)


class _Door:
    """Where the callers of one kind come in."""

    def __init__(self, share: Share) -> None:
        self.rate = share.rate
        self.desks = Desks(share.at_a_time)
        self._buckets = Buckets(share.rate)
        self._paces = None if share.pace is None else Buckets(share.pace)

    def ask(self, caller: str, now: float) -> tuple[float, float]:
        """For how many seconds a call is to wait, and for how many it is refused; 0.0 and 0.0: it may come in."""
        refused = self._buckets.take(caller, now)
        if refused or self._paces is None:
            return 0.0, refused
        wait = self._paces.take(caller, now, PATIENCE_SECONDS)
        return (wait, 0.0) if wait <= PATIENCE_SECONDS else (0.0, wait)


class _Entrance:
    def __init__(self, app: ASGIApp, limits: Limits, refused: Callable[[str], None]) -> None:
        self.app = app
        self._limits = limits
        self._refused = refused
        self._callers = Callers()
        self._doors = {kind: _Door(share) for kind, share in limits.shares.items()}
        self._held: Counter[Caller] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in FREE:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        caller = self._callers.of(request)
        door = self._doors.get(caller.kind)
        if door is None:
            await self.app(scope, receive, send)
            return
        wait, refused = door.ask(str(caller), self._limits.clock())
        if refused:
            await self._refuse(request, caller, door, refused, receive, send)
            return
        with held_back():
            await asyncio.sleep(wait)
            turn = await door.desks.turn(str(caller))
        await self._let_in(request, turn, receive, send)

    async def _refuse(  # noqa: PLR0917 - a call, and what was found out about it
        self, request: Request, caller: Caller, door: _Door, seconds: float, receive: Receive, send: Send
    ) -> None:
        self._refused(caller.kind)
        await self._hold(caller, receive)
        answer = problem_response(
            request,
            status=429,
            code="too-many",
            detail=_too_many(caller, door.rate),
            headers={"Retry-After": str(max(1, math.ceil(seconds)))},
        )
        await answer(request.scope, receive, send)

    async def _let_in(self, request: Request, turn: Turn, receive: Receive, send: Send) -> None:
        seen = seen_of(request)
        if seen is not None:
            seen.turn = turn

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._callers.learn(request, message["status"])
                turn.end()
            await send(message)

        try:
            await self.app(request.scope, _aside(turn, receive), send_on)
        finally:
            turn.end()

    async def _hold(self, caller: Caller, receive: Receive) -> None:
        """Let the caller wait, unless it goes; what it sends meanwhile is thrown away."""
        self._held[caller] += 1
        seconds = min(max(self._limits.held, self._held[caller] / REFUSED_A_SECOND), LONGEST_HELD_SECONDS)
        try:
            with held_back():
                async with asyncio.timeout(seconds):
                    if not await _gone(receive):
                        await asyncio.sleep(seconds)
        except TimeoutError:
            pass
        finally:
            self._held[caller] -= 1
            if not self._held[caller]:
                del self._held[caller]


def _too_many(caller: Caller, rate: Rate) -> str:
    whose = _WHOSE.get(caller.kind, "this caller")
    return (
        f"Too many calls from {whose}: {rate.at_once:,} at once are taken, and {rate.a_second:g} a second in the long"
        " run. Nothing was done; the same call will be taken a little later."
    )


def _aside(turn: Turn, receive: Receive) -> Receive:
    async def receive_aside() -> Message:
        turn.step_aside()
        try:
            return await receive()
        finally:
            turn.come_back()

    return receive_aside


async def _gone(receive: Receive) -> bool:
    """True when the caller has hung up; False when it has sent more than is worth reading."""
    received = 0
    while received <= _DRAINED_BYTES:
        try:
            message = await receive()
        except HTTPException:  # the guard's: more than any call may send
            return False
        if message["type"] != "http.request":
            return True
        received += len(message.get("body", b""))
    return False
