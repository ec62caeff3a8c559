"""The step while a test runs: signs of life, the wish to stop it, and what tells that it is over."""

from __future__ import annotations

import re

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.lab.attempts.journal import Entry, Phase
from fuego_jenkins_remote.lab.attempts.stepping import AT_ONCE, BEAT, SETTLE, TIME_LIMIT_SLACK, Stepping
from fuego_jenkins_remote.lab.errors import ControllerDown
from fuego_jenkins_remote.lab.jenkins.controller import Build, is_under_way
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.reasons import Reason

_SAID = re.compile(r"^remote-request: (?!this is )(.+)$", re.MULTILINE)
"""What the script says of its trouble; "this is" says which request a build is, for who looks at it."""
PATIENCE_WITH_PROCESSES = 600.0
"""Seconds beyond the time limit for processes that hold a board though their build has gone; a script may collect."""


class Running(Stepping):
    """From the gate to the outcome."""

    def run(self, entry: Entry) -> float:
        """Watch a running attempt: its outcome, the hub's wish to stop it, and Jenkins' word that it is over."""
        if entry.id in self.folders.ended():
            return self._move(entry, Phase.READ)
        refused = self.folders.refused(entry.id)
        if refused is not None and not self.folders.has_started(entry.id):
            return self._failing(entry, Reason.NEVER_STARTED, refused)
        self.beat(entry)
        if entry.stopping:
            self._stop_in_jenkins(entry)
        return self._follow_to_outcome(entry)

    def _follow_to_outcome(self, entry: Entry) -> float:
        """Jenkins may lose a build whose processes live on; only when both are gone nothing comes any more."""
        try:
            found = None if entry.by_hand else self.where(entry)
        except ControllerDown:
            return BEAT
        over = not is_under_way(found)
        if not over or not self.folders.board_is_free(entry.board):
            return self._goes_on(entry, over=over)
        if not entry.over_since:
            self.journal.note(entry.id, Phase.RUN, over_since=self.clock())
            return 1.0
        if self.clock() - entry.over_since < SETTLE:
            return 1.0
        if entry.id in self.folders.ended():
            return AT_ONCE
        return self._gone(entry)

    def _gone(self, entry: Entry) -> float:
        build = None if entry.by_hand else self.controller().find(self.lab.job(entry.board), entry.id)
        if is_under_way(build):
            return BEAT
        if not self.folders.has_started(entry.id):
            return self._failing(entry, Reason.NEVER_STARTED)
        if not isinstance(build, Build):
            return self._failing(entry, Reason.BUILD_GONE, tail=self._tail_of(entry))
        # Its script was killed, or could not write what came of it; then it has said so, where only Jenkins heard it.
        console = self._console_of(entry, build)
        said = _SAID.findall(console)
        return self._failing(entry, Reason.SCRIPT, said[-1] if said else "", console)

    def _goes_on(self, entry: Entry, *, over: bool) -> float:
        limit = entry.request.timeout + TIME_LIMIT_SLACK + PATIENCE_WITH_PROCESSES
        if over and self.clock() - entry.since > limit and entry.id not in self.folders.ended():
            # Nobody is there any more to end them at the time limit, and we may not be where they are.
            detail = "its build has gone, and its processes hold the board beyond the time limit"
            return self._failing(entry, Reason.BUILD_GONE, detail, self._tail_of(entry))
        if entry.over_since:
            self.journal.note(entry.id, Phase.RUN, over_since=0)
        return BEAT

    def beat(self, entry: Entry) -> bool:
        """A sign of life with the end of the log; whether the hub wants the attempt stopped."""
        tail = self.log_tail(entry)
        try:
            answer = self.hub().heartbeat(entry.id, log_tail=tail)
        except ClientError:
            # Out of reach, or the attempt was taken from us: what comes of it is offered all the same.
            return entry.stopping
        stopping = entry.stopping or bool(answer.get("cancel"))
        if stopping and not entry.stopping:
            self.journal.note(entry.id, Phase.RUN, stopping=1)
            self._stop_in_jenkins(entry)
        return stopping

    def stop(self, attempt: AttemptId) -> None:
        """The hub asks at once, without waiting for the next sign of life."""
        entry = self.journal.entry(attempt)
        if entry is not None and entry.phase is Phase.RUN and not entry.stopping:
            self.journal.note(attempt, Phase.RUN, stopping=1)
            self._stop_in_jenkins(entry)
