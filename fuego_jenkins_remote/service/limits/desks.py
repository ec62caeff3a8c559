"""How many calls of one caller are worked on at a time; its next ones wait, and nobody else does.

A call that waits for something else than the service itself (a long poll for news, a body for the network) steps aside
meanwhile, and one whose answer has begun is over: a slow line keeps nobody from anything.
"""

from __future__ import annotations

import asyncio
from collections import deque


class Desks:
    """A desk for each caller, with room for so many. To be used in one event loop."""

    def __init__(self, most: int) -> None:
        """`most` of one caller are worked on at a time."""
        self._most = most
        self._working: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def turn(self, caller: str) -> Turn:
        """Wait until there is room at the caller's desk."""
        if self._working.get(caller, 0) >= self._most:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(caller, deque()).append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self.left(caller)
                raise
        else:
            self.sat_down(caller)
        return Turn(self, caller)

    def sat_down(self, caller: str) -> None:
        """One more is worked on, room or not."""
        self._working[caller] = self._working.get(caller, 0) + 1

    def left(self, caller: str) -> None:
        """One less is; who has waited longest comes next."""
        working = self._working.pop(caller) - 1
        waiting = self._waiting.get(caller)
        while waiting and working < self._most:
            turn = waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                working += 1
        if waiting is not None and not waiting:
            del self._waiting[caller]
        if working:
            self._working[caller] = working

    def count(self) -> int:
        """How many wait for room."""
        return sum(len(waiting) for waiting in self._waiting.values())


class Turn:
    """One call at its caller's desk."""

    def __init__(self, desks: Desks, caller: str) -> None:
        """It has sat down."""
        self._desks, self._caller = desks, caller
        self._aside = 0
        self._over = False

    def step_aside(self) -> None:
        """It waits for others from now on; may be said again, as often as `come_back` then."""
        if self._aside == 0 and not self._over:
            self._desks.left(self._caller)
        self._aside += 1

    def come_back(self) -> None:
        """It goes on at once: what is left to do is little, and others have waited for less."""
        self._aside -= 1
        if self._aside == 0 and not self._over:
            self._desks.sat_down(self._caller)

    def end(self) -> None:
        """It is over; once more does nothing."""
        if not self._over:
            self._over = True
            if self._aside == 0:
                self._desks.left(self._caller)
