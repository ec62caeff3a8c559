"""A board's way through its check, one step at a time (book.Step).

As with attempts, each step reads the book, does one thing that may be done twice, and writes what came of it, so that a
lab that is killed on any line goes on. The hub knows nothing of a check but its end: that the board is broken, or well
again. The test of a check runs in the board's own job, with the script, lock and archive of every request, under a
request id made here; the gate is answered here, too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from fuego_jenkins_remote.client.errors import NotFound
from fuego_jenkins_remote.lab.attempts.stepping import AT_ONCE
from fuego_jenkins_remote.lab.care.board_lock import held_board
from fuego_jenkins_remote.lab.care.book import CareEntry, Step
from fuego_jenkins_remote.lab.care.by_test import ByTest
from fuego_jenkins_remote.lab.care.checking import AGAIN, MAX_REASON, PATIENCE, SOON, log
from fuego_jenkins_remote.lab.care.commands import run_command
from fuego_jenkins_remote.lab.care.wanted import BOARD_CHECK, BoardCheck
from fuego_jenkins_remote.network.identities import AttemptId, new_request_id

ONLINE, BROKEN = "online", "broken"
"""What the hub is told of a board's health."""
HELD = 5.0
"""Seconds between two looks whether a board is still held."""
FIRST_RECHECK, LAST_RECHECK = 900.0, 86400.0
"""Seconds from a failed check to the next one: each is twice the one before, a day at most."""


class Checks(ByTest):
    """All the steps, and which comes when."""

    def boards(self) -> set[str]:
        """The boards in care: nobody is to claim for them."""
        return self.book.boards()

    def due(self) -> list[str]:
        """The boards in care whose next step may be taken now."""
        now = self._clock()
        return [entry.board for entry in self.book.entries() if entry.due_at <= now]

    def broken(self) -> dict[str, str]:
        """The boards that are out of the network until they pass a check, with the reason."""
        return {entry.board: entry.reason for entry in self.book.entries() if entry.is_out}

    def take(self, board: str) -> float | None:
        """Take the board's next step; seconds until the one after it, None when the board is not in care.

        Raises ClientError, ControllerError, LabError, FormatError and OSError: the step is to be taken again.
        """
        entry = self.book.entry(board)
        if entry is None:
            return None
        if (wait := entry.due_at - self._clock()) > 0:
            return min(wait, AGAIN)
        ways: Mapping[Step, Callable[[CareEntry], float]] = {
            Step.DUE: self._choose,
            Step.COMMAND: self._command,
            Step.TRIGGER: self._trigger,
            Step.GATE: self._gate,
            Step.RUN: self._run,
            Step.WELL: self._well,
            Step.SICK: self._sick,
            Step.OUT: self._once_more,
        }
        return ways[entry.step](entry)

    # -- how it is checked

    def _choose(self, entry: CareEntry) -> float:
        if entry.board in self._journal.busy_boards():
            return SOON
        if self.lab.board_file(entry.board) is None:
            log.warning("board %s is no longer here: its check is dropped", entry.board)
            self.book.forget(entry.board, Step.DUE)
            return AT_ONCE
        check = self.lab.board_check(entry.board)
        if check is None:
            return self._no_check(entry)
        log.warning("board %s: %s: checking it: %s", entry.board, entry.why, check.words())
        if check.command:
            return self._move(entry, Step.COMMAND)
        return self._to_test(entry)

    def _no_check(self, entry: CareEntry) -> float:
        how = f"no check is named in {self.lab.conf_dir / 'boards.yaml'}, and {BOARD_CHECK} is not installed"
        if entry.told:
            return self._not_well(entry, "no check of it is possible any more")
        log.warning("board %s: %s: it stays in the network unchecked: %s", entry.board, entry.why, how)
        self.book.forget(entry.board, Step.DUE)
        return AT_ONCE

    def _to_test(self, entry: CareEntry) -> float:
        attempt = AttemptId(new_request_id(datetime.fromtimestamp(self._clock(), UTC)), 1)
        return self._move(entry, Step.TRIGGER, attempt=str(attempt), called=0, over_since=0)

    # -- the lab's command

    def _command(self, entry: CareEntry) -> float:
        check = self.lab.board_check(entry.board)
        if check is None or not check.command:
            return self._move(entry, Step.DUE)  # boards.yaml was changed
        # A local job of Fuego's knows no lock of ours: that its node is idle is all there is to see.
        if any(node.name == entry.board and not node.idle for node in self._controller().nodes()):
            return self._held(entry, "a job runs on its node")
        with held_board(self._folders.locks, entry.board) as lock:
            if lock is None:
                return self._held(entry, "processes hold its lock")
            trouble = self._run_command(check, lock)
        if trouble:
            return self._not_well(entry, trouble)
        return self._to_test(entry) if check.test else self._move(entry, Step.WELL)

    def _run_command(self, check: BoardCheck, lock: int) -> str:
        """What is wrong by the lab's command; empty where it is content."""
        program = check.command[0]
        try:
            ended = run_command(check.command, timeout=check.timeout, lock=lock)
        except OSError as error:
            return f"{program} cannot be started: {error.strerror}"
        said = f": {ended.last_line}" if ended.last_line else ""
        if ended.status is None:
            return f"{program} did not end within {check.timeout} s{said}"
        return f"{program} ended with status {ended.status}{said}" if ended.status else ""

    def _held(self, entry: CareEntry, why: str) -> float:
        if self._clock() - entry.since > PATIENCE:
            return self._not_well(entry, f"it could not be checked: {why}, for half an hour")
        return HELD

    # -- what came of it

    def _well(self, entry: CareEntry) -> float:
        with contextlib.suppress(NotFound):  # it is not shared
            # What the hub has may be of a state_dir that is gone.
            if self._hub().board(self.lab.host, entry.board).health == BROKEN:
                self._hub().put_health(self.lab.host, entry.board, ONLINE, "")
        log.warning("board %s is well", entry.board)
        self.book.forget(entry.board, Step.WELL)
        return AT_ONCE

    def _sick(self, entry: CareEntry) -> float:
        with contextlib.suppress(NotFound):
            self._hub().put_health(self.lab.host, entry.board, BROKEN, entry.reason)
        failed = entry.failed + 1
        wait = min(FIRST_RECHECK * 2 ** min(failed - 1, 10), LAST_RECHECK)
        log.warning(
            "board %s is out of the network: %s; checked again in %.0f min, or by ftc lab check-board -b %s",
            entry.board,
            entry.reason,
            wait / 60,
            entry.board,
        )
        return self._move(entry, Step.OUT, told=1, failed=failed, unsure=0, due_at=self._clock() + wait)

    def _once_more(self, entry: CareEntry) -> float:
        return self._move(entry, Step.DUE, why=f"it failed its last check ({entry.reason})"[:MAX_REASON])
