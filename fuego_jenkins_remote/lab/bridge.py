"""The bridge: waits for requests for the lab's idle boards and takes each through the steps.

One thread waits at the hub, one looks at the request folders, a few take steps, so that a slow delivery holds up no
gate. Everything that matters stands in the journal; what is kept in memory may be lost at any time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from fuego_jenkins_remote.client.errors import ClientError, NotAllowed
from fuego_jenkins_remote.client.hub import MAX_WAIT
from fuego_jenkins_remote.client.values import Claims
from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.lab.errors import ControllerError, LabError
from fuego_jenkins_remote.lab.journal import Phase
from fuego_jenkins_remote.lab.steps import Steps
from fuego_jenkins_remote.network.identities import AttemptId, new_call_id

log = logging.getLogger("fuego.lab")

WORKERS = 8
BRISK, CALM, IDLE = 0.01, 0.1, 1.0
"""Seconds between two looks at the folders: a job is about to ask, something runs, nothing does."""
BRISK_FOR = 20.0
"""Seconds after its triggering in which a job is expected at the gate."""
BOARDS_EVERY = 30.0
"""Seconds between two looks at which boards this lab shares and which of its nodes are there."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
SWEEP_EVERY, SWEEP_AFTER = 3600.0, 6 * 3600.0
JOURNAL_KEEPS = 30 * 86400.0


@dataclass
class _Watched:
    """What is known in memory of an open attempt."""

    due: float
    phase: Phase
    since: float
    busy: bool = False
    failures: int = 0


@dataclass
class _Claiming:
    """The claim that waits at the hub; a newer generation makes an older one's answer the last of its line."""

    generation: int = 0
    boards: tuple[str, ...] = ()
    lock: threading.Lock = field(default_factory=threading.Lock)


