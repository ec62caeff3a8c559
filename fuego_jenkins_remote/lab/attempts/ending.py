"""The steps after the test: what came of it, its package, its deliveries; and the ways to end without a run."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from fuego_jenkins_remote.client.errors import ClientError, Conflict
from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.fuego.junit import to_junit
from fuego_jenkins_remote.fuego.packages import pack_run
from fuego_jenkins_remote.fuego.redact import Redactor
from fuego_jenkins_remote.fuego.run_folder import RunFolder
from fuego_jenkins_remote.fuego.runs import Json, Run, Status
from fuego_jenkins_remote.lab.attempts.error_runs import lay_out
from fuego_jenkins_remote.lab.attempts.evidence import Finding, look
from fuego_jenkins_remote.lab.attempts.folders import Outcome
from fuego_jenkins_remote.lab.attempts.journal import Delivery, Entry, Phase
from fuego_jenkins_remote.lab.attempts.stepping import PATIENCE_FOR_JENKINS, SCRATCH, Stepping, log, one_line
from fuego_jenkins_remote.lab.errors import ControllerDown, LabError
from fuego_jenkins_remote.lab.fserver.hub import FserverLab
from fuego_jenkins_remote.lab.jenkins.controller import Build
from fuego_jenkins_remote.network.identities import AttemptId, run_key
from fuego_jenkins_remote.network.reasons import Reason
from fuego_jenkins_remote.publish.private import why_withheld
from fuego_jenkins_remote.publish.targets import (
    Handed,
    NotDelivered,
    RunPackage,
    TakesMany,
    hand_over,
)
from fuego_jenkins_remote.publish.turns import Turn

EVIDENCE = 256 * 2**10
"""Bytes of a console's end in which signs of infrastructure are looked for."""
TIMED_OUT = 124
"""What run-test exits with when a test went on beyond its own time limit."""
BATCH = 50
"""So many runs that have waited go to a target with the one that is tried, where it takes many."""
BATCH_BYTES = 64 * 2**20
"""And so large are their packages together."""
RETRY = 5.0
"""Seconds until the second try of a delivery; each later one waits twice as long, at most ten minutes."""
SOON = 1.0
"""Seconds until a run is tried again whose target had enough to do with others."""
_BEHIND = "the target was in trouble with the run before; it is tried with one at a time"


