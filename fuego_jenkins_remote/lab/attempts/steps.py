"""An attempt's way through the lab, one step a phase (journal.Phase).

Each step reads the journal's entry, does one thing that may be done twice, and writes what came of it. A step that is
killed on any line is taken again: the hub answers the same call id alike, a request folder that is there stays, Jenkins
is searched for the build before it is called a second time, and a second build ends at the gate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fuego_jenkins_remote.lab.attempts.ending import Ending
from fuego_jenkins_remote.lab.attempts.journal import Entry, Phase
from fuego_jenkins_remote.lab.attempts.running import Running
from fuego_jenkins_remote.lab.attempts.starting import Starting
from fuego_jenkins_remote.network.identities import AttemptId


class Steps(Starting, Running, Ending):
    """All the steps, and which comes in which phase."""

    def take(self, attempt: AttemptId) -> float | None:
        """Take the attempt's next step; seconds until the one after it, None when it is closed.

        Raises ClientError and ControllerError when a system does not answer: the step is to be taken again.
        """
        entry = self.journal.entry(attempt)
        if entry is None or entry.phase is Phase.CLOSED:
            return None
        ways: Mapping[Phase, Callable[[Entry], float]] = {
            Phase.DECIDE: self.decide,
            Phase.TRIGGER: self.trigger,
            Phase.GATE: self.gate,
            Phase.RUN: self.run,
            Phase.READ: self.read,
            Phase.PACKAGE: self.package,
            Phase.DELIVER: self.deliver,
            Phase.GIVE_BACK: self.give_back,
            Phase.FAIL: self.fail,
            Phase.CANCEL: self.cancel,
        }
        return ways[entry.phase](entry)
