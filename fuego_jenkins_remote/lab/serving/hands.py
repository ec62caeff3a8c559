"""Who has attempts in hand: a person with `ftc run-request`, or the bridge.

Both write into one journal, and the bridge takes up only what it has claimed itself. What a person leaves in the
middle (Ctrl-C, a hub that did not answer, a kill) it takes over, once no person is at work any more: a board would else
wait for ever for an attempt that nobody minds. The kernel drops the lock when its process is gone.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

_FILE = "by-hand.lock"


@contextlib.contextmanager
def in_hand(state_dir: Path) -> Iterator[None]:
    """A person is at work while the block runs; any number of them may be. Raises OSError."""
    with (state_dir / _FILE).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def nobody_is_at_it(state_dir: Path) -> bool:
    """Whether no person is at work. Raises OSError."""
    with (state_dir / _FILE).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
