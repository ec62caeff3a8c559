"""A thing for each thread: HTTP sessions are not to be shared."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class PerThread(Generic[_T]):
    """Gives each thread a thing of its own, made when it is first asked for."""

    def __init__(self, make: Callable[[], _T]) -> None:
        """`make` makes one."""
        self._make = make
        self._local = threading.local()

    def __call__(self) -> _T:
        """The calling thread's."""
        if not hasattr(self._local, "thing"):
            self._local.thing = self._make()
        thing: _T = self._local.thing
        return thing
