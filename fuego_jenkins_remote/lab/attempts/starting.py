"""The steps before the test: the lab's policy, the request folder, Jenkins, and the gate."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from fuego_jenkins_remote.client.errors import ClientError, Conflict
from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.fuego.names import check_phases, check_spec_name, check_test_name, check_variable
from fuego_jenkins_remote.lab.attempts.folders import Prepared
from fuego_jenkins_remote.lab.attempts.journal import Entry, Phase
from fuego_jenkins_remote.lab.attempts.needs import installed_test, needs_of, why_too_old
from fuego_jenkins_remote.lab.attempts.sources import fetch_test, source_of
from fuego_jenkins_remote.lab.attempts.stepping import (
    AT_ONCE,
    BEAT,
    PATIENCE_FOR_JENKINS,
    SCRATCH,
    SETTLE,
    TIME_LIMIT_SLACK,
    Stepping,
    log,
    one_line,
)
from fuego_jenkins_remote.lab.errors import BadLabFile, ControllerDown, ControllerError, PrepareError
from fuego_jenkins_remote.lab.jenkins.controller import Build, QueueItem, is_under_way
from fuego_jenkins_remote.network import selectors
from fuego_jenkins_remote.network.identities import AttemptId, new_call_id
from fuego_jenkins_remote.network.policy import Answer, Policy, Question, decide
from fuego_jenkins_remote.network.reasons import Reason

FETCH_BEAT = 15.0
"""Seconds between two signs of life while a test is fetched."""
UNSEEN = 45.0
"""Seconds that a build which Jenkins does not show us as an attempt may take to the gate; its script waits 30 s."""
UNATTENDED = 3600.0
"""Seconds that a job may wait in Jenkins for a board of a lab that only polls."""


class Starting(Stepping):
    """From the claim to the gate."""

    def decide(self, entry: Entry) -> float:
        """Ask the lab's policy; make the request folder ready."""
        try:
            if self.lab.board_file(entry.board) is None:
                return self._returning(entry, f"board {entry.board} is no longer here")
        except FormatError as error:
            # What stands in a board file is for the lab alone, and so are its folders.
            log.warning("%s: %s", entry.id, error)
            return self._returning(entry, f"the file of board {entry.board} cannot be read")
        try:
            policy = self.lab.policy()
        except BadLabFile as error:
            log.warning("%s: %s", entry.id, error)
            mistake = str(error).replace(f"{self.lab.conf_dir}/", "")
            return self._returning(entry, f"this lab's policy cannot be read: {mistake}")
        decision = decide(policy, _question(entry))
        if decision.answer is not Answer.RUN:
            approval = "requested" if decision.answer is Answer.ASK else "rejected"
            return self._returning(entry, decision.why, approval)
        return self._make_ready(entry, policy)

    def _make_ready(self, entry: Entry, policy: Policy) -> float:
        request = entry.request
        try:
            with tempfile.TemporaryDirectory(dir=self.lab.state_dir, prefix=SCRATCH[0]) as work:
                with self._kept_alive(entry):
                    fetched = fetch_test(
                        request,
                        self.hub(),
                        Path(work),
                        max_bytes=policy.max_package,
                        git_inside=policy.git_inside,
                    )
                test = fetched.folder if fetched else None
                if too_old := why_too_old(request, self.lab.fuego_core):
                    return self._returning(entry, too_old, "rejected")
                if lacks := self._lacks(entry, test):
                    return self._failing(entry, Reason.PRE_CHECK, lacks)
                self.folders.prepare(entry.id, _prepared(entry, test))
        except (PrepareError, FormatError) as error:
            return self._failing(entry, Reason.COULD_NOT_PREPARE, str(error))
        return self._move(entry, Phase.TRIGGER, git_commit=fetched.commit if fetched else "")

    def _lacks(self, entry: Entry, test: Path | None) -> str:
        """What the test needs and its board lacks, as the hub has the board; empty where it has all.

        Asked again here: of an installed test nobody else may know its needs. Raises FormatError.
        """
        needs = needs_of(entry.request, test or installed_test(self.lab.fuego_core, entry.request.test))
        if not needs:
            return ""
        board = self.hub().board(self.lab.host, entry.board)
        found = selectors.Board(host=self.lab.host, name=entry.board, facts=board.facts, labels=board.labels)
        whys = [f"it needs {need.normal()}: {need.why_not(found)}" for need in needs if not need.matches(found)]
        return "; ".join(whys)

    @contextlib.contextmanager
    def _kept_alive(self, entry: Entry) -> Iterator[None]:
        """Signs of life for the attempt while a test is fetched, which may take longer than the hub's lease."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(FETCH_BEAT):
                with contextlib.suppress(ClientError):
                    self.hub().heartbeat(entry.id, queue_why="the lab fetches the test")

        threading.Thread(target=beat, name=f"fetch-{entry.id}", daemon=True).start()
        try:
            yield
        finally:
            over.set()

    def trigger(self, entry: Entry) -> float:
        """Have Jenkins queue the board's job, once."""
        if entry.by_hand:
            return self._broken_off(entry)
        try:
            self._trigger_once(entry)
        except ControllerDown as error:
            if self.clock() - entry.since > PATIENCE_FOR_JENKINS:
                return self._returning(entry, str(error))
            return self._waits(entry, one_line(str(error), 1000))
        except ControllerError as error:
            # The job is gone or disabled, a permission is missing: this lab's matter. Another may run it meanwhile.
            log.warning("%s: given back: %s", entry.id, error)
            return self._returning(entry, str(error))
        self._move(entry, Phase.GATE)
        # The job is at the gate within milliseconds: asking Jenkins for it now would only make it wait.
        return BEAT

    def trigger_unattended(self, entry: Entry) -> float:
        """For a lab where nobody watches the gate: ask the hub now, and leave its go for an hour."""
        if entry.by_hand:
            return self._broken_off(entry)
        nonce = entry.nonce or new_call_id()
        self.journal.note(entry.id, Phase.TRIGGER, nonce=nonce)
        try:
            self.hub().start(entry.id, nonce, "", "")
        except Conflict:
            return self._close(entry)
        self.folders.open_gate(entry.id, self.clock() + UNATTENDED)
        try:
            self._trigger_once(entry)
        except ControllerDown:
            raise
        except ControllerError as error:
            return self._failing(entry, Reason.COULD_NOT_TRIGGER, str(error))
        return self._move(entry, Phase.RUN)

    def _broken_off(self, entry: Entry) -> float:
        return self._returning(entry, "it was to be run by hand, and that was broken off")

    def _trigger_once(self, entry: Entry) -> None:
        """Call Jenkins, unless it has taken the call before we could write that down."""
        controller, job = self.controller(), self.lab.job(entry.board)
        found = controller.find(job, entry.id) if entry.called else None
        if found is None:
            self.journal.note(entry.id, Phase.TRIGGER, called=1, queue_item=0)
            item = controller.trigger(job, entry.id)
        else:
            item = found.id if isinstance(found, QueueItem) else None
        if item is not None:
            self.journal.note(entry.id, Phase.TRIGGER, queue_item=item)

    def gate(self, entry: Entry) -> float:
        """Answer the job that holds the board; while none does, tell the hub what it waits for."""
        call = self.folders.gate_call(entry.id)
        if call is not None and not self.folders.has_started(entry.id) and self.folders.refused(entry.id) is None:
            # A Jenkins whose own address nobody has set tells its jobs none.
            build_url = call.build_url or self.controller().build_url(self.lab.job(entry.board), call.build_number)
            self.journal.note(entry.id, Phase.GATE, nonce=call.nonce, build_url=build_url)
            try:
                self.hub().start(entry.id, call.nonce, build_url, call.build_number)
            except Conflict as error:
                self.folders.answer_gate(entry.id, call.nonce, str(error))
                return self._leave(entry)
            self.folders.answer_gate(entry.id, call.nonce)
            return self._move(entry, Phase.RUN, build_number=call.build_number)
        if self.folders.has_started(entry.id) and entry.nonce:
            return self._move(entry, Phase.RUN)
        refused = self.folders.refused(entry.id)
        if refused is not None:
            return self._returning(entry, refused)
        return self._follow_to_gate(entry)

    def _follow_to_gate(self, entry: Entry) -> float:
        # A build that a person has started is no attempt to Jenkins: it may wait for the board, unseen.
        patient = self.clock() - entry.since < (UNSEEN if entry.by_hand else SETTLE)
        try:
            found = self.where(entry)
            if not patient and not is_under_way(found):
                found = self.controller().find(self.lab.job(entry.board), entry.id)
        except ControllerDown as error:
            return self._waits(entry, one_line(str(error), 1000))
        if patient or is_under_way(found):
            return self._waits(entry, self.queue_why(entry, found))
        if isinstance(found, Build):
            return self._failing(entry, Reason.NEVER_STARTED, tail=self._console_of(entry, found))
        if entry.queue_item and self.controller().was_cancelled(entry.queue_item, entry.id):
            # By a person, or with its job. A queue that was lost leaves no such word.
            return self._returning(entry, "taken out of the queue in Jenkins")
        # Called again, the gate lets one build through.
        return self._move(entry, Phase.TRIGGER)

    def leave_queue(self, attempt: AttemptId, why: str) -> float:
        """Give back an attempt that only waits in Jenkins' queue. Raises ControllerError."""
        entry = self.journal.entry(attempt)
        if entry is None or entry.phase is not Phase.GATE or self.folders.gate_is_asked(attempt):
            return AT_ONCE
        job = self.lab.job(entry.board)
        found = self.controller().find(job, entry.id)
        if isinstance(found, QueueItem):
            self.controller().cancel_queue_item(found.id)
            found = self.controller().find(job, entry.id)
        # One that has become a build in between has the board, or will have it soon.
        return BEAT if found is not None else self._returning(entry, why)

    def _waits(self, entry: Entry, why: str) -> float:
        try:
            self.hub().heartbeat(entry.id, queue_why=why)
        except Conflict:
            self._stop_in_jenkins(entry)
            return self._leave(entry)
        return BEAT


