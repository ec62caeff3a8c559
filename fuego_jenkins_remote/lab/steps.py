"""An attempt's way through the lab, one step a phase (journal.Phase).

Each step reads the journal's entry, does one thing that may be done twice, and writes what came of it. A step that is
killed on any line is taken again: the hub answers the same call id alike, a request folder that is there stays, Jenkins
is searched for the build before it is called a second time, and a second build ends at the gate.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from fuego_jenkins_remote.client.errors import ClientError, Conflict
from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.fuego.names import check_phases, check_spec_name, check_test_name, check_variable
from fuego_jenkins_remote.fuego.packages import pack_run
from fuego_jenkins_remote.fuego.redact import Redactor
from fuego_jenkins_remote.fuego.run_folder import RunFolder
from fuego_jenkins_remote.fuego.runs import Json
from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.lab.controller import Build, Controller, QueueItem
from fuego_jenkins_remote.lab.error_runs import lay_out
from fuego_jenkins_remote.lab.errors import BadLabFile, ControllerDown, ControllerError, LabError, PrepareError
from fuego_jenkins_remote.lab.folders import LabDir, Outcome, Prepared
from fuego_jenkins_remote.lab.journal import Entry, Journal, Phase
from fuego_jenkins_remote.lab.sources import fetch_test, source_of
from fuego_jenkins_remote.network.identities import AttemptId, new_call_id, run_key
from fuego_jenkins_remote.network.policy import Answer, Question, decide
from fuego_jenkins_remote.network.reasons import Reason
from fuego_jenkins_remote.publish.targets import NeverDelivered, NotDelivered, RunPackage, Target

log = logging.getLogger("fuego.lab")

LOG_TAIL = 16 * 2**10
TIME_LIMIT_SLACK = 120
"""Seconds that the script gives a test beyond its own time limit, for building and collecting."""

AT_ONCE = 0.0
BEAT = 5.0
"""Seconds between two looks at an attempt that waits or runs; each is a sign of life to the hub."""
FETCH_BEAT = 15.0
"""Seconds between two signs of life while a test is fetched."""
RETRY = 5.0
"""Seconds until the second try of a delivery; each later one waits twice as long, at most ten minutes."""
UNATTENDED = 3600.0
"""Seconds that a job may wait in Jenkins for a board of a lab that only polls."""
PATIENCE_FOR_JENKINS = 300.0
"""Seconds after which a claim that Jenkins does not take goes back to the hub."""
MARGIN = 4096
"""Bytes that are read of a log before the LOG_TAIL that is told: a secret that begins there is seen as one."""
SCRATCH = ("prepare-", "error-run-", ".package-")
"""How folders begin that a step makes in state_dir, or beside the packages, for itself."""
PATIENCE_WITH_PROCESSES = 600.0
"""Seconds beyond the time limit for processes that hold a board though their build has gone; a script may collect."""
SETTLE = 10.0
"""Seconds between Jenkins' word that a build is over and our belief that nothing more comes from it."""


