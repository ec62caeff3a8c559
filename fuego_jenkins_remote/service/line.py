"""Writers of one SQLite file stand in line: who came first writes first.

SQLite itself lets a writer that finds the file taken sleep and look again, ever longer: among many it is chance who
gets it, some get it too late, and the file lies idle meanwhile. Other processes are still met by SQLite's own lock.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class TooLong(Exception):
    """It was not one's turn within the time."""


class Line:
    """Threads, one at a time, in the order in which they came."""

    def __init__(self) -> None:
        """Nobody is there."""
        self._lock = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Event] = deque()
        self._coming: threading.Event | None = None

    @contextmanager
    def turn(self, seconds: float) -> Iterator[None]:
        """Wait for one's turn, and have it within the block; raises TooLong."""
        self._enter(seconds)
        try:
            yield
        finally:
            self._next()

    def _enter(self, seconds: float) -> None:
        with self._lock:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Event()
            self._waiting.append(mine)
        if mine.wait(seconds):
            return
        with self._lock:
            if mine in self._waiting:
                self._waiting.remove(mine)
                raise TooLong
        # It came just now, or comes for sure: it is ours all the same.
        mine.wait()

    def another_comes(self) -> bool:
        """Whether somebody has the turn after this one; for who has it. Whoever that is does not leave any more."""
        with self._lock:
            if self._coming is None and self._waiting:
                self._coming = self._waiting.popleft()
            return self._coming is not None

    def _next(self) -> None:
        with self._lock:
            if self._coming is not None:
                self._coming.set()
                self._coming = None
            elif self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False
