"""What the steps of an attempt's way share: the systems they talk to, and the moves from phase to phase."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from fuego_jenkins_remote.client.values import Board
from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.fuego.redact import Redactor
from fuego_jenkins_remote.lab.attempts.folders import LabDir
from fuego_jenkins_remote.lab.attempts.journal import Entry, Journal, Phase
from fuego_jenkins_remote.lab.attempts.naming import Naming
from fuego_jenkins_remote.lab.attempts.redactors import Redactors
from fuego_jenkins_remote.lab.care.book import CareBook
from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.lab.hubs import LabHub
from fuego_jenkins_remote.lab.jenkins.controller import Build, Controller, QueueItem
from fuego_jenkins_remote.lab.jenkins.overview import Looks
from fuego_jenkins_remote.lab.jenkins.queue_reasons import waits_for
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.reasons import Reason, meaning, needs_check
from fuego_jenkins_remote.publish.targets import Target
from fuego_jenkins_remote.publish.turns import Turns

log = logging.getLogger("fuego.lab")

AT_ONCE = 0.0
BEAT = 5.0
"""Seconds between two looks at an attempt that waits or runs; each is a sign of life to the hub."""
ORPHANS_KEEP = 86400.0
"""Seconds for which the outbox keeps what no open attempt waits for."""
PATIENCE_FOR_JENKINS = 300.0
"""Seconds after which a claim that Jenkins does not take goes back to the hub."""
SETTLE = 10.0
"""Seconds between Jenkins' word that a build is over and our belief that nothing more comes from it."""
TIME_LIMIT_SLACK = 120
"""Seconds that the script gives a test beyond its own time limit, for building and collecting."""
LOG_TAIL = 16 * 2**10
"""Bytes of a log's end that the hub is told."""
MARGIN = 4096
"""Bytes that are read of a log before the LOG_TAIL that is told: a secret that begins there is seen as one."""
SCRATCH = ("prepare-", "error-run-", ".package-")
"""How folders begin that a step makes in state_dir, or beside the packages, for itself."""


