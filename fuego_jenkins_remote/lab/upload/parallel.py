"""Many calls to a Jenkins, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

CONNECTIONS = 4
"""How many calls a Jenkins gets at a time."""

_A = TypeVar("_A")
_B = TypeVar("_B")


def in_parallel(call: Callable[[_A], _B], items: Sequence[_A]) -> list[_B]:
    """Call it for each, a few at a time; raises what the first that fails raises, when those under way have ended."""
    if len(items) < 2:
        return [call(item) for item in items]
    with ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="jobs") as pool:
        tasks = [pool.submit(call, item) for item in items]
        try:
            return [task.result() for task in tasks]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
