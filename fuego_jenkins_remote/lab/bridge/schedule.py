"""Whose step is due, and who takes it: a few workers, so that a slow delivery holds up no gate.

An attempt that waits or runs in Jenkins has no step of its own every few seconds: its folder, a look at Jenkins or the
hub's word make it due. What is kept here may be lost at any time; all that matters stands in the journal.
"""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.lab.attempts.journal import Entry, Phase
from fuego_jenkins_remote.lab.attempts.stepping import BEAT
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.jenkins.controller import is_under_way
from fuego_jenkins_remote.lab.jenkins.overview import Overview
from fuego_jenkins_remote.network.identities import AttemptId

log = logging.getLogger("fuego.lab")

WORKERS = 8
BRISK, CALM, IDLE = 0.01, 0.1, 1.0
"""Seconds between two looks at the folders: a job is about to ask, something runs, nothing does."""
BRISK_FOR = 20.0
"""Seconds after its triggering in which a job is expected at the gate."""
NOTICE_AGAIN = 1.0
"""Seconds in which a folder that has moved is not looked at again: what lies there may be of no use."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between two tries of what did not work; each is twice the one before."""
STOP_WAITS = 1.0
"""Seconds that steps under way get to end when the bridge stops; what is cut off then is taken again."""
FOLLOWED = (Phase.GATE, Phase.RUN)
"""Phases in which Jenkins has the attempt."""


@dataclass
class _Watched:
    """What is known in memory of an open attempt; `since` is when it came into its phase, `noticed` when its
    folder had last moved, both by the monotonic clock.
    """

    entry: Entry
    due: float
    since: float
    busy: bool = False
    noticed: float = -math.inf
    failures: int = 0
    stop: bool = False
    give_back: str = ""


