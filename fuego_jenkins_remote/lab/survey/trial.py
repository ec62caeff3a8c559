"""A build of a board's job that touches no board: it goes up to the gate, and is stopped there through Jenkins.

It shows what cannot be seen from one side alone: that the build comes to a node and starts, that its lab_dir is ours,
that both may write there, that a lock taken by the job is seen here, and that our user may stop a build. Neither a hub
nor a bridge is needed, and none is disturbed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from fuego_jenkins_remote.lab.attempts.folders import GateCall, LabDir, Prepared
from fuego_jenkins_remote.lab.errors import ControllerRefused, ControllerTrouble, LabError
from fuego_jenkins_remote.lab.jenkins.controller import Controller, QueueItem
from fuego_jenkins_remote.network.identities import AttemptId, new_request_id

IN_QUEUE = 60.0
"""Seconds that the build may wait for its node."""
AT_GATE = 30.0
"""Seconds from its start to the gate, and from the stop to its end."""
_PAUSE = 0.1
_LOOK = 1.0
_REFUSAL = "this was a trial build, not a request: nothing was to be run"


class TrialFailed(LabError):
    """A trial build did not come as far as it should; the message says how far, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a trial build has shown. `seconds`: from the trigger to the gate; `may_stop`: Job/Cancel is there."""

    build_url: str
    seconds: float
    may_stop: bool
    lock_is_seen: bool


def try_build(
    controller: Controller,
    folders: LabDir,
    board: str,
    job: str,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Trial:
    """Send a build of `job` to the gate, and stop it. Raises TrialFailed, ControllerError, OSError."""
    attempt = AttemptId(new_request_id(datetime.now(UTC)), 1)
    folders.prepare(
        attempt,
        Prepared(board=board, test="Functional.trial", spec="default", arguments=["run-test"], time_limit=1),
    )
    trial = _Trial(controller, folders, attempt, job, clock=clock, sleep=sleep)
    try:
        began = clock()
        controller.trigger(job, attempt)
        call = trial.until_gate()
        seconds = clock() - began
        lock_is_seen = not folders.board_is_free(board)
        return Trial(build_url=call.build_url, seconds=seconds, may_stop=trial.stop(call), lock_is_seen=lock_is_seen)
    finally:
        folders.forget(attempt)


class _Trial:
    def __init__(
        self,
        controller: Controller,
        folders: LabDir,
        attempt: AttemptId,
        job: str,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self.controller, self.folders, self.attempt, self.job = controller, folders, attempt, job
        self.clock, self.sleep = clock, sleep

    def until_gate(self) -> GateCall:
        """Who waits at the gate. Raises TrialFailed where nobody comes there."""
        end, look, started = self.clock() + IN_QUEUE, self.clock() + _LOOK, False
        why = "Jenkins shows neither a queue item nor a build of it"
        while (call := self.folders.gate_call(self.attempt)) is None:
            self.check_refused()
            if self.clock() >= end:
                self.call_off()
                raise TrialFailed(f"the build of {self.job} did not come to the gate: {why}")
            if self.clock() >= look:
                look = self.clock() + _LOOK
                found = self.controller.find(self.job, self.attempt)
                if isinstance(found, QueueItem):
                    why = f"it waits in Jenkins' queue: {found.why or 'Jenkins does not say why'}"
                elif found is not None and found.building and not started:
                    started, end = True, self.clock() + AT_GATE
                    why = f"{found.url} runs, but nothing of it is to be seen in {self.folders.requests}. {self._hint}"
                elif found is not None and not found.building:
                    self.check_refused()
                    raise TrialFailed(self._ended(found.url))
            self.sleep(_PAUSE)
        return call

    def check_refused(self) -> None:
        """Raise TrialFailed with what the script said when it left."""
        refused = self.folders.refused(self.attempt)
        if refused is not None:
            raise TrialFailed(f"the build of {self.job} left before the gate: {refused}")

    def stop(self, call: GateCall) -> bool:
        """End the build at the gate through Jenkins, else by a no; whether Jenkins let us."""
        may_stop = True
        try:
            number = int(call.build_number or 0)
            if number:
                self.controller.stop_build(self.job, number)
        except ControllerRefused:
            may_stop = False
        end = self.clock() + (AT_GATE if may_stop else 0)
        while self.folders.refused(self.attempt) is None and self.clock() < end:
            self.sleep(_PAUSE)
        if self.folders.refused(self.attempt) is None:
            self.folders.answer_gate(self.attempt, call.nonce, _REFUSAL)
            end = self.clock() + AT_GATE
            while self.folders.refused(self.attempt) is None and self.clock() < end:
                self.sleep(_PAUSE)
        return may_stop

    def call_off(self) -> None:
        """Leave nothing of it in Jenkins, as far as Jenkins lets us."""
        found = self.controller.find(self.job, self.attempt)
        try:
            if isinstance(found, QueueItem):
                self.controller.cancel_queue_item(found.id)
            elif found is not None:
                self.controller.stop_build(self.job, found.number)
        except (ControllerRefused, ControllerTrouble):
            return

    def _ended(self, url: str) -> str:
        return f"the build of {self.job} ended without coming to the gate; {url}console says why. {self._hint}"

    @property
    def _hint(self) -> str:
        return (
            f"Is {self.folders.path} what its job calls FUEGO_LAB_DIR? ftc lab jobs writes it, with --container for"
            " jobs in Fuego's container"
        )