class Ending(Stepping):
    """From the outcome to the end."""

    def read(self, entry: Entry) -> float:
        """See what came of it; tell the hub, so that the board is free for the next one."""
        outcome = self.folders.outcome(entry.id)
        if outcome is None:
            return self._failing(entry, Reason.SCRIPT, tail=self._tail_of(entry))
        if outcome.aborted:
            return self._aborted(entry)
        run_folder = self.folders.run_folder(entry.id)
        if not outcome.ran or run_folder is None:
            return self._without_run(entry, _reason(outcome))
        return self._with_run(entry, outcome, run_folder)

    def _with_run(self, entry: Entry, outcome: Outcome, run_folder: Path) -> float:
        try:
            with RunFolder(run_folder, Redactor(())) as folder:
                run = folder.read_run()
            status = run.status
        except FormatError as error:
            return self._failing(entry, Reason.BAD_RUN, self.redacted(entry.board, str(error)), self._tail_of(entry))
        self._show_cases(entry, run)
        finding = self._evidence(entry) if status is Status.ERROR else None
        if finding:
            return self._failing(entry, finding.reason, self.redacted(entry.board, finding.line), self._tail_of(entry))
        timed_out = outcome.timed_out or (status is Status.ERROR and outcome.exit_status == TIMED_OUT)
        check = self._check_after(entry, Reason.TIME_LIMIT) if timed_out else None
        try:
            self.hub().tested(entry.id, f"tested-{entry.id}", status, run_key(self.lab.host, entry.id), "")
        except Conflict:
            return self._close(entry, with_it=check)
        return self._move(entry, Phase.PACKAGE, with_it=check, status=status)

    def _show_cases(self, entry: Entry, run: Run) -> None:
        """Convert the run for the job that waits for it with Jenkins' junit plugin. Nothing depends on it."""
        try:
            if self.folders.wants_cases(entry.id):
                self.folders.put_cases(entry.id, to_junit(run))
        except Exception as error:
            log.warning("%s: its cases are not shown in Jenkins: %s", entry.id, error)

    def _without_run(self, entry: Entry, reason: Reason) -> float:
        """A console may say more than that there is no run."""
        finding = self._evidence(entry) if reason is Reason.NO_RUN else None
        if finding is None:
            return self._failing(entry, reason, tail=self._tail_of(entry))
        return self._failing(entry, finding.reason, self.redacted(entry.board, finding.line), self._tail_of(entry))

    def _evidence(self, entry: Entry) -> Finding | None:
        return look(self.folders.log_tail(entry.id, EVIDENCE))

    def _aborted(self, entry: Entry) -> float:
        """A person wanted the end of the test, or a Jenkins that stops took it along, which is nobody's wish."""
        if entry.stopping or entry.by_hand:
            why = "stopped for its requester" if entry.stopping else "stopped by hand"
            return self._cancelled(entry, why)
        who, patient = "", self.clock() - entry.since < PATIENCE_FOR_JENKINS
        try:
            build = self.controller().find(self.lab.job(entry.board), entry.id)
            if isinstance(build, Build):
                if build.building and patient:
                    # Who it was stands at the console's end, which Jenkins has not written yet.
                    return 0.5
                names = re.findall(r"^Aborted by (.{1,100})$", self._console_of(entry, build), re.MULTILINE)
                who = one_line(names[-1], 100) if names else ""
        except ControllerDown:
            if patient:
                raise
        if who:
            return self._cancelled(entry, f"aborted in Jenkins by {who}")
        return self._failing(entry, Reason.ABORTED, tail=self._tail_of(entry))

    def _cancelled(self, entry: Entry, why: str) -> float:
        check = self._check_after(entry, Reason.ABORTED)
        return self._move(entry, Phase.CANCEL, with_it=check, reason=why)

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
        if there := entry.request.raw.get("fserver_request"):
            metadata["fserver_request"] = str(there)
        # Said in either case: a test's own run.json is not to say it.
        metadata["private"] = entry.request.private
        if entry.request.private:
            metadata["team"] = entry.request.team
        if entry.request.campaign:
            metadata["campaign"] = entry.request.campaign
        if entry.build_url:
            metadata["build_url"] = entry.build_url
        if entry.request.git is not None:
            git = entry.request.git
            metadata |= {"git_url": git.url, "git_ref": git.ref, "git_path": git.path, "git_commit": entry.git_commit}
        target = self.package_path(entry.id)
        target.parent.mkdir(parents=True, exist_ok=True)
        redactor = Redactor(self.lab.secret_values(entry.board))
        # Bridge and push job may both be at it: the package that the journal has the digest of is the one that stays.
        # Made on the disk where it will lie: that may be another than state_dir's.
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=SCRATCH[2]) as work:
            package = pack_run(run_folder, Path(work) / target.name, redactor=redactor, metadata=metadata)
            self.plan(entry, self.lab.targets)
            put = partial(_put, package.path, target)
            return self._move(entry, Phase.DELIVER, with_it=put, sha256=package.sha256, **columns)

    def plan(self, entry: Entry, targets: Sequence[str]) -> None:
        """Write down where the run goes: one of a private request to few of the targets, which then come first."""
        why = {name: self.why_withheld(entry, name) for name in targets}
        for name, said in why.items():
            if said:
                log.info("%s: %s: %s", entry.id, name, said)
        self.journal.plan_deliveries(entry.id, sorted(targets, key=lambda name: bool(why[name])), why)

    def why_withheld(self, entry: Entry, target: str) -> str:
        """Why the run of an attempt is not for a target; empty where it is."""
        return why_withheld(target, self.lab.private_targets) if entry.request.private else ""

    def deliver(self, entry: Entry) -> float:
        """Hand the run to each target that does not have it; the first one's word makes the request done."""
        waiting, is_busy, is_told = 0, False, False
        for delivery in self.journal.deliveries(entry.id):
            if delivery.place and not is_told:
                is_told = self._tell_early(entry)
            if delivery.delivered:
                continue
            with self.turns.at(delivery.target) as turn:
                if turn is Turn.BUSY:
                    is_busy = True
                elif turn is Turn.IN_TROUBLE:
                    self.journal.not_delivered(entry.id, delivery.target, _BEHIND)
                    waiting = max(waiting, delivery.tries + 1)
                elif not self._hand_over(entry, delivery):
                    waiting = max(waiting, delivery.tries + 1)
        pause = self._after_delivery(entry, waiting, is_told=is_told)
        return SOON if is_busy else pause

    def _tell_early(self, entry: Entry) -> bool:
        """Tell the hub of the first target's word before the others are tried, which may take long; whether it knows.

        A hub that does not answer is no reason to leave them out: it is told again afterwards.
        """
        try:
            self._tell_done(entry, self.journal.deliveries(entry.id)[0])
        except ClientError as error:
            log.info("%s: %s", entry.id, error)
            return False
        return True

    def _hand_over(self, entry: Entry, delivery: Delivery) -> bool:
        """One try with one target; whether the run waits no longer there."""
        target = self.targets.get(delivery.target)
        if target is None:
            self._came_of(entry.id, delivery.target, Handed(error=_no_target(delivery.target)))
            return False
        attempts = {entry.id: self._package_of(entry, delivery)}
        if isinstance(target, TakesMany) and delivery.tries:
            attempts |= self._backlog(entry, delivery.target)
        is_done = False
        for attempt, (_, came) in zip(attempts, hand_over(target, list(attempts.values())), strict=True):
            self._came_of(attempt, delivery.target, came)
            if attempt == entry.id:
                is_done = not isinstance(came.error, NotDelivered)
        self.turns.came(delivery.target, well=is_done)
        return is_done

    def _came_of(self, attempt: AttemptId, target: str, came: Handed) -> None:
        if isinstance(came.error, NotDelivered):
            log.warning("%s: %s does not have the run yet: %s", attempt, target, came.error)
            self.journal.not_delivered(attempt, target, str(came.error), came.error.receipt)
        elif came.error is not None:
            log.warning("%s: %s never takes the run: %s", attempt, target, came.error)
            self.journal.delivered(attempt, target, "", trouble=str(came.error))
        else:
            self.journal.delivered(attempt, target, came.url)

    def _package_of(self, entry: Entry, delivery: Delivery) -> RunPackage:
        key, path = run_key(self.lab.host, entry.id), self.package_path(entry.id)
        return RunPackage(key=key, path=path, sha256=entry.sha256, receipt=delivery.receipt)

    def _backlog(self, entry: Entry, target: str) -> dict[AttemptId, RunPackage]:
        """What else has waited for a target that takes many: at most BATCH runs of BATCH_BYTES.

        Another worker may send one of them at the same time, which does no harm. Each is closed at its own next step.
        """
        found: dict[AttemptId, RunPackage] = {}
        left = BATCH_BYTES
        for attempt in self.journal.backlog(target, BATCH):
            other = self.journal.entry(attempt)
            waits = (one for one in self.journal.deliveries(attempt) if one.target == target and not one.delivered)
            delivery = next(waits, None)
            if other is None or other.phase is not Phase.DELIVER or delivery is None or attempt == entry.id:
                continue
            package = self._package_of(other, delivery)
            with contextlib.suppress(FileNotFoundError):  # delivered meanwhile
                left -= package.path.stat().st_size
                if left < 0:
                    break
                found[attempt] = package
        return found

    def _tell_done(self, entry: Entry, first: Delivery) -> None:
        """Tell the hub, where the first target has the run or never takes it. It may be told twice."""
        if not first.delivered:
            return
        if entry.reason:
            # Of an attempt that could not be run the hub knows already, and of its run, which only shows why.
            if isinstance(hub := self.hub(), FserverLab) and not first.refused:
                hub.run_came(entry.id, first.url)
            return
        note = f"{first.target} does not have the run: {first.trouble}" if first.refused else ""
        try:
            self.hub().done(entry.id, f"done-{entry.id}", first.target, first.url, note)
        except Conflict as error:
            self.journal.note(entry.id, Phase.DELIVER, detail=str(error))

    def _after_delivery(self, entry: Entry, tries: int, *, is_told: bool) -> float:
        deliveries = self.journal.deliveries(entry.id)
        if not is_told:
            self._tell_done(entry, deliveries[0])
        if all(delivery.delivered for delivery in deliveries):
            nobody_has_it = all(delivery.refused for delivery in deliveries)
            if nobody_has_it or any(delivery.refused and not delivery.withheld for delivery in deliveries):
                self._keep_package(entry)
            return self._close(entry)
        return float(min(RETRY * 2 ** min(max(tries - 1, 0), 7), 600))

    def _keep_package(self, entry: Entry) -> None:
        """A run that a target refuses is not thrown away: who looks into that finds it here."""
        kept = self.lab.packages_dir / "refused"
        kept.mkdir(exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self.package_path(entry.id).rename(kept / f"{entry.id}.frp")

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
        run_folder = self.folders.run_folder(entry.id)
        if run_folder is not None and _says_error(run_folder):
            return self._pack(entry, run_folder, status="ERROR")
        with tempfile.TemporaryDirectory(dir=self.lab.state_dir, prefix=SCRATCH[1]) as work:
            lay_out(entry, self.folders, Path(work) / "run")
            return self._pack(entry, Path(work) / "run", status="ERROR")

    def cancel(self, entry: Entry) -> float:
        """Tell the hub that it was stopped."""
        with contextlib.suppress(Conflict):
            self.hub().cancelled(entry.id, f"cancelled-{entry.id}", entry.reason)
        return self._close(entry)


def _no_target(name: str) -> NotDelivered:
    """What is said of a target that the lab had when the run was packaged."""
    return NotDelivered(
        f"{name} is no target of this lab any more: name it in fuego.conf (targets), or give it up with"
        " 'ftc outbox drop'"
    )


def _says_error(run_folder: Path) -> bool:
    """Whether the test's own run says as we do that it is no result."""
    try:
        with RunFolder(run_folder, Redactor(())) as folder:
            return folder.read_run().status is Status.ERROR
    except FormatError:
        return False


def _put(file: Path, target: Path) -> None:
    """Move a file into its place, so that it is there after a power cut, too."""
    file.rename(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _reason(outcome: Outcome) -> Reason:
    try:
        return Reason(outcome.reason)
    except ValueError:
        return Reason.TIME_LIMIT if outcome.timed_out else Reason.NO_RUN