def _question(entry: Entry) -> Question:
    request = entry.request
    return Question(
        user=request.requester,
        team=request.team,
        board=entry.board,
        test=request.test,
        source=source_of(request),
        timeout=request.timeout,
        git_url=request.git.url if request.git else "",
        approved_by=entry.approved_by,
    )


def _prepared(entry: Entry, test_folder: Path | None) -> Prepared:
    """What the script needs. The hub's word is checked again: nothing else may reach ftc's arguments."""
    request = entry.request
    test, spec = check_test_name(request.test), check_spec_name(request.spec)
    arguments = ["run-test", "-b", entry.board, "-t", test, "-s", spec, "--timeout", f"{request.timeout}s"]
    if request.phases:
        arguments += ["-p", check_phases(request.phases)]
    for option in ("rebuild", "reboot", "precleanup", "postcleanup"):
        if option in request.options:
            arguments += [f"--{option}", "true" if request.options[option] else "false"]
    if request.variables:
        pairs = (check_variable(name, value) for name, value in sorted(request.variables.items()))
        arguments += ["--dynamic-vars", ",".join(f"{name}={value}" for name, value in pairs)]
    return Prepared(
        board=entry.board,
        test=test,
        spec=spec,
        arguments=arguments,
        time_limit=request.timeout + TIME_LIMIT_SLACK,
        batch_id=request.campaign,
        test_folder=test_folder,
    )
