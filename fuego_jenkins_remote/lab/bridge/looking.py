"""One look at Jenkins for all, every few seconds; the longer Jenkins takes for it, the seldomer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from fuego_jenkins_remote.lab.attempts.journal import Phase
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.bridge.boards import (
    OFFLINE,
    ONLINE,
    Limits,
    Standing,
    Steady,
    Until,
    free_until,
    limits,
    standing,
)
from fuego_jenkins_remote.lab.bridge.in_touch import InTouch
from fuego_jenkins_remote.lab.bridge.pace import Pace
from fuego_jenkins_remote.lab.bridge.schedule import Schedule
from fuego_jenkins_remote.lab.errors import ControllerDown, ControllerError
from fuego_jenkins_remote.lab.jenkins.controller import QueueItem
from fuego_jenkins_remote.lab.jenkins.overview import Overview

log = logging.getLogger("fuego.lab")

LOOK_EVERY, LONGEST_LOOK_PAUSE = 3.0, 60.0
"""Seconds between two looks; the second of a Jenkins that is slow or away."""
DOWN_FOR = 60.0
"""Seconds without Jenkins after which the boards count as offline."""


class Looking:
    """The thread that looks."""

    def __init__(
        self,
        steps: Steps,
        schedule: Schedule,
        in_touch: InTouch,
        *,
        stop: threading.Event,
        wake: Callable[[], None],
    ) -> None:
        """`wake` is called after each look."""
        self._steps = steps
        self._schedule = schedule
        self._in_touch = in_touch
        self._stop = stop
        self._wake = wake
        self._pace = Pace(least=LOOK_EVERY, most=LONGEST_LOOK_PAUSE)
        self._steady = Steady()
        self._down_since = 0.0
        self._said = ""
        self._quiet_looks = 0
        self._offline: dict[str, Standing] = {}
        self._free: Until = {}

    def run(self) -> None:
        """Until the bridge stops. Raises LabError if no Jenkins is set."""
        while not self._stop.is_set():
            self._stop.wait(self.look())

    def look(self) -> float:
        """Look once; seconds until the next look."""
        lab, began = self._steps.lab, time.monotonic()
        try:
            seen = self._steps.controller().overview(
                self._steps.clock, view=lab.jenkins_view, folder=lab.jenkins_folder
            )
        except ControllerError as error:
            self._steps.looks.keep(error)
            pause = self._pace.after_trouble(time.monotonic() - began)
            self._is_down(error, began)
        else:
            self._steps.looks.keep(seen)
            pause = self._pace.after(time.monotonic() - began)
            self._is_up(seen)
        self.reckon()
        return pause

    def free(self) -> Limits:
        """The boards to claim for, by what was seen last, and how long a test may take on each."""
        return limits(self._free, self._steps.clock())

    def reckon(self) -> None:
        """See anew which boards are free, after a look, or when what the hub has of them has changed."""
        free: Until = {}
        seen = self._steps.looks.latest
        if seen is not None and not self._in_touch.no_room:
            free = free_until(self._in_touch.shared(self._steps.clock()), self._steps.lab.job, seen)
        self._free = free
        self._wake()

    def _is_down(self, error: ControllerError, now: float) -> None:
        self._quiet_looks = 0
        self._down_since = self._down_since or now
        if str(error) != self._said:
            log.warning("%s; asking again, ever seldomer", error)
            self._said = str(error)
        if now - self._down_since >= DOWN_FOR:
            away = isinstance(error, ControllerDown)
            why = "does not answer" if away else "does not do what this lab asks of it"
            gone = Standing(health=OFFLINE, reason=f"this lab's Jenkins {why}")
            self._in_touch.see(dict.fromkeys(self._in_touch.known(), gone))

    def _is_up(self, seen: Overview) -> None:
        if self._said:
            log.warning("Jenkins answers again")
        self._said, self._down_since = "", 0.0
        self._quiet_looks = self._quiet_looks + 1 if seen.quieting_down else 0
        steady = self._steady.after({name: standing(name, seen) for name in self._in_touch.known()})
        self._offline = {name: one for name, one in steady.items() if one.health != ONLINE}
        if not seen.quieting_down:
            self._in_touch.see(steady)
        self._schedule.glance(seen)
        self._give_back_what_waits_in_vain(seen)

    def _give_back_what_waits_in_vain(self, seen: Overview) -> None:
        """Another board may run what waits here for a node that is away, or for a Jenkins that shuts down."""
        for entry in self._schedule.followed():
            if entry.phase is not Phase.GATE or entry.since >= seen.begun:
                continue
            why = self._in_vain(entry.board)
            if why and isinstance(seen.find(self._steps.lab.job(entry.board), entry.id), QueueItem):
                self._schedule.give_back(entry.id, self._steps.shown(entry.board, why) or "its board is offline")

    def _in_vain(self, board: str) -> str:
        """Why nothing comes of waiting for a board, when two looks have said so; empty where it may."""
        if self._quiet_looks > 1:
            return "this lab's Jenkins is about to shut down"
        offline = self._offline.get(board)
        return f"{self._steps.lab.host}:{board} is offline: {offline.reason}" if offline is not None else ""
