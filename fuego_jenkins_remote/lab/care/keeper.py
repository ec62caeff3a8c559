"""What takes the boards' checks forward, beside the bridge: a look at the book now and then, a thread a board."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.lab.care.checks import Checks
from fuego_jenkins_remote.lab.errors import LabError

log = logging.getLogger("fuego.lab")

LOOK = 1.0
"""Seconds between two looks whether a board has come into care."""
AT_A_TIME = 16
"""Boards that are checked at the same time."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between two tries of a step that did not work; each is twice the one before."""


@dataclass
class _Kept:
    """What is known in memory of a board in care."""

    due: float = 0.0
    failures: int = 0
    busy: bool = False


class Keeper:
    """Runs until `stop` is set. Nothing is lost with it: the book has it all."""

    def __init__(self, checks: Checks, *, stop: threading.Event, changed: Callable[[], None]) -> None:
        """`checks` takes the steps; `changed` is called when a board has left care."""
        self._checks = checks
        self._stop = stop
        self._changed = changed
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()

    def start(self) -> None:
        """Work in a thread of its own, which keeps no process from ending."""
        threading.Thread(target=self._run, name="care", daemon=True).start()

    def _run(self) -> None:
        while not self._stop.wait(self._pass()):
            pass

    def _pass(self) -> float:
        """Start what is due; seconds until the next look."""
        try:
            boards = self._checks.due()
        except LabError as error:
            log.warning("%s", error)
            return LONGEST_PAUSE
        now = time.monotonic()
        with self._lock:
            for board in [board for board, one in self._kept.items() if board not in boards and not one.busy]:
                del self._kept[board]
            kept = {board: self._kept.setdefault(board, _Kept()) for board in sorted(boards)}
            free = AT_A_TIME - sum(one.busy for one in self._kept.values())
            due = [board for board, one in kept.items() if not one.busy and one.due <= now][: max(free, 0)]
            for board in due:
                kept[board].busy = True
            waits = [one.due - now for one in kept.values() if not one.busy]
        for board in due:
            threading.Thread(target=self._take, args=(board,), name=f"care-{board}", daemon=True).start()
        return max(0.05, min([LOOK, *waits]))

    def _take(self, board: str) -> None:
        """Steps until one says to wait."""
        pause: float | None = 0.0
        while pause == 0.0 and not self._stop.is_set():
            pause = self._guarded(board)
        with self._lock:
            one = self._kept[board]
            one.busy = False
            # The book knows of longer pauses, and who asks for a check by hand ends them there.
            one.due = time.monotonic() + min(pause or 0.0, LONGEST_PAUSE if one.failures else LOOK)
        if pause is None:
            self._changed()

    def _guarded(self, board: str) -> float | None:
        try:
            pause = self._checks.take(board)
        except (ClientError, LabError, FormatError, OSError) as error:
            trouble: Exception = error
        except Exception as error:  # a mistake of ours with one board must not take the others along
            log.exception("board %s", board)
            trouble = error
        else:
            self._kept[board].failures = 0
            return pause
        one = self._kept[board]
        wait = min(FIRST_PAUSE * 2.0 ** min(one.failures, 6), LONGEST_PAUSE)
        one.failures += 1
        log.warning("board %s: its check: %s; trying again in %.0f s", board, trouble, wait)
        return wait
