"""The bridge: waits for requests for the lab's idle boards and takes each through the steps.

One thread waits at the hub, one asks hub and Jenkins now and then which boards are there, one looks at the request
folders and talks to nobody, a few take steps: so a slow delivery holds up no gate, and a stop waits for no answer.
Everything that matters stands in the journal; what is kept in memory may be lost at any time.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from fuego_jenkins_remote.client.errors import Answered, ClientError, NotAllowed
from fuego_jenkins_remote.client.hub import MAX_CLAIM_BOARDS, MAX_WAIT, HubClient
from fuego_jenkins_remote.client.values import Claims
from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.lab.attempts.journal import Phase
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.errors import ControllerError, LabError
from fuego_jenkins_remote.lab.serving.hands import nobody_is_at_it
from fuego_jenkins_remote.lab.serving.room import why_no_room
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
"""Seconds between two tries of what did not work; each is twice the one before."""
JOURNAL_PAUSE = 5.0
"""Seconds between two tries to write down a claim where the disk is full."""
STOP_WAITS = 1.0
"""Seconds that steps under way get to end when the bridge stops; what is cut off then is taken again."""
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
    """The claim that waits at the hub; a newer generation makes an older one's answer the last of its line.

    It is for no board while all work: the hub's word to stop one of them comes by it, too. None: no claim waits.
    """

    generation: int = 0
    boards: tuple[str, ...] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class Bridge:
    """Runs until `stop` is set."""

    def __init__(self, steps: Steps, *, ready: Callable[[], None], stop: threading.Event) -> None:
        """`ready` is called once, when hub and journal have answered; the work goes on without it."""
        self._steps = steps
        self._ready = ready
        self._stop = stop
        self._woken = threading.Event()
        self._watched: dict[AttemptId, _Watched] = {}
        self._lock = threading.Lock()
        self._claiming = _Claiming()
        self._due: queue.SimpleQueue[AttemptId | None] = queue.SimpleQueue()
        self._boards: frozenset[str] = frozenset()
        self._fatal: Exception | None = None
        self._swept = 0.0

    def run(self) -> None:
        """Work until `stop` is set; attempts that are under way stay as they are, the next start goes on with them.

        Raises NotAllowed if the hub does not accept the lab's token, LabError if no Jenkins is set.
        """
        for entry in self._steps.journal.open_entries():
            self._watch(entry.id)
        # Daemons: an answer that they wait for must not keep the process when it is to stop.
        workers = [threading.Thread(target=self._work, name=f"step-{n}", daemon=True) for n in range(WORKERS)]
        for thread in (*workers, threading.Thread(target=self._keep_in_touch, name="boards", daemon=True)):
            thread.start()
        try:
            while not self._stop.is_set() and self._fatal is None:
                self._claim_for_idle_boards()
                self._notice_folders()
                self._take_due_steps()
                self._sweep()
                self._woken.wait(self._pause())
                self._woken.clear()
        finally:
            self._stop.set()
            self._end(workers)
        if self._fatal is not None:
            raise self._fatal

    def _end(self, workers: Sequence[threading.Thread]) -> None:
        for _ in workers:
            self._due.put(None)
        until = time.monotonic() + STOP_WAITS
        for thread in workers:
            thread.join(max(0.0, until - time.monotonic()))

    def wake(self) -> None:
        """Look again at once, as when `stop` was set."""
        self._woken.set()

    # -- hub and Jenkins

    def _keep_in_touch(self) -> None:
        """Ask again for claims whose answer is not known, then keep up which boards are there."""
        try:
            for claim_id, boards in self._steps.journal.open_claims():
                claims = self._ask_again(claim_id, boards)
                if claims is None:
                    return
                self._keep(claim_id, claims)
            self._look_at_boards_for_ever()
        except Exception as error:  # it ends the bridge, with its message
            self._fatal = error
            self.wake()

    def _look_at_boards_for_ever(self) -> None:
        pause, said_ready = FIRST_PAUSE, False
        while not self._stop.is_set():
            try:
                shared = self._steps.shared_boards()
                if not said_ready:
                    self._ready()
                    said_ready = True
                self._take_over()
                nodes = {node.name for node in self._steps.controller().nodes() if node.online}
                no_room = why_no_room(self._steps.lab)
                if no_room:
                    log.warning("%s", no_room)
                self._boards = frozenset(board for board in shared if board in nodes and not no_room)
                self.wake()
                pause, wait = FIRST_PAUSE, BOARDS_EVERY
            except NotAllowed:
                raise
            except (ClientError, ControllerError, FormatError, OSError) as error:
                log.warning("%s; trying again in %.0f s", error, pause)
                pause, wait = min(2 * pause, BOARDS_EVERY), pause
            self._stop.wait(wait)

    def _take_over(self) -> None:
        """Mind what a person has begun by hand and left in the middle. A packaged run waits for `ftc put-run`."""
        if nobody_is_at_it(self._steps.lab.state_dir):
            for entry in self._steps.journal.open_entries():
                if entry.phase is not Phase.DELIVER:
                    self._watch(entry.id)

    def _ask_again(self, claim_id: str, boards: Sequence[str]) -> Claims | None:
        """What came of a claim, the same as when it was asked first; None when the bridge is to stop before."""
        pause = FIRST_PAUSE
        while not self._stop.is_set():
            try:
                return ask(self._steps.hub(), claim_id, boards)
            except NotAllowed:
                raise
            except ClientError as error:
                log.warning("%s; trying again in %.0f s", error, pause)
            self._stop.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        return None

    # -- claims

    def _claim_for_idle_boards(self) -> None:
        """Wait at the hub for the boards that are idle now; when they change, a new call takes the old one's place."""
        idle = tuple(sorted(self._boards - self._steps.journal.busy_boards()))
        wanted = idle if idle or self._something_runs() else None
        claiming = self._claiming
        with claiming.lock:
            if wanted == claiming.boards:
                return
            claiming.boards = wanted
            claiming.generation += 1
            generation = claiming.generation
        if wanted is not None:
            name = f"claim-{generation}"
            threading.Thread(target=self._claim, args=(generation, wanted), name=name, daemon=True).start()

    def _something_runs(self) -> bool:
        with self._lock:
            return any(one.phase is Phase.RUN for one in self._watched.values())

    def _claim(self, generation: int, boards: tuple[str, ...]) -> None:
        """Wait at the hub until something is won, or a newer claim takes this one's place."""
        try:
            while not self._stop.is_set() and self._claiming.generation == generation:
                if self._claim_once(boards[:MAX_CLAIM_BOARDS]):
                    break
        except NotAllowed as error:
            self._fatal = error
        except LabError as error:
            log.warning("%s; claiming again in %.0f s", error, JOURNAL_PAUSE)
            self._stop.wait(JOURNAL_PAUSE)
        except Exception:
            log.exception("claiming for %s", ", ".join(boards))
            self._stop.wait(LONGEST_PAUSE)
        with self._claiming.lock:
            if self._claiming.generation == generation:
                self._claiming.boards = None
        self.wake()

    def _claim_once(self, boards: tuple[str, ...]) -> bool:
        """One waiting call at the hub; whether it won anything."""
        claim_id = new_call_id()
        self._steps.journal.begin_claim(claim_id, boards)
        try:
            claims: Claims | None = self._steps.hub().claim(claim_id, boards, wait=MAX_WAIT)
        except NotAllowed:
            raise
        except ClientError as error:
            log.warning("%s; asking again in %.0f s", error, FIRST_PAUSE)
            self._stop.wait(FIRST_PAUSE)
            claims = self._ask_again(claim_id, boards)
        if claims is None:
            return False
        self._keep(claim_id, claims)
        return bool(claims.attempts)

    def _keep(self, claim_id: str, claims: Claims) -> None:
        """Write down what was won, when there is room for it; else the next start asks for it again."""
        while True:
            try:
                self._steps.journal.end_claim(claim_id, claims.attempts, self._steps.clock())
                break
            except LabError as error:
                log.warning("%s; trying again in %.0f s", error, JOURNAL_PAUSE)
            if self._stop.wait(JOURNAL_PAUSE):
                return
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
                    one = self._watched[attempt]
                    if not one.failures:
                        one.due = 0.0

    def _take_due_steps(self) -> None:
        now = time.monotonic()
        with self._lock:
            due = [attempt for attempt, one in self._watched.items() if not one.busy and one.due <= now]
            for attempt in due:
                self._watched[attempt].busy = True
        for attempt in due:
            self._due.put(attempt)

    def _work(self) -> None:
        while (attempt := self._due.get()) is not None:
            self._take_steps(attempt)

    def _take_steps(self, attempt: AttemptId) -> None:
        """Steps until one says to wait."""
        pause: float | None = 0.0
        while pause == 0.0 and not self._stop.is_set():
            pause = self._guarded(attempt, partial(self._step, attempt))
        with self._lock:
            if pause is None:
                del self._watched[attempt]
            else:
                one = self._watched[attempt]
                one.busy = False
                one.due = time.monotonic() + pause
        self.wake()

    def _step(self, attempt: AttemptId) -> float | None:
        pause = self._steps.take(attempt)
        entry = self._steps.journal.entry(attempt)
        with self._lock:
            one = self._watched[attempt]
            if entry is not None and entry.phase is not one.phase:
                one.phase, one.since = entry.phase, time.monotonic()
        return pause

    def _guarded(self, attempt: AttemptId, step: Callable[[], float | None]) -> float | None:
        """A step, or the pause after which it is taken again because something did not answer."""
        try:
            pause = step()
        except (ClientError, LabError, FormatError, OSError) as error:
            trouble: Exception = error
        except Exception as error:  # a mistake of ours with one attempt must not take the others along
            log.exception("%s", attempt)
            trouble = error
        else:
            self._failures(attempt, 0)
            return pause
        pause = float(min(FIRST_PAUSE * 2 ** min(self._failures(attempt, 1), 6), LONGEST_PAUSE))
        log.warning("%s: %s; trying again in %.0f s", attempt, trouble, pause)
        return pause

    def _failures(self, attempt: AttemptId, more: int) -> int:
        """Count a failure, or forget them all with 0; how many there were before."""
        with self._lock:
            one = self._watched.get(attempt)
            before = one.failures if one else 0
            if one:
                one.failures = before + 1 if more else 0
        return before

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
        try:
            self._steps.sweep(
                kept_since=self._steps.clock() - JOURNAL_KEEPS, used_since=self._steps.clock() - SWEEP_AFTER
            )
        except (LabError, OSError) as error:
            log.warning("%s", error)


def ask(hub: HubClient, claim_id: str, boards: Sequence[str]) -> Claims:
    """What came of a claim, without waiting. One that the hub cannot take won nothing: a board of it has gone.

    Raises NotAllowed, and ClientError where the hub gives no answer.
    """
    try:
        return hub.claim(claim_id, boards)
    except NotAllowed:
        raise
    except Answered as error:
        if error.status >= 500:
            raise
        log.warning("%s", error)
        return Claims(attempts=(), cancels=())