class Stepping:
    """Steps are methods: starting.py, running.py and ending.py have them, steps.py puts them together.

    `hub` and `controller` give a client for the calling thread.
    """

    def __init__(
        self,
        lab: LabConfig,
        *,
        journal: Journal,
        folders: LabDir,
        hub: Callable[[], LabHub],
        controller: Callable[[], Controller],
        targets: Mapping[str, Target],
        clock: Callable[[], float],
        naming: Naming | None = None,
    ) -> None:
        """`clock` gives seconds since 1970; `targets` holds a target for each name in `lab.targets`.

        `naming` gives the builds their names; without it they have their numbers alone.
        Who looks at all builds at once keeps that in `looks`; where nobody does, Jenkins is asked for each build.
        """
        self.lab = lab
        self.journal = journal
        self.care = CareBook(journal)
        self.folders = folders
        self.hub = hub
        self.controller = controller
        self.targets = targets
        self.clock = clock
        self.naming = naming
        self.looks = Looks()
        self.turns = Turns()
        self._redactors = Redactors(lab)

    def boards_in_network(self) -> list[Board]:
        """The boards that are here and that this lab shares, as the hub has them, well or not. Raises ClientError."""
        here = {board.name for board in self.lab.board_files([])}
        return [board for board in self.hub().boards(host=self.lab.host) if board.online and board.name in here]

    def shared_boards(self) -> list[str]:
        """The boards that are here and for which the hub has requests, sorted. Raises ClientError."""
        return sorted(board.name for board in self.boards_in_network() if board.up)

    def sweep(self, *, kept_since: float, used_since: float) -> None:
        """Forget attempts that were closed before `kept_since`, and files of no use that are older than `used_since`.

        Both in seconds since 1970. What a job left in the outbox after its attempt was closed stays for a day: the hub
        has been told otherwise, but the lab's people may look. Raises LabError, OSError.
        """
        self.journal.forget_closed(kept_since)
        checks = {entry.attempt for entry in self.care.entries()}
        orphaned_since = self.clock() - ORPHANS_KEEP
        for left, before in (
            (self.folders.request_folders(), used_since),
            (self.folders.outbox_folders(), orphaned_since),
        ):
            for attempt, changed in left:
                if changed < before and not self.journal.is_open(attempt) and str(attempt) not in checks:
                    self.folders.forget(attempt)
        # What steps that were killed have left.
        for folder in (*self.lab.state_dir.iterdir(), *self.lab.packages_dir.glob(".*")):
            if folder.name.startswith(SCRATCH) and folder.lstat().st_mtime < used_since:
                shutil.rmtree(folder, ignore_errors=True)

    def taken_boards(self) -> set[str]:
        """The boards that nobody is to claim for: an attempt of ours takes them, or they are to be checked first."""
        # In this order: one that goes from an attempt into care in between is seen in one of them.
        busy = self.journal.busy_boards()
        return busy | self.care.boards()

    def package_path(self, attempt: AttemptId) -> Path:
        """Where an attempt's run package lies until it is delivered."""
        return self.lab.packages_dir / f"{attempt}.frp"

    def _move(
        self, entry: Entry, to: Phase, *, with_it: Callable[[], object] | None = None, **columns: str | int | None
    ) -> float:
        self.journal.move(entry.id, entry.phase, to, self.clock(), with_it=with_it, **columns)
        if self.naming is not None:
            self.naming.moved(entry, to, columns)
        return AT_ONCE

    def _returning(self, entry: Entry, reason: str, approval: str | None = None) -> float:
        return self._move(entry, Phase.GIVE_BACK, reason=one_line(reason, 500), approval=approval)

    def _failing(self, entry: Entry, reason: Reason, detail: str = "", tail: str = "") -> float:
        columns = {"reason": str(reason), "detail": one_line(detail, 1000), "tail": tail}
        return self._move(entry, Phase.FAIL, with_it=self._check_after(entry, reason), **columns)

    def _check_after(self, entry: Entry, reason: Reason) -> Callable[[], object] | None:
        """What puts the board into care, for the move by which the attempt leaves it; None where that is not needed."""
        if entry.phase not in {Phase.RUN, Phase.READ} or not needs_check(reason):
            return None
        return partial(self.care.due, entry.board, f"{meaning(reason)} ({entry.id})", self.clock())

    def _close(self, entry: Entry, with_it: Callable[[], object] | None = None) -> float:
        self._move(entry, Phase.CLOSED, with_it=with_it)
        self.folders.forget(entry.id)
        self.package_path(entry.id).unlink(missing_ok=True)
        return AT_ONCE

    def _leave(self, entry: Entry) -> float:
        """Close an attempt whose job may still look into its folder; what lies there is swept away later."""
        return self._move(entry, Phase.CLOSED)

    def where(self, entry: Entry) -> Build | QueueItem | None:
        """Where the attempt's build is, by a look at all builds that began in this phase, else by asking for it alone.

        What ends an attempt, or triggers again, is asked for alone. Raises ControllerError.
        """
        job, seen = self.lab.job(entry.board), self.looks.since(entry.since)
        return seen.find(job, entry.id) if seen is not None else self.controller().find(job, entry.id)

    def queue_why(self, entry: Entry, found: Build | QueueItem | None) -> str:
        """What an attempt's build waits for, in a sentence for its requester; empty for one that waits for nothing."""
        if not isinstance(found, QueueItem):
            return ""
        latest = self.looks.latest
        node = latest.nodes.get(entry.board) if latest is not None else None
        said = waits_for(found, f"{self.lab.host}:{entry.board}", node, self.clock())
        return self.shown(entry.board, said)

    def shown(self, board: str, text: str) -> str:
        """What Jenkins or a person said, as one line for the network; empty where it cannot be redacted."""
        try:
            return one_line(self.redacted(board, text), 500)
        except (FormatError, OSError) as error:
            log.warning("%s: %s", board, error)
            return ""

    def redacted(self, board: str, text: str) -> str:
        """A text without what must not leave the lab. Raises FormatError, OSError."""
        return self._redactors.of(board).text(text)

    def log_tail(self, entry: Entry) -> str:
        """What the hub is told of the log of a test that runs, redacted. Raises FormatError, OSError."""
        tail = self.folders.log_tail(entry.id, LOG_TAIL + MARGIN)
        return log_end(self._redactors.of(entry.board), tail, growing=True)

    def _tail_of(self, entry: Entry) -> str:
        return log_end(self._redactors.of(entry.board), self.folders.log_tail(entry.id, LOG_TAIL + MARGIN))

    def _console_of(self, entry: Entry, build: Build) -> str:
        tail = self.controller().console_tail(build.job, build.number, LOG_TAIL + MARGIN)
        return log_end(self._redactors.of(entry.board), tail)

    def _stop_in_jenkins(self, entry: Entry) -> None:
        job = self.lab.job(entry.board)
        if entry.by_hand:
            # What a person has started there has its number from its own words; Jenkins knows no attempt of it.
            if entry.build_number not in {"", "0"}:
                self.controller().stop_build(job, int(entry.build_number))
            return
        found = self.controller().find(job, entry.id)
        if isinstance(found, QueueItem):
            self.controller().cancel_queue_item(found.id)
        elif isinstance(found, Build) and found.building:
            self.controller().stop_build(job, found.number)


def log_end(redactor: Redactor, text: str, *, growing: bool = False) -> str:
    """The last LOG_TAIL bytes of LOG_TAIL + MARGIN, redacted.

    Where the log is `growing`, the last line may so far have the beginning of a value only.
    """
    data = text.encode("utf-8", "replace")
    redacted = b"".join(redactor.chunks([data], to_the_end=not growing or text.endswith("\n")))
    if len(data) >= LOG_TAIL + MARGIN:
        redacted = redacted[MARGIN:]
    return redacted[-LOG_TAIL:].decode("utf-8", "ignore")


def one_line(text: str, limit: int) -> str:
    """One line that the hub takes: printable, and not too long."""
    return "".join(sign if sign.isprintable() else " " for sign in text)[:limit].strip()
