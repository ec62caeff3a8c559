"""A probe's way through the lab's Jenkins: the board's own job, with the script, lock and gate of every request.

So it never runs while a test holds the board, and reaches the board as Fuego does. It needs no bridge and disturbs
none; the hub knows nothing of it. Whoever asked waits for it. Where it is killed meanwhile nothing is kept, and what
lies in lab_dir is swept away as what any test has left.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from fuego_jenkins_remote.lab.attempts.folders import LabDir, Prepared
from fuego_jenkins_remote.lab.attempts.stepping import SETTLE, TIME_LIMIT_SLACK
from fuego_jenkins_remote.lab.errors import ControllerError, LabError
from fuego_jenkins_remote.lab.jenkins.controller import Build, Controller, QueueItem, is_under_way
from fuego_jenkins_remote.lab.probe.reading import MAX_BYTES, Found, read_log
from fuego_jenkins_remote.network.identities import AttemptId, new_request_id
from fuego_jenkins_remote.network.reasons import meaning

TEST = "Functional.fuego_probe"
TIME_LIMIT = 300
"""Seconds that the test may take."""
PATIENCE = 3600.0
"""Seconds until the whole of it has to be over: a test may have the board."""
_PAUSE, _LOOK = 0.2, 2.0


class Probe:
    """One board's probe."""

    def __init__(
        self,
        controller: Controller,
        folders: LabDir,
        board: str,
        job: str,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`clock` gives seconds since 1970."""
        self._controller, self._folders, self._board, self._job = controller, folders, board, job
        self._clock, self._sleep = clock, sleep
        self.attempt = AttemptId(new_request_id(datetime.fromtimestamp(clock(), UTC)), 1)

    def run(self, say: Callable[[str], None]) -> Found:
        """Ask the board; what it said. Raises LabError with the reason, ControllerError, OSError.

        `say` is told what it waits for, as that changes.
        """
        self._folders.prepare(self.attempt, _prepared(self._board))
        over = False
        try:
            # Nobody watches this gate: it stands open, for this attempt and as long as we wait.
            self._folders.open_gate(self.attempt, self._clock() + PATIENCE)
            self._controller.trigger(self._job, self.attempt)
            self._wait(say)
            over = True
            return self._read()
        finally:
            if not over:
                self._call_off()
            self._folders.forget(self.attempt)

    def _wait(self, say: Callable[[str], None]) -> None:
        end, look, said, gone_since = self._clock() + PATIENCE, self._clock() + _LOOK, "", 0.0
        while self.attempt not in self._folders.ended():
            refused = self._folders.refused(self.attempt)
            if refused is not None and not self._folders.has_started(self.attempt):
                raise LabError(f"{self._board} was not asked: {refused}")
            now = self._clock()
            if now > end:
                raise LabError(f"{self._board} was not asked within {PATIENCE / 60:.0f} min: {said or self._job}")
            if now >= look:
                look = now + _LOOK
                found = self._controller.find(self._job, self.attempt)
                gone_since = 0.0 if is_under_way(found) else gone_since or now
                if gone_since and now - gone_since > SETTLE:
                    where = f" ({found.url}console)" if isinstance(found, Build) else ""
                    raise LabError(f"{self._board} was not asked: the build of {self._job} left nothing{where}")
                words = _words(found)
                if words != said:
                    say(f"{self._board}: {words}")
                    said = words
            self._sleep(_PAUSE)

    def _read(self) -> Found:
        outcome = self._folders.outcome(self.attempt)
        if outcome is None or not outcome.ran:
            reason = meaning(outcome.reason) if outcome is not None else "its outcome cannot be read"
            raise LabError(f"{self._board} did not answer: {reason}")
        log = next((data for name, data in self._folders.logs(self.attempt) if name == "testlog.txt"), b"")
        found = read_log(log[:MAX_BYTES])
        if not found.facts:
            raise LabError(f"{self._board} said nothing that is understood; the log of {TEST} is in its run in Jenkins")
        return found

    def _call_off(self) -> None:
        """Leave nothing of it in Jenkins, as far as Jenkins lets us."""
        with contextlib.suppress(ControllerError):
            found = self._controller.find(self._job, self.attempt)
            if isinstance(found, QueueItem):
                self._controller.cancel_queue_item(found.id)
            elif found is not None and found.building:
                self._controller.stop_build(self._job, found.number)


def _prepared(board: str) -> Prepared:
    arguments = ["run-test", "-b", board, "-t", TEST, "-s", "default", "--timeout", f"{TIME_LIMIT}s"]
    return Prepared(
        board=board,
        test=TEST,
        spec="default",
        arguments=arguments,
        time_limit=TIME_LIMIT + TIME_LIMIT_SLACK,
        test_folder=Path(__file__).parent / TEST,
    )


def _words(found: Build | QueueItem | None) -> str:
    if isinstance(found, QueueItem):
        return f"waits in Jenkins: {found.why or 'for its turn'}"
    return "is asked" if found is not None else "Jenkins is called"
