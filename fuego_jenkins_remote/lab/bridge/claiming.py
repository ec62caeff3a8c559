"""The call that waits at the hub for requests, and the word to stop one.

One call for all boards that are free; when they change, a new call takes the old one's place. It is for no board while
none is free: the hub's word to stop an attempt comes by it too, and it keeps other bridges of this lab away.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence

from fuego_jenkins_remote.client.errors import Answered, ClientError, NotAllowed
from fuego_jenkins_remote.client.hub import MAX_CLAIM_BOARDS, MAX_WAIT
from fuego_jenkins_remote.client.values import Attempt, Claims
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.bridge.boards import Limits
from fuego_jenkins_remote.lab.bridge.schedule import FIRST_PAUSE, LONGEST_PAUSE, Schedule
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.hubs import LabHub
from fuego_jenkins_remote.network.identities import new_call_id

log = logging.getLogger("fuego.lab")

OTHER_BRIDGE = "other-bridge"
"""The hub's word for a lab that another bridge serves."""
JOURNAL_PAUSE = 5.0
"""Seconds between two tries to write down a claim where the disk is full."""


class AnotherBridge(LabError):
    """The hub says that another bridge serves this lab; this one is to leave."""


class Claiming:
    """The claim that waits; a newer generation makes an older one's answer the last of its line."""

    def __init__(
        self,
        steps: Steps,
        schedule: Schedule,
        *,
        instance: str,
        free: Callable[[], Limits],
        failed: Callable[[Exception], None],
        stop: threading.Event,
        wake: Callable[[], None],
    ) -> None:
        """`free` gives the boards at any time; `failed` gets what ends the bridge."""
        self._steps = steps
        self._schedule = schedule
        self._instance = instance
        self._free = free
        self._failed = failed
        self._stop = stop
        self._wake = wake
        self._lock = threading.Lock()
        self._generation = 0
        self._boards: tuple[str, ...] | None = None
        self._unanswered = 0

    def enter(self) -> bool:
        """Say that we are here, and ask again for claims whose answer is not known; False when the bridge is to stop.

        Raises AnotherBridge, NotAllowed.
        """
        for claim_id in [*(claim_id for claim_id, _ in self._steps.journal.open_claims()), new_call_id()]:
            claims = self._ask_again(claim_id)
            if claims is None:
                return False
            self._keep(claim_id, claims)
        return True

    def leave(self) -> None:
        """Say that we go: another bridge may come at once. Where the hub does not hear it, it may a minute later."""
        try:
            self._steps.hub().leave(new_call_id(), self._instance)
        except ClientError as error:
            log.info("%s", error)

    def renew(self) -> None:
        """Let the call wait for the boards that are free now and have no attempt.

        While it is not known what a claim has won no further one is made: boards come and go while the hub is away.
        """
        wanted = tuple(sorted(set(self._free()) - self._steps.taken_boards()))
        with self._lock:
            if wanted == self._boards or self._unanswered:
                return
            self._boards = wanted
            self._generation += 1
            generation = self._generation
        name = f"claim-{generation}"
        threading.Thread(target=self._claim, args=(generation, wanted), name=name, daemon=True).start()

    def _claim(self, generation: int, boards: tuple[str, ...]) -> None:
        """Wait at the hub until something is won, or a newer claim takes this one's place."""
        parts = [boards[at : at + MAX_CLAIM_BOARDS] for at in range(0, len(boards), MAX_CLAIM_BOARDS)] or [()]
        turn = 0
        try:
            while not self._stop.is_set() and self._generation == generation:
                # More boards than a call may name take turns.
                if self._claim_once(parts[turn % len(parts)], MAX_WAIT / len(parts)):
                    break
                turn += 1
        except (NotAllowed, AnotherBridge) as error:
            self._failed(error)
        except LabError as error:
            log.warning("%s; claiming again in %.0f s", error, JOURNAL_PAUSE)
            self._stop.wait(JOURNAL_PAUSE)
        except Exception:
            log.exception("claiming for %s", ", ".join(boards))
            self._stop.wait(LONGEST_PAUSE)
        with self._lock:
            if self._generation == generation:
                self._boards = None
        self._wake()

    def _claim_once(self, boards: tuple[str, ...], wait: float) -> bool:
        """One waiting call at the hub; whether the boards that are free may be others now."""
        claim_id = new_call_id()
        if boards:
            self._steps.journal.begin_claim(claim_id, boards)
        try:
            claims = self._ask(claim_id, boards, wait)
        except NotAllowed:
            raise
        except ClientError as error:
            log.warning("%s; asking again in %.0f s", error, FIRST_PAUSE)
            found = self._find_out(claim_id)
            if found is not None:
                self._keep(claim_id, found)
            return True
        self._keep(claim_id, claims)
        return bool(claims.attempts)

    def _find_out(self, claim_id: str) -> Claims | None:
        """What a claim has won whose answer was lost; None when the bridge is to stop before."""
        with self._lock:
            self._unanswered += 1
        try:
            self._stop.wait(FIRST_PAUSE)
            return self._ask_again(claim_id)
        finally:
            with self._lock:
                self._unanswered -= 1

    def _ask_again(self, claim_id: str) -> Claims | None:
        """What a claim has won; None when the bridge is to stop before.

        It is asked without its boards: one that the hub has never heard of is not to win anything now.
        """
        pause = FIRST_PAUSE
        while not self._stop.is_set():
            try:
                return self._ask(claim_id, (), 0.0)
            except NotAllowed:
                raise
            except ClientError as error:
                log.warning("%s; trying again in %.0f s", error, pause)
            self._stop.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        return None

    def _ask(self, claim_id: str, boards: Sequence[str], wait: float) -> Claims:
        free = self._free()
        limits = {board: limit for board in boards if (limit := free.get(board)) is not None}
        return ask(self._steps.hub(), claim_id, boards, wait=wait, limits=limits, instance=self._instance)

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
            self._won(attempt)
        for stopped in claims.cancels:
            self._schedule.stop_attempt(stopped)

    def _won(self, attempt: Attempt) -> None:
        log.info("claimed %s for %s: %s", attempt.id, attempt.board, attempt.request.test)
        entry = self._steps.journal.entry(attempt.id)
        if entry is not None:
            self._schedule.watch(entry)


def ask(
    hub: LabHub,
    claim_id: str,
    boards: Sequence[str],
    *,
    wait: float = 0.0,
    limits: Mapping[str, float] | None = None,
    instance: str = "",
) -> Claims:
    """A claim. One that the hub cannot take won nothing: a board of it has gone.

    Raises NotAllowed, AnotherBridge, and ClientError where the hub gives no answer.
    """
    try:
        return hub.claim(claim_id, boards, wait=wait, limits=limits, instance=instance)
    except NotAllowed:
        raise
    except Answered as error:
        if error.will_pass:
            raise
        if error.code == OTHER_BRIDGE:
            raise AnotherBridge(str(error)) from error
        log.warning("%s", error)
        return Claims(attempts=(), cancels=())
