"""The bridge: waits for requests for the lab's free boards and takes each through the steps.

A thread for each that may be kept waiting: the claim at the hub, what the hub knows, the look at Jenkins, the signs of
life, a few for steps, those of boards in care, those of builds that ask for a request; this one looks at the request
folders and talks to nobody. So a slow delivery holds up no gate, and a stop waits for no answer. Everything that
matters stands in the journal; what is kept in memory may be lost at any time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from fuego_jenkins_remote.lab.asking.answering import Answering
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.bridge.boards import Limits, limits
from fuego_jenkins_remote.lab.bridge.claiming import Claiming
from fuego_jenkins_remote.lab.bridge.in_touch import InTouch
from fuego_jenkins_remote.lab.bridge.instance import instance_of
from fuego_jenkins_remote.lab.bridge.looking import Looking
from fuego_jenkins_remote.lab.bridge.rounds import Rounds
from fuego_jenkins_remote.lab.bridge.schedule import STOP_WAITS, Schedule
from fuego_jenkins_remote.lab.bridge.sweeping import Sweeping
from fuego_jenkins_remote.lab.care.checks import Checks
from fuego_jenkins_remote.lab.care.keeper import Keeper

ENTRY_LOOK = 0.5
"""Seconds between two looks whether the bridge stops, while the hub has not answered yet."""


class Bridge:
    """Runs until `stop` is set."""

    def __init__(self, steps: Steps, *, ready: Callable[[], None], stop: threading.Event) -> None:
        """`ready` is called once, when hub and journal have answered; the work goes on without it. Raises OSError."""
        self._steps = steps
        self._ready = ready
        self._stop = stop
        self._woken = threading.Event()
        self._fatal: Exception | None = None
        self.schedule = Schedule(steps, stop=stop, wake=self.wake)
        self.in_touch = InTouch(steps, self.schedule, stop=stop, changed=self._boards_changed)
        self.looking = Looking(steps, self.schedule, self.in_touch, stop=stop, wake=self.wake)
        self.rounds = Rounds(steps, self.schedule, stop=stop)
        self.claiming = Claiming(
            steps,
            self.schedule,
            instance=instance_of(steps.lab.state_dir),
            free=self.looking.free,
            failed=self._fails,
            stop=stop,
            wake=self.wake,
        )
        self._entered = threading.Event()
        self._keeper = Keeper(Checks(steps), stop=stop, changed=self._board_is_back)
        self._answering = Answering(
            steps,
            shared=self._shared,
            instance=instance_of(steps.lab.state_dir),
            watch=self.schedule.watch,
            stop_attempt=self.schedule.stop_attempt,
        )

    def run(self) -> None:
        """Work until `stop` is set; attempts that are under way stay as they are, the next start goes on with them.

        Raises NotAllowed if the hub does not accept the lab's token, LabError if no Jenkins is set or another bridge
        serves this lab.
        """
        for entry in self._steps.journal.open_entries():
            self.schedule.watch(entry)
        self.schedule.start()
        self._keeper.start()
        for name, work in (
            ("boards", self._keep_in_touch),
            ("look", self.looking.run),
            ("rounds", self.rounds.run),
            ("sweep", Sweeping(self._steps, stop=self._stop).run),
            ("asked", self._answer_builds),
        ):
            threading.Thread(target=self._guarded, args=(work,), name=name, daemon=True).start()
        try:
            self._work()
        finally:
            self._stop.set()
            self.in_touch.wake()
            leaving = threading.Thread(target=self._leave, name="leave", daemon=True)
            leaving.start()
            self.schedule.end()
            leaving.join(STOP_WAITS)
        if self._fatal is not None:
            raise self._fatal

    def wake(self) -> None:
        """Look again at once, as when `stop` was set."""
        self._woken.set()

    def _work(self) -> None:
        woken = True
        while not self._stop.is_set() and self._fatal is None:
            if woken and self._entered.is_set():
                self.claiming.renew()
            self.schedule.notice_folders()
            self.schedule.take_due()
            woken = self._woken.wait(self.schedule.pause())
            self._woken.clear()

    def _boards_changed(self) -> None:
        self.looking.reckon()

    def _board_is_back(self) -> None:
        self.in_touch.wake()
        self.wake()

    def _shared(self) -> Limits:
        now = self._steps.clock()
        return limits(self.in_touch.shared(now), now)

    def _leave(self) -> None:
        if self._entered.is_set():
            self.claiming.leave()

    def _keep_in_touch(self) -> None:
        if self.claiming.enter():
            self._entered.set()
            self.in_touch.run(self._ready)

    def _answer_builds(self) -> None:
        # A claim for one of them is not to be among those of before, which are asked again.
        while not self._entered.wait(ENTRY_LOOK):
            if self._stop.is_set():
                return
        self._answering.run(self._stop)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # it ends the bridge, with its message
            self._fails(error)

    def _fails(self, error: Exception) -> None:
        self._fatal = self._fatal or error
        self.wake()
