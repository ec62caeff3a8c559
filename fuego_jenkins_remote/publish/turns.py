"""Who may hand a run to a target now: one that is slow to fail must not take everybody who has something else to do.

A server that takes a call and says nothing costs a minute and more. Where many runs wait for such a one, each of them
would keep a worker for that long, until none is left for the other targets, and for what else there is to do.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto

AT_ONCE = 3
"""So many runs are handed to one target at the same time; to one that was in trouble last, one."""


class Turn(Enum):
    """Whether one may go to a target now."""

    YOURS = auto()
    BUSY = auto()  # as many as may be are at it: it is a matter of a moment
    IN_TROUBLE = auto()  # it did not take the last run, and somebody is trying whether it takes another


class Turns:
    """Who is at which target. For all threads of a process."""

    def __init__(self) -> None:
        """Nobody is anywhere, and no target is in trouble."""
        self._lock = threading.Lock()
        self._there: Counter[str] = Counter()
        self._troubled: set[str] = set()

    @contextmanager
    def at(self, target: str) -> Iterator[Turn]:
        """Go to a target, or hear why not."""
        with self._lock:
            in_trouble = target in self._troubled
            if self._there[target] >= (1 if in_trouble else AT_ONCE):
                turn = Turn.IN_TROUBLE if in_trouble else Turn.BUSY
            else:
                turn = Turn.YOURS
                self._there[target] += 1
        try:
            yield turn
        finally:
            if turn is Turn.YOURS:
                with self._lock:
                    self._there[target] -= 1

    def came(self, target: str, *, well: bool) -> None:
        """A target has answered about a run (`well`), or was in trouble with it."""
        with self._lock:
            if well:
                self._troubled.discard(target)
            else:
                self._troubled.add(target)