class Bridge:
    """Runs until `stop` is set."""

    def __init__(self, steps: Steps, *, ready: Callable[[], None], stop: threading.Event) -> None:
        """`ready` is called once, when hub and journal have answered."""
        self._steps = steps
        self._ready = ready
        self._stop = stop
        self._woken = threading.Event()
        self._watched: dict[AttemptId, _Watched] = {}
        self._lock = threading.Lock()
        self._claiming = _Claiming()
        self._boards: frozenset[str] = frozenset()
        self._boards_seen = 0.0
        self._swept = 0.0

    def run(self) -> None:
        """Work until `stop` is set; attempts that are under way stay as they are, the next start goes on with them.

        Raises NotAllowed if the hub does not accept the lab's token.
        """
        self._recover()
        self._look_at_boards()
        self._ready()
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="step") as workers:
            while not self._stop.is_set():
                self._look_at_boards()
                self._claim_for_idle_boards()
                self._notice_folders()
                self._take_due_steps(workers)
                self._sweep()
                self._woken.wait(self._pause())
                self._woken.clear()

    def wake(self) -> None:
        """Look again at once, as when `stop` was set."""
        self._woken.set()

    # -- claims

    def _recover(self) -> None:
        """Ask again for claims whose answer is not known; take up what is open."""
        for claim_id, boards in self._steps.journal.open_claims():
            claims = self._persistently(partial(self._ask, claim_id, boards))
            if claims is None:
                return
            self._keep(claim_id, claims)
        for entry in self._steps.journal.open_entries():
            self._watch(entry.id)

    def _ask(self, claim_id: str, boards: Sequence[str]) -> Claims:
        """What came of a claim: for one that was asked before, the same answer as then."""
        return self._steps.hub().claim(claim_id, boards)

    def _persistently(self, call: Callable[[], Claims]) -> Claims | None:
        """Call until there is an answer; None when the bridge is to stop before."""
        pause = FIRST_PAUSE
        while not self._stop.is_set():
            try:
                return call()
            except NotAllowed:
                raise
            except ClientError as error:
                log.warning("%s; trying again in %.0f s", error, pause)
            self._stop.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        return None

    def _look_at_boards(self) -> None:
        """Which boards this lab shares, and has a node for that is there."""
        if time.monotonic() - self._boards_seen < BOARDS_EVERY and self._boards_seen:
            return
        try:
            lab = self._steps.lab
            shared = {board.name for board in self._steps.hub().boards(host=lab.host) if board.online}
            here = {board.name for board in lab.board_files([])}
            nodes = {node.name for node in self._steps.controller().nodes() if node.online}
            self._boards = frozenset(shared & here & nodes)
        except NotAllowed:
            raise
        except (ClientError, ControllerError, FormatError) as error:
            log.warning("%s", error)
            self._boards_seen = time.monotonic() - BOARDS_EVERY + FIRST_PAUSE
            return
        self._boards_seen = time.monotonic()

    def _claim_for_idle_boards(self) -> None:
        """Wait at the hub for the boards that are idle now; when they change, a new call takes the old one's place."""
        idle = tuple(sorted(self._boards - self._steps.journal.busy_boards()))
        claiming = self._claiming
        with claiming.lock:
            if idle == claiming.boards:
                return
            claiming.boards = idle
            claiming.generation += 1
            generation = claiming.generation
        if idle:
            name = f"claim-{generation}"
            threading.Thread(target=self._claim, args=(generation, idle), name=name, daemon=True).start()

    def _claim(self, generation: int, boards: tuple[str, ...]) -> None:
        pause = FIRST_PAUSE
        while not self._stop.is_set() and self._claiming.generation == generation:
            claim_id = new_call_id()
            self._steps.journal.begin_claim(claim_id, boards)
            try:
                claims = self._steps.hub().claim(claim_id, boards, wait=MAX_WAIT)
            except ClientError as error:
                log.warning("%s; asking again in %.0f s", error, pause)
                self._stop.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
                answer = self._persistently(partial(self._ask, claim_id, boards))
                if answer is None:
                    return
                claims = answer
            else:
                pause = FIRST_PAUSE
            self._keep(claim_id, claims)
            if claims.attempts:
                with self._claiming.lock:
                    if self._claiming.generation == generation:
                        self._claiming.boards = ()
                self.wake()
                return

    def _keep(self, claim_id: str, claims: Claims) -> None:
        self._steps.journal.end_claim(claim_id, claims.attempts, self._steps.clock())
        for attempt in claims.attempts:
            log.info("claimed %s for %s: %s", attempt.id, attempt.board, attempt.request.test)
            self._watch(attempt.id)
        for stopped in claims.cancels:
            self._guarded(stopped, partial(self._steps.stop, stopped))

    # -- steps

    def _watch(self, attempt: AttemptId) -> None:
        with self._lock:
            self._watched.setdefault(attempt, _Watched(due=0.0, phase=Phase.DECIDE, since=time.monotonic()))
        self.wake()

    def _notice_folders(self) -> None:
        """Make due what its folder says has moved: a job at the gate, an outcome in the outbox."""
        with self._lock:
            watched = [(attempt, one.phase) for attempt, one in self._watched.items() if not one.busy]
        folders = self._steps.folders
        running = any(phase is Phase.RUN for _, phase in watched)
        ended = folders.ended() if running else set()
        for attempt, phase in watched:
            if (phase is Phase.GATE and folders.gate_is_asked(attempt)) or (phase is Phase.RUN and attempt in ended):
                with self._lock:
                    self._watched[attempt].due = 0.0

    def _take_due_steps(self, workers: ThreadPoolExecutor) -> None:
        now = time.monotonic()
        with self._lock:
            due = [attempt for attempt, one in self._watched.items() if not one.busy and one.due <= now]
            for attempt in due:
                self._watched[attempt].busy = True
        for attempt in due:
            workers.submit(self._take_steps, attempt)

    def _take_steps(self, attempt: AttemptId) -> None:
        """Steps until one says to wait."""
        pause: float | None = 0.0
        while pause == 0.0 and not self._stop.is_set():
            pause = self._guarded(attempt, partial(self._steps.take, attempt))
        with self._lock:
            if pause is None:
                del self._watched[attempt]
            else:
                entry = self._steps.journal.entry(attempt)
                one = self._watched[attempt]
                one.busy = False
                one.due = time.monotonic() + pause
                if entry is not None and entry.phase is not one.phase:
                    one.phase, one.since = entry.phase, time.monotonic()
        self.wake()

    def _guarded(self, attempt: AttemptId, step: Callable[[], float | None]) -> float | None:
        """A step, or the pause after which it is taken again because something did not answer."""
        with self._lock:
            one = self._watched.get(attempt)
        try:
            pause = step()
        except (ClientError, LabError, FormatError, OSError) as error:
            failures = one.failures if one else 0
            if one:
                one.failures += 1
            pause = float(min(FIRST_PAUSE * 2 ** min(failures, 6), LONGEST_PAUSE))
            log.warning("%s: %s; trying again in %.0f s", attempt, error, pause)
            return pause
        if one:
            one.failures = 0
        return pause

    def _pause(self) -> float:
        """Seconds until there may be something to do."""
        now = time.monotonic()
        with self._lock:
            idle = [one for one in self._watched.values() if not one.busy]
        if any(one.phase is Phase.GATE and now - one.since < BRISK_FOR for one in idle):
            return BRISK
        if any(one.phase in {Phase.GATE, Phase.RUN} for one in idle):
            return CALM
        return max(0.0, min([IDLE, *(one.due - now for one in idle)]))

    def _sweep(self) -> None:
        """Remove what closed attempts have left."""
        if time.monotonic() - self._swept < SWEEP_EVERY and self._swept:
            return
        self._swept = time.monotonic()
        now = self._steps.clock()
        self._steps.journal.forget_closed(now - JOURNAL_KEEPS)
        for attempt, changed in self._steps.folders.request_folders():
            if now - changed > SWEEP_AFTER and not self._steps.journal.is_open(attempt):
                self._steps.folders.forget(attempt)
