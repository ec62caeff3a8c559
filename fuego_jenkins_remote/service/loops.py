"""What a service does in the background: each loop says now and then that it still works."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Loops:
    """The loops of a process, by name; from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """There is none yet. `clock` gives seconds that only grow."""
        self._clock = clock
        self._lock = threading.Lock()
        self._due: dict[str, float] = {}

    def beat(self, name: str, *, within: float) -> None:
        """This loop works, and will say so again within so many seconds: its longest pause and its longest pass."""
        with self._lock:
            self._due[name] = self._clock() + within

    def ended(self, name: str) -> None:
        """This loop has come to its end, as it should."""
        with self._lock:
            self._due.pop(name, None)

    def standing_still(self) -> list[str]:
        """The loops that should have said something by now."""
        now = self._clock()
        with self._lock:
            return sorted(name for name, due in self._due.items() if due < now)
