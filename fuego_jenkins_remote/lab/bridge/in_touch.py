"""What the hub knows of this lab's boards, and what it is told of their health.

The hub keeps what it was told, so a bridge that starts again tells nothing twice. A board that it has as broken stays
so here: that was a check's word, and only a check takes it back.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from fuego_jenkins_remote.client.errors import ClientError, NotAllowed
from fuego_jenkins_remote.client.values import Board
from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.lab.attempts.journal import Phase
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.bridge.boards import Standing, Until, shared_until
from fuego_jenkins_remote.lab.bridge.pace import Pace
from fuego_jenkins_remote.lab.bridge.schedule import FIRST_PAUSE, Schedule
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.serving.hands import nobody_is_at_it
from fuego_jenkins_remote.lab.serving.room import why_no_room
from fuego_jenkins_remote.network.share_windows import ShareWindows

log = logging.getLogger("fuego.lab")

BOARDS_EVERY = 30.0
"""Seconds between two looks at which boards this lab shares, when it does, and whether there is room for runs."""
BROKEN = "broken"


class InTouch:
    """Asks the hub now and then, and at once when there is something to tell of a board."""

    def __init__(self, steps: Steps, schedule: Schedule, *, stop: threading.Event, changed: Callable[[], None]) -> None:
        """`changed` is called when what the hub has may be otherwise than before."""
        self._steps = steps
        self._schedule = schedule
        self._stop = stop
        self._changed = changed
        self._news = threading.Event()
        self._boards: Mapping[str, Board] = {}
        self._windows: Mapping[str, ShareWindows] = {}
        self._seen: Mapping[str, Standing] = {}
        self._said_no_room = ""

    def run(self, ready: Callable[[], None]) -> None:
        """Until the bridge stops; `ready` is called once, when the hub has answered. Raises NotAllowed."""
        pace, said_ready = Pace(least=BOARDS_EVERY, most=BOARDS_EVERY, first=FIRST_PAUSE), False
        while not self._stop.is_set():
            self._news.clear()
            try:
                self._look()
                if not said_ready:
                    ready()
                    said_ready = True
                self._changed()
                self._tell()
                self._news.wait(pace.after(0.0))
            except NotAllowed:
                raise
            except (ClientError, LabError, FormatError, OSError) as error:
                pause = pace.after_trouble()
                log.warning("%s; trying again in %.0f s", error, pause)
                self._stop.wait(pause)

    def wake(self) -> None:
        """Look again at once."""
        self._news.set()

    def shared(self, now: float) -> Until:
        """The boards that the hub may give requests for at `now` (seconds since 1970)."""
        return shared_until((name for name, board in self._boards.items() if board.up), self._windows, now)

    def known(self) -> list[str]:
        """The boards that this lab shares, well or not."""
        return list(self._boards)

    def see(self, seen: Mapping[str, Standing]) -> None:
        """How boards are now; those that are not named stay as they are. The hub is told where it has it otherwise."""
        self._seen = {**self._seen, **seen}
        if self._differences():
            self.wake()

    def _look(self) -> None:
        boards = {board.name: board for board in self._steps.boards_in_network()}
        no_room = why_no_room(self._steps.lab)
        if no_room and no_room != self._said_no_room:
            log.warning("%s", no_room)
        self._said_no_room = no_room
        self._windows = self._steps.lab.share_windows(boards)
        self._boards = boards
        self._take_over()

    @property
    def no_room(self) -> bool:
        """Whether nothing more is to be claimed, for want of room."""
        return bool(self._said_no_room)

    def _take_over(self) -> None:
        """Mind what a person has begun by hand and left in the middle. A packaged run waits for `ftc put-run`."""
        if nobody_is_at_it(self._steps.lab.state_dir):
            for entry in self._steps.journal.open_entries():
                if entry.phase is not Phase.DELIVER:
                    self._schedule.watch(entry)

    def _differences(self) -> list[tuple[str, str, str]]:
        """Boards, health and reasons, where the hub has them otherwise."""
        found = []
        out = {entry.board for entry in self._steps.care.entries() if entry.is_out}
        for name, board in self._boards.items():
            seen = self._seen.get(name)
            if seen is None or board.health == BROKEN or name in out:
                continue
            reason = self._steps.shown(name, seen.reason) if seen.reason else ""
            if (board.health, board.health_reason) != (seen.health, reason):
                found.append((name, seen.health, reason))
        return found

    def _tell(self) -> None:
        for name, health, reason in self._differences():
            log.warning("board %s is %s%s", name, health, f": {reason}" if reason else "")
            told = self._steps.hub().put_health(self._steps.lab.host, name, health, reason)
            self._boards = {**self._boards, name: told}
            self._changed()
