"""The board's lock, taken by the lab itself: the same one that the job's script takes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fuego_jenkins_remote.fuego.names import check_board_name
from fuego_jenkins_remote.lab.shared_files import READ


@contextmanager
def held_board(locks: Path, board: str) -> Iterator[int | None]:
    """The open, locked file while the block runs; None where a process holds the board. Raises OSError, BadName."""
    descriptor = _opened(locks / f"{check_board_name(board)}.lock")
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield descriptor
    finally:
        # Not unlocked: what was started with it holds it on.
        os.close(descriptor)


def _opened(path: Path) -> int:
    try:
        return os.open(path, READ)
    except FileNotFoundError:
        descriptor = os.open(path, READ | os.O_CREAT, 0o666)
        # The script opens it for writing, maybe as another user. It never holds anything.
        os.fchmod(descriptor, 0o666)
        return descriptor
