"""A verb that is told to end, by a Jenkins that stops its build for instance, ends as after Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def term_is_ctrl_c() -> Iterator[None]:
    """For as long as the block runs TERM raises KeyboardInterrupt, so that what it began elsewhere is called off."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
