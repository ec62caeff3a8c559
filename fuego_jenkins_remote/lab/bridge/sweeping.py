"""What is tidied up now and then: files that closed attempts have left, jobs of boards that have gone."""

from __future__ import annotations

import logging
import threading

from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.upload.gone import remove_gone_jobs

log = logging.getLogger("fuego.lab")

SWEEP_EVERY, SWEEP_AFTER = 3600.0, 6 * 3600.0
"""Seconds between two sweeps; how old a file of no use must be."""
JOURNAL_KEEPS = 30 * 86400.0
JENKINS_LATER = 60.0
"""Seconds from the first sweep to its calls to Jenkins: a bridge that starts has other things to ask."""


class Sweeping:
    """The thread that sweeps."""

    def __init__(self, steps: Steps, *, stop: threading.Event) -> None:
        """Nothing has been swept yet."""
        self._steps = steps
        self._stop = stop

    def run(self) -> None:
        """Until the bridge stops."""
        pause = JENKINS_LATER
        while not self._stop.is_set():
            self.sweep()
            if self._stop.wait(pause):
                return
            self.remove_gone_jobs()
            pause = SWEEP_EVERY

    def sweep(self) -> None:
        """Remove what closed attempts have left."""
        now = self._steps.clock()
        try:
            self._steps.sweep(kept_since=now - JOURNAL_KEEPS, used_since=now - SWEEP_AFTER)
        except (LabError, OSError) as error:
            log.warning("%s", error)

    def remove_gone_jobs(self) -> None:
        """Disable the jobs of boards that have no file any more; remove them when no run of theirs is on its way."""
        try:
            removal = remove_gone_jobs(self._steps.controller(), self._steps.lab, self._open_boards)
        except (LabError, FormatError, OSError) as error:
            log.warning("%s", error)
            return
        for name in removal.removed:
            log.warning("job %s is removed: its board has gone", name)

    def _open_boards(self) -> set[str]:
        return {entry.board for entry in self._steps.journal.open_entries()} | self._steps.taken_boards()
