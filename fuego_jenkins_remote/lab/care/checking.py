"""What the steps of a board's check share: the systems they talk to, and the ways on when there is no verdict."""

from __future__ import annotations

import logging

from fuego_jenkins_remote.fuego.redact import Redactor
from fuego_jenkins_remote.lab.attempts.stepping import AT_ONCE, Stepping, one_line
from fuego_jenkins_remote.lab.care.book import CareEntry, Step
from fuego_jenkins_remote.network.identities import AttemptId

log = logging.getLogger("fuego.lab")

SOON, QUICK = 1.0, 0.1
"""Seconds between two looks at something slow, and at a job that is about to move."""
AGAIN = 60.0
"""Seconds until the next try of a check that came to no verdict."""
UNSURE = 3
"""So many tries without a verdict, one after the other, and the board counts as not well."""
PATIENCE = 1800.0
"""Seconds that a check waits for a board that something holds; then the board is not well."""
MAX_REASON = 500


class Checking:
    """Steps are methods: by_test.py and checks.py have them."""

    def __init__(self, steps: Stepping, *, attended: bool = True) -> None:
        """With the systems that the attempts' steps talk to, and their journal.

        `attended`: somebody looks at the gate all the time, as the bridge does and a timer does not.
        """
        self.lab = steps.lab
        self.book = steps.care
        self._journal = steps.journal
        self._folders = steps.folders
        self._hub = steps.hub
        self._controller = steps.controller
        self._clock = steps.clock
        self._attended = attended

    def _unsure(self, entry: CareEntry, why: str) -> float:
        """No verdict: tried again soon, but not for ever."""
        if entry.unsure + 1 >= UNSURE:
            return self._not_well(entry, f"it could not be checked, {UNSURE} times: {why}")
        log.warning("board %s: %s; checking it again in %.0f s", entry.board, why, AGAIN)
        return self._move(entry, Step.DUE, unsure=entry.unsure + 1, due_at=self._clock() + AGAIN)

    def _not_well(self, entry: CareEntry, why: str) -> float:
        secrets = Redactor(self.lab.secret_values(entry.board))
        return self._move(entry, Step.SICK, reason=one_line(secrets.text(why), MAX_REASON))

    def _move(self, entry: CareEntry, to: Step, **columns: str | float) -> float:
        """Go on; what lies in lab_dir of a check that is left behind is removed."""
        leaves = entry.attempt and to not in {Step.TRIGGER, Step.GATE, Step.RUN}
        if leaves:
            columns["attempt"] = ""
        if self.book.move(entry, to, self._clock(), **columns) and leaves:
            self._folders.forget(AttemptId.parse(entry.attempt))
        return AT_ONCE
