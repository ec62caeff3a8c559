"""New text of an attempt (the end of its log, what its job waits for), of which its readers are yet to be told."""

from __future__ import annotations

import threading
from collections.abc import Iterable


class News:
    """The requests with text that their readers have not been told of; from any thread."""

    def __init__(self) -> None:
        """There is none yet."""
        self._lock = threading.Lock()
        self._requests: set[str] = set()

    def add(self, request_ids: Iterable[str]) -> None:
        """These have some."""
        with self._lock:
            self._requests.update(request_ids)

    def take(self) -> set[str]:
        """All that have some, and none any more."""
        with self._lock:
            taken, self._requests = self._requests, set()
        return taken
