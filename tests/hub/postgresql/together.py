"""Calls that meet others in the database at one moment; what is thrown out is done again, as the service does it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import sqlalchemy as sa

from fuego_jenkins_remote.hub.errors import HubError
from fuego_jenkins_remote.service.postgresql import is_again

_T = TypeVar("_T")


def whole(call: Callable[[], _T]) -> _T:
    """The call, made again where the database throws it out, as the service does (`service.again`)."""
    for tries_left in range(5, -1, -1):
        try:
            return call()
        except sa.exc.SQLAlchemyError as error:
            if not (tries_left and is_again(error)):
                raise
    raise AssertionError("unreachable")


def at_once(*calls: Callable[[], object]) -> list[object]:
    """All of them at one moment; what each gave, or how the hub refused it."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return whole(call)
        except HubError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