class Steps:
    """The steps, over the systems they talk to. `hub` and `controller` give a client for the calling thread."""

    def __init__(
        self,
        lab: LabConfig,
        *,
        journal: Journal,
        folders: LabDir,
        hub: Callable[[], HubClient],
        controller: Callable[[], Controller],
        targets: Mapping[str, Target],
        clock: Callable[[], float],
    ) -> None:
        """`clock` gives seconds since 1970; `targets` holds a target for each name in `lab.targets`."""
        self.lab = lab
        self.journal = journal
        self.folders = folders
        self.hub = hub
        self.controller = controller
        self.targets = targets
        self.clock = clock
        self._ways: Mapping[Phase, Callable[[Entry], float]] = {
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

    def take(self, attempt: AttemptId) -> float | None:
        """Take the attempt's next step; seconds until the one after it, None when it is closed.

        Raises ClientError and ControllerError when a system does not answer: the step is to be taken again.
        """
        entry = self.journal.entry(attempt)
        if entry is None or entry.phase is Phase.CLOSED:
            return None
        return self._ways[entry.phase](entry)

    # -- before the job

    def decide(self, entry: Entry) -> float:
        """Ask the lab's policy; make the request folder ready."""
        request = entry.request
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
            approval = "waiting" if decision.answer is Answer.ASK else "rejected"
            return self._returning(entry, decision.why, approval)
        try:
            with tempfile.TemporaryDirectory(dir=self.lab.state_dir, prefix=SCRATCH[0]) as work:
                with self._kept_alive(entry):
                    test = fetch_test(request, self.hub(), Path(work), max_bytes=policy.max_package)
                self.folders.prepare(entry.id, _prepared(entry, test))
        except (PrepareError, FormatError) as error:
            return self._failing(entry, Reason.COULD_NOT_PREPARE, str(error))
        return self._move(entry, Phase.TRIGGER)

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
            return self._returning(entry, "it was to be run by hand, and that was broken off")
        try:
            self._trigger_once(entry)
        except ControllerDown as error:
            if self.clock() - entry.since > PATIENCE_FOR_JENKINS:
                return self._returning(entry, str(error))
            return self._waits(entry, str(error))
        except ControllerError as error:
            # The job is gone or disabled, a permission is missing: this lab's matter. Another may run it meanwhile.
            log.warning("%s: given back: %s", entry.id, error)
            return self._returning(entry, str(error))
        self._move(entry, Phase.GATE)
        # The job is at the gate within milliseconds: asking Jenkins for it now would only make it wait.
        return BEAT

    def trigger_unattended(self, entry: Entry) -> float:
        """For a lab where nobody watches the gate: ask the hub now, and leave its go for an hour."""
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

    def _trigger_once(self, entry: Entry) -> None:
        """Call Jenkins, unless it has taken the call before we could write that down."""
        controller, job = self.controller(), self.lab.job(entry.board)
        if not entry.called or controller.find(job, entry.id) is None:
            self.journal.note(entry.id, Phase.TRIGGER, called=1)
            controller.trigger(job, entry.id)

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
        job = self.lab.job(entry.board)
        try:
            found = self.controller().find(job, entry.id)
        except ControllerDown as error:
            return self._waits(entry, str(error))
        if isinstance(found, QueueItem):
            return self._waits(entry, found.why)
        if isinstance(found, Build) and found.building:
            return self._waits(entry, "")
        if self.clock() - entry.since < SETTLE:
            return self._waits(entry, "")
        if found is None:
            # Its queue was lost, or a person took it out: called again, the gate lets one build through.
            return self._move(entry, Phase.TRIGGER)
        return self._failing(entry, Reason.NEVER_STARTED, tail=self._console_of(entry, found))

    def _waits(self, entry: Entry, why: str) -> float:
        try:
            self.hub().heartbeat(entry.id, queue_why=_line(why, 1000))
        except Conflict:
            self._stop_in_jenkins(entry)
            return self._leave(entry)
        return BEAT

    # -- while it runs

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
            found = None if entry.by_hand else self.controller().find(self.lab.job(entry.board), entry.id)
        except ControllerDown:
            return BEAT
        over = found is None or (isinstance(found, Build) and not found.building)
        if not over or not self.folders.board_is_free(entry.board):
            return self._goes_on(entry, over=over)
        if not entry.over_since:
            self.journal.note(entry.id, Phase.RUN, over_since=self.clock())
            return 1.0
        if self.clock() - entry.over_since < SETTLE:
            return 1.0
        if entry.id in self.folders.ended():
            return AT_ONCE
        return self._gone(entry, found if isinstance(found, Build) else None)

    def _gone(self, entry: Entry, build: Build | None) -> float:
        if not self.folders.has_started(entry.id):
            return self._failing(entry, Reason.NEVER_STARTED)
        if build is None:
            return self._failing(entry, Reason.BUILD_GONE, tail=self._tail_of(entry))
        # Its script was killed, or could not write what came of it; then it has said so, where only Jenkins heard it.
        console = self._console_of(entry, build)
        said = re.findall(r"^remote-request: (.+)$", console, re.MULTILINE)
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
        tail = self._tail_of(entry, growing=True)
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

    def _stop_in_jenkins(self, entry: Entry) -> None:
        if entry.by_hand:
            return
        job = self.lab.job(entry.board)
        found = self.controller().find(job, entry.id)
        if isinstance(found, QueueItem):
            self.controller().cancel_queue_item(found.id)
        elif isinstance(found, Build) and found.building:
            self.controller().stop_build(job, found.number)

    # -- when it is over

    def read(self, entry: Entry) -> float:
        """See what came of it; tell the hub, so that the board is free for the next one."""
        outcome = self.folders.outcome(entry.id)
        if outcome is None:
            return self._failing(entry, Reason.SCRIPT, tail=self._tail_of(entry))
        if outcome.aborted:
            return self._aborted(entry)
        run_folder = self.folders.run_folder(entry.id)
        if not outcome.ran or run_folder is None:
            return self._failing(entry, _reason(outcome), tail=self._tail_of(entry))
        try:
            with RunFolder(run_folder, Redactor(())) as folder:
                status = folder.read_run().status
        except FormatError as error:
            return self._failing(entry, Reason.BAD_RUN, self._redacted(entry, str(error)), self._tail_of(entry))
        try:
            self.hub().tested(entry.id, f"tested-{entry.id}", status, run_key(self.lab.host, entry.id), "")
        except Conflict:
            return self._close(entry)
        return self._move(entry, Phase.PACKAGE, status=status)

    def _aborted(self, entry: Entry) -> float:
        """A person wanted the end of the test, or a Jenkins that stops took it along, which is nobody's wish."""
        if entry.stopping or entry.by_hand:
            why = "stopped for its requester" if entry.stopping else "stopped by hand"
            return self._move(entry, Phase.CANCEL, reason=why)
        who, patient = "", self.clock() - entry.since < PATIENCE_FOR_JENKINS
        try:
            build = self.controller().find(self.lab.job(entry.board), entry.id)
            if isinstance(build, Build):
                if build.building and patient:
                    # Who it was stands at the console's end, which Jenkins has not written yet.
                    return 0.5
                names = re.findall(r"^Aborted by (.{1,100})$", self._console_of(entry, build), re.MULTILINE)
                who = _line(names[-1], 100) if names else ""
        except ControllerDown:
            if patient:
                raise
        if who:
            return self._move(entry, Phase.CANCEL, reason=f"aborted in Jenkins by {who}")
        return self._failing(entry, Reason.ABORTED, tail=self._tail_of(entry))

    def package(self, entry: Entry) -> float:
        """Make the run package, without what must not leave the lab."""
        run_folder = self.folders.run_folder(entry.id)
        if run_folder is None:
            raise LabError(f"the run of {entry.id} has gone from {self.folders.outbox}")
        return self._pack(entry, run_folder)

    def _pack(self, entry: Entry, run_folder: Path, **columns: str) -> float:
        metadata: dict[str, Json] = {
            "host_name": self.lab.host,
            "request_id": entry.id.request,
            "attempt": entry.id.number,
            "requester": entry.request.requester,
        }
        if entry.request.campaign:
            metadata["campaign"] = entry.request.campaign
        if entry.build_url:
            metadata["build_url"] = entry.build_url
        target = self.package_path(entry.id)
        target.parent.mkdir(parents=True, exist_ok=True)
        redactor = Redactor(self.lab.secret_values(entry.board))
        # Bridge and push job may both be at it: the package that the journal has the digest of is the one that stays.
        # Made on the disk where it will lie: that may be another than state_dir's.
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=SCRATCH[2]) as work:
            package = pack_run(run_folder, Path(work) / target.name, redactor=redactor, metadata=metadata)
            self.journal.plan_deliveries(entry.id, self.lab.targets)
            put = partial(_put, package.path, target)
            return self._move(entry, Phase.DELIVER, with_it=put, sha256=package.sha256, **columns)

    def deliver(self, entry: Entry) -> float:
        """Hand the run to each target that does not have it; the first one's word makes the request done."""
        run = RunPackage(key=run_key(self.lab.host, entry.id), path=self.package_path(entry.id), sha256=entry.sha256)
        waiting = 0
        for delivery in self.journal.deliveries(entry.id):
            if delivery.delivered:
                continue
            try:
                url = self.targets[delivery.target].deliver(run)
            except NotDelivered as error:
                log.warning("%s: %s does not have the run yet: %s", entry.id, delivery.target, error)
                self.journal.not_delivered(entry.id, delivery.target, str(error))
                waiting = max(waiting, delivery.tries + 1)
                continue
            except NeverDelivered as error:
                log.warning("%s: %s never takes the run: %s", entry.id, delivery.target, error)
                self.journal.delivered(entry.id, delivery.target, "", trouble=str(error))
                continue
            self.journal.delivered(entry.id, delivery.target, url)
        return self._after_delivery(entry, waiting)

    def _after_delivery(self, entry: Entry, tries: int) -> float:
        deliveries = self.journal.deliveries(entry.id)
        first = deliveries[0]
        # Of an attempt that could not be run the hub knows already; its run only shows why.
        if first.delivered and not entry.reason:
            note = f"{first.target} does not have the run: {first.trouble}" if first.refused else ""
            try:
                self.hub().done(entry.id, f"done-{entry.id}", first.target, first.url, note)
            except Conflict as error:
                self.journal.note(entry.id, Phase.DELIVER, detail=str(error))
        if all(delivery.delivered for delivery in deliveries):
            if any(delivery.refused for delivery in deliveries):
                self._keep_package(entry)
            return self._close(entry)
        return float(min(RETRY * 2 ** min(max(tries - 1, 0), 7), 600))

    def _keep_package(self, entry: Entry) -> None:
        """A run that a target refuses is not thrown away: who looks into that finds it here."""
        kept = self.lab.packages_dir / "refused"
        kept.mkdir(exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self.package_path(entry.id).rename(kept / f"{entry.id}.frp")

    # -- what ends without a run

    def give_back(self, entry: Entry) -> float:
        """Tell the hub that this lab does not run it now, or never."""
        try:
            self.hub().give_back(entry.id, f"give-back-{entry.id}", entry.reason, entry.approval)
        except Conflict:
            # The hub has moved on: there is nothing left to tell, unless it was to the start that we asked for.
            if entry.nonce:
                return self._failing(entry, Reason.NEVER_STARTED, entry.reason)
        return self._close(entry)

    def fail(self, entry: Entry) -> float:
        """Tell the hub that it could not be run; where the test had begun, an error run brings what logs there are."""
        has_begun = self.folders.has_started(entry.id)
        key = run_key(self.lab.host, entry.id) if has_begun else ""
        with contextlib.suppress(Conflict):
            self.hub().error(entry.id, f"error-{entry.id}", entry.reason, entry.detail, entry.tail, run_key=key)
        if not has_begun:
            return self._close(entry)
        with tempfile.TemporaryDirectory(dir=self.lab.state_dir, prefix=SCRATCH[1]) as work:
            lay_out(entry, self.folders, Path(work) / "run")
            return self._pack(entry, Path(work) / "run", status="ERROR")

    def cancel(self, entry: Entry) -> float:
        """Tell the hub that it was stopped."""
        with contextlib.suppress(Conflict):
            self.hub().cancelled(entry.id, f"cancelled-{entry.id}", entry.reason)
        return self._close(entry)

    # -- helpers of the steps

    def shared_boards(self) -> list[str]:
        """The boards that are here and that the hub knows as online, sorted. Raises ClientError."""
        shared = {board.name for board in self.hub().boards(host=self.lab.host) if board.online}
        return sorted(shared & {board.name for board in self.lab.board_files([])})

    def sweep(self, *, kept_since: float, used_since: float) -> None:
        """Forget attempts that were closed before `kept_since`, and files of no use that are older than `used_since`.

        Both in seconds since 1970. Raises LabError, OSError.
        """
        self.journal.forget_closed(kept_since)
        for attempt, changed in self.folders.request_folders():
            if changed < used_since and not self.journal.is_open(attempt):
                self.folders.forget(attempt)
        # What steps that were killed have left.
        for folder in (*self.lab.state_dir.iterdir(), *self.lab.packages_dir.glob(".*")):
            if folder.name.startswith(SCRATCH) and folder.lstat().st_mtime < used_since:
                shutil.rmtree(folder, ignore_errors=True)

    def package_path(self, attempt: AttemptId) -> Path:
        """Where an attempt's run package lies until it is delivered."""
        return self.lab.packages_dir / f"{attempt}.frp"

    def _move(
        self, entry: Entry, to: Phase, *, with_it: Callable[[], object] | None = None, **columns: str | int | None
    ) -> float:
        self.journal.move(entry.id, entry.phase, to, self.clock(), with_it=with_it, **columns)
        return AT_ONCE

    def _returning(self, entry: Entry, reason: str, approval: str | None = None) -> float:
        return self._move(entry, Phase.GIVE_BACK, reason=_line(reason, 500), approval=approval)

    def _failing(self, entry: Entry, reason: Reason, detail: str = "", tail: str = "") -> float:
        return self._move(entry, Phase.FAIL, reason=reason, detail=_line(detail, 1000), tail=tail)

    def _close(self, entry: Entry) -> float:
        self._move(entry, Phase.CLOSED)
        self.folders.forget(entry.id)
        self.package_path(entry.id).unlink(missing_ok=True)
        return AT_ONCE

    def _leave(self, entry: Entry) -> float:
        """Close an attempt whose job may still look into its folder; what lies there is swept away later."""
        return self._move(entry, Phase.CLOSED)

    def _redacted(self, entry: Entry, text: str) -> str:
        return Redactor(self.lab.secret_values(entry.board)).text(text)

    def _tail_of(self, entry: Entry, *, growing: bool = False) -> str:
        redactor = Redactor(self.lab.secret_values(entry.board))
        return _end(redactor, self.folders.log_tail(entry.id, LOG_TAIL + MARGIN), growing=growing)

    def _console_of(self, entry: Entry, build: Build) -> str:
        redactor = Redactor(self.lab.secret_values(entry.board))
        return _end(redactor, self.controller().console_tail(build.job, build.number, LOG_TAIL + MARGIN))


def _put(file: Path, target: Path) -> None:
    """Move a file into its place, so that it is there after a power cut, too."""
    file.rename(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


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


def _end(redactor: Redactor, text: str, *, growing: bool = False) -> str:
    """The last LOG_TAIL bytes of LOG_TAIL + MARGIN, redacted.

    Where the log is `growing`, the last line may so far have the beginning of a value only.
    """
    data = text.encode("utf-8", "replace")
    redacted = b"".join(redactor.chunks([data], to_the_end=not growing or text.endswith("\n")))
    if len(data) >= LOG_TAIL + MARGIN:
        redacted = redacted[MARGIN:]
    return redacted[-LOG_TAIL:].decode("utf-8", "ignore")


def _line(text: str, limit: int) -> str:
    """One line that the hub takes: printable, and not too long."""
    return "".join(sign if sign.isprintable() else " " for sign in text)[:limit].strip()


def _reason(outcome: Outcome) -> Reason:
    try:
        return Reason(outcome.reason)
    except ValueError:
        return Reason.TIME_LIMIT if outcome.timed_out else Reason.NO_RUN