class Schedule:
    """The open attempts of this bridge."""

    def __init__(self, steps: Steps, *, stop: threading.Event, wake: Callable[[], None]) -> None:
        """`wake` is called when there may be something to do."""
        self._steps = steps
        self._stop = stop
        self._wake = wake
        self._watched: dict[AttemptId, _Watched] = {}
        self._lock = threading.Lock()
        self._due: queue.SimpleQueue[AttemptId | None] = queue.SimpleQueue()
        self._workers: list[threading.Thread] = []

    # -- workers

    def start(self) -> None:
        """Let the workers begin. Daemons: an answer that they wait for must not keep a process that is to stop."""
        self._workers = [threading.Thread(target=self._work, name=f"step-{n}", daemon=True) for n in range(WORKERS)]
        for thread in self._workers:
            thread.start()

    def end(self) -> None:
        """Let steps under way end, if they do so soon."""
        for _ in self._workers:
            self._due.put(None)
        until = time.monotonic() + STOP_WAITS
        for thread in self._workers:
            thread.join(max(0.0, until - time.monotonic()))

    # -- what is known

    def watch(self, entry: Entry) -> None:
        """Take an open attempt up; one that is watched stays as it is."""
        with self._lock:
            self._watched.setdefault(entry.id, _Watched(entry=entry, due=0.0, since=time.monotonic()))
        self._wake()

    def followed(self) -> list[Entry]:
        """The attempts that Jenkins has, as they were after their last step."""
        with self._lock:
            return [one.entry for one in self._watched.values() if one.entry.phase in FOLLOWED]

    # -- what makes a step due

    def look_at(self, attempts: Iterable[AttemptId]) -> None:
        """Have these attempts' steps taken now. One that does not work keeps its pauses."""
        with self._lock:
            for attempt in attempts:
                one = self._watched.get(attempt)
                if one is not None and not one.busy and not one.failures:
                    one.due = 0.0
        self._wake()

    def stop_attempt(self, attempt: AttemptId) -> None:
        """The hub wants a running attempt stopped."""
        with self._lock:
            one = self._watched.get(attempt)
            if one is not None:
                one.stop, one.due = True, 0.0
        self._wake()

    def give_back(self, attempt: AttemptId, why: str) -> None:
        """An attempt that only waits in Jenkins' queue goes back to the hub."""
        with self._lock:
            one = self._watched.get(attempt)
            if one is not None and not one.failures:
                one.give_back, one.due = why, 0.0
        self._wake()

    def glance(self, seen: Overview) -> None:
        """Look closer at the attempts whose build is neither waiting nor running, as a look at all builds has it.

        What began after that look cannot be seen in it.
        """
        job = self._steps.lab.job
        followed = [entry for entry in self.followed() if entry.since < seen.begun and not entry.by_hand]
        self.look_at(entry.id for entry in followed if not is_under_way(seen.find(job(entry.board), entry.id)))

    def notice_folders(self) -> None:
        """Make due what its folder says has moved: a job at the gate or gone from it, an outcome in the outbox."""
        now = time.monotonic()
        with self._lock:
            quiet = [
                one
                for one in self._watched.values()
                if not one.busy and one.entry.phase in FOLLOWED and now - one.noticed >= NOTICE_AGAIN
            ]
        folders = self._steps.folders
        ended = folders.ended() if any(one.entry.phase is Phase.RUN for one in quiet) else set()
        moved = []
        for one in quiet:
            attempt = one.entry.id
            if attempt in ended if one.entry.phase is Phase.RUN else folders.gate_has_moved(attempt):
                one.noticed = now
                moved.append(attempt)
        if moved:
            self.look_at(moved)

    def take_due(self) -> None:
        """Give the workers what is due."""
        now = time.monotonic()
        with self._lock:
            due = [attempt for attempt, one in self._watched.items() if not one.busy and one.due <= now]
            for attempt in due:
                self._watched[attempt].busy = True
        for attempt in due:
            self._due.put(attempt)

    def pause(self) -> float:
        """Seconds until there may be something to do."""
        now = time.monotonic()
        with self._lock:
            idle = [one for one in self._watched.values() if not one.busy]
        if any(one.entry.phase is Phase.GATE and now - one.since < BRISK_FOR for one in idle):
            return BRISK
        longest = CALM if any(one.entry.phase in FOLLOWED for one in idle) else IDLE
        return max(0.0, min([longest, *(one.due - now for one in idle)]))

    # -- steps

    def _work(self) -> None:
        while (attempt := self._due.get()) is not None:
            self._take_steps(attempt)

    def _take_steps(self, attempt: AttemptId) -> None:
        """Steps until one says to wait."""
        pause: float | None = 0.0
        while pause == 0.0 and not self._stop.is_set():
            pause = self._guarded(attempt)
        with self._lock:
            if pause is None:
                del self._watched[attempt]
            else:
                one = self._watched[attempt]
                one.busy = False
                one.due = 0.0 if one.stop and not one.failures else time.monotonic() + pause
        self._wake()

    def _guarded(self, attempt: AttemptId) -> float | None:
        """A step, or the pause after which it is taken again because something did not answer."""
        try:
            pause = self._step(attempt)
        except (ClientError, LabError, FormatError, OSError) as error:
            trouble: Exception = error
        except Exception as error:  # a mistake of ours with one attempt must not take the others along
            log.exception("%s", attempt)
            trouble = error
        else:
            with self._lock:
                self._watched[attempt].failures = 0
            return pause
        with self._lock:
            one = self._watched[attempt]
            pause = float(min(FIRST_PAUSE * 2 ** min(one.failures, 6), LONGEST_PAUSE))
            one.failures += 1
        log.warning("%s: %s; trying again in %.0f s", attempt, trouble, pause)
        return pause

    def _step(self, attempt: AttemptId) -> float | None:
        """What was asked for comes before the attempt's own step; it is forgotten when it is done."""
        with self._lock:
            one = self._watched[attempt]
            stop, give_back = one.stop, one.give_back
        pause: float | None = BEAT
        if stop:
            self._steps.stop(attempt)
        elif give_back:
            pause = self._steps.leave_queue(attempt, give_back)
        else:
            pause = self._steps.take(attempt)
        entry = self._steps.journal.entry(attempt)
        with self._lock:
            # Either may have been asked for meanwhile.
            one.stop, one.give_back = one.stop and not stop, "" if one.give_back == give_back else one.give_back
            if entry is not None:
                if entry.phase is not one.entry.phase:
                    one.since, one.noticed = time.monotonic(), -math.inf
                one.entry = entry
        return _rest(entry, pause)


def _rest(entry: Entry | None, pause: float | None) -> float | None:
    """What waits or runs in Jenkins is looked at when something moves, unless it is to be stopped."""
    if entry is None or pause is None or pause < BEAT or entry.phase not in FOLLOWED:
        return pause
    # Jenkins knows nothing of what was begun by hand.
    return pause if entry.stopping or entry.by_hand else math.inf
