"""How many streams of events are open, by reader: a few each, so that nobody keeps the others out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

OF_ONE = 12
OF_ALL = 1000


class Streams:
    """The open streams of this process; to be used in one event loop."""

    def __init__(self) -> None:
        """None is open yet."""
        self._open: Counter[str] = Counter()

    def full(self, reader: str) -> bool:
        """Whether there is no room for another one of this reader."""
        return self._open[reader] >= OF_ONE or self.count() >= OF_ALL

    def count(self) -> int:
        """How many are open."""
        return self._open.total()

    @contextmanager
    def one(self, reader: str) -> Iterator[None]:
        """It is open inside."""
        self._open[reader] += 1
        try:
            yield
        finally:
            self._open[reader] -= 1
            if not self._open[reader]:
                del self._open[reader]
