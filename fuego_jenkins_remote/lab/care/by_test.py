"""The steps of a check by a test: the board's own job, with the script, lock and archive of every request."""

from __future__ import annotations

from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.fuego.redact import Redactor
from fuego_jenkins_remote.fuego.run_folder import RunFolder
from fuego_jenkins_remote.fuego.runs import Status
from fuego_jenkins_remote.lab.attempts.evidence import look
from fuego_jenkins_remote.lab.attempts.folders import Outcome, Prepared
from fuego_jenkins_remote.lab.attempts.stepping import SETTLE, TIME_LIMIT_SLACK
from fuego_jenkins_remote.lab.care.book import CareEntry, Step
from fuego_jenkins_remote.lab.care.checking import PATIENCE, QUICK, SOON, Checking
from fuego_jenkins_remote.lab.care.wanted import BoardCheck
from fuego_jenkins_remote.lab.errors import ControllerDown, ControllerError
from fuego_jenkins_remote.lab.jenkins.controller import Build, QueueItem
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.reasons import meaning

ASK_JENKINS = 5.0
"""Seconds until Jenkins is asked again where it does not answer."""
UNATTENDED = 3600.0
"""Seconds that a check's job may wait in Jenkins where nobody watches the gate."""
CONSOLE = 256 * 2**10
"""Bytes of a console's end in which signs of trouble are looked for."""


class ByTest(Checking):
    """From the trigger to the verdict."""

    def _trigger(self, entry: CareEntry) -> float:
        check = self.lab.board_check(entry.board)
        if check is None or not check.test or self.lab.board_file(entry.board) is None:
            return self._move(entry, Step.DUE)  # boards.yaml was changed, or the board has gone and so has its job
        attempt, job = AttemptId.parse(entry.attempt), self.lab.job(entry.board)
        self._folders.prepare(attempt, _prepared(entry.board, check))
        if not self._attended:
            self._folders.open_gate(attempt, self._clock() + UNATTENDED)
        try:
            if not entry.called or self._controller().find(job, attempt) is None:
                self.book.note(entry, called=1)
                self._controller().trigger(job, attempt)
        except ControllerDown:
            raise
        except ControllerError as error:
            # The job is gone or disabled, a permission is missing: not for ever without a word to the hub.
            return self._unsure(entry, str(error))
        self._move(entry, Step.GATE if self._attended else Step.RUN)
        return QUICK

    def _gate(self, entry: CareEntry) -> float:
        attempt = AttemptId.parse(entry.attempt)
        call = self._folders.gate_call(attempt)
        refused = self._folders.refused(attempt)
        if refused is not None:
            return self._unsure(entry, refused)
        if call is not None:
            self._folders.answer_gate(attempt, call.nonce)
        if call is not None or self._folders.has_started(attempt):
            return self._move(entry, Step.RUN)
        if self._clock() - entry.since < SETTLE:
            return QUICK
        found = self._where(entry, attempt)
        if found is None:
            return self._move(entry, Step.TRIGGER)  # its queue was lost, or a person took it out
        if isinstance(found, Build) and not found.building:
            return self._unsure(entry, "its job ended before it reached the test")
        return SOON

    def _run(self, entry: CareEntry) -> float:
        attempt = AttemptId.parse(entry.attempt)
        if attempt in self._folders.ended():
            return self._verdict(entry, attempt)
        refused = self._folders.refused(attempt)
        if refused is not None and not self._folders.has_started(attempt):
            return self._unsure(entry, refused)
        return self._follow(entry, attempt)

    def _follow(self, entry: CareEntry, attempt: AttemptId) -> float:
        """Jenkins may lose a build whose processes live on; only when both are gone nothing comes any more."""
        try:
            found = self._where(entry, attempt)
        except ControllerDown:
            return ASK_JENKINS
        if isinstance(found, QueueItem) or (found is not None and found.building):
            return SOON
        if not self._folders.board_is_free(entry.board):
            check = self.lab.board_check(entry.board)
            limit = TIME_LIMIT_SLACK + PATIENCE + (check.timeout if check else 0)
            if self._clock() - entry.since > limit:
                return self._not_well(entry, "processes of its check hold it, and the check's build has gone")
        elif not entry.over_since:
            self.book.note(entry, over_since=self._clock())
        elif self._clock() - entry.over_since >= SETTLE and attempt not in self._folders.ended():
            return self._unsure(entry, "its check's build has gone and left no result")
        return SOON

    def _where(self, entry: CareEntry, attempt: AttemptId) -> Build | QueueItem | None:
        return self._controller().find(self.lab.job(entry.board), attempt)

    def _verdict(self, entry: CareEntry, attempt: AttemptId) -> float:
        outcome = self._folders.outcome(attempt)
        if outcome is None:
            return self._unsure(entry, "its check's outcome cannot be read")
        if outcome.aborted:
            return self._unsure(entry, "its check was stopped")
        said = self._what_came(attempt, outcome)
        if said == Status.PASS:
            return self._move(entry, Step.WELL)
        check = self.lab.board_check(entry.board)
        return self._not_well(entry, f"{check.test if check else 'its check'}: {said}")

    def _what_came(self, attempt: AttemptId, outcome: Outcome) -> str:
        """The status, alone where it is PASS, else with what the console says of it."""
        console = self._folders.log_tail(attempt, CONSOLE)
        finding = look(console)
        run = self._folders.run_folder(attempt)
        if not outcome.ran or run is None:
            reason = finding.reason if finding else outcome.reason or "no-run"
            return f"{meaning(reason)}{f': {finding.line}' if finding else ''}"
        with RunFolder(run, Redactor(())) as folder:
            try:
                status = folder.read_run().status
            except FormatError:
                return "its run cannot be read"
        return f"{status}: {finding.line}" if finding and status is Status.ERROR else str(status)


def _prepared(board: str, check: BoardCheck) -> Prepared:
    arguments = ["run-test", "-b", board, "-t", check.test, "-s", "default", "--timeout", f"{check.timeout}s"]
    if check.reboot:
        arguments += ["--reboot", "true"]
    return Prepared(
        board=board, test=check.test, spec="default", arguments=arguments, time_limit=check.timeout + TIME_LIMIT_SLACK
    )
