"""The bridge's memory: what it has claimed, how far each attempt is, and where its run must still go.

A step writes here what it is about to do before it talks to another system, and what came of it afterwards, so that a
bridge that was killed on any line knows what to ask again.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fuego_jenkins_remote.client.values import Attempt, Request
from fuego_jenkins_remote.lab.journal_file import JournalFile
from fuego_jenkins_remote.network.identities import AttemptId

log = logging.getLogger("fuego.lab")


class Phase(StrEnum):
    """How far an attempt is in this lab. Each names the step that comes next, not the one that is over."""

    DECIDE = "decide"  # ask the policy, make the folder ready
    TRIGGER = "trigger"  # the folder is ready; Jenkins may or may not have been called
    GATE = "gate"  # in Jenkins' queue, or its job waits at the gate
    RUN = "run"  # the hub said go
    READ = "read"  # the script has left its outcome
    PACKAGE = "package"  # the hub knows the status
    DELIVER = "deliver"  # the package lies in state_dir
    GIVE_BACK = "give-back"  # to be told to the hub, with reason and approval
    FAIL = "fail"  # to be told to the hub, with reason and detail
    CANCEL = "cancel"  # a stopped attempt, to be told to the hub
    CLOSED = "closed"


ON_BOARD = (Phase.DECIDE, Phase.TRIGGER, Phase.GATE, Phase.RUN, Phase.READ)
"""Phases in which an attempt takes its board: until its outcome is read, which may ask for a check of the board."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS claims (
    claim_id TEXT PRIMARY KEY,
    boards TEXT NOT NULL           -- JSON list
);
CREATE TABLE IF NOT EXISTS attempts (
    attempt TEXT PRIMARY KEY,      -- REQUEST.N
    board TEXT NOT NULL,
    phase TEXT NOT NULL,
    request TEXT NOT NULL,         -- the hub's JSON, as claimed
    approved_by TEXT,
    nonce TEXT NOT NULL DEFAULT '',
    build_number TEXT NOT NULL DEFAULT '',
    build_url TEXT NOT NULL DEFAULT '',
    since REAL NOT NULL,           -- when this phase began, seconds since 1970
    over_since REAL NOT NULL DEFAULT 0,    -- when Jenkins first said that its build is over; 0: it has not
    called INTEGER NOT NULL DEFAULT 0,     -- Jenkins may have been called for it
    queue_item INTEGER NOT NULL DEFAULT 0, -- Jenkins' id of the item that was queued for it; 0: not known
    by_hand INTEGER NOT NULL DEFAULT 0,    -- a person runs it: Jenkins knows nothing of it
    stopping INTEGER NOT NULL DEFAULT 0,   -- the hub wants it stopped
    reason TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL DEFAULT '',       -- one sentence for the requester
    tail TEXT NOT NULL DEFAULT '',         -- the end of the console, redacted
    approval TEXT,
    status TEXT NOT NULL DEFAULT '',
    sha256 TEXT NOT NULL DEFAULT '',
    git_commit TEXT NOT NULL DEFAULT ''    -- what of a repository was fetched
);
CREATE INDEX IF NOT EXISTS open_attempts ON attempts (phase) WHERE phase != 'closed';
CREATE TABLE IF NOT EXISTS deliveries (
    attempt TEXT NOT NULL,
    target TEXT NOT NULL,
    place INTEGER NOT NULL,        -- the first target's is 0: its delivery makes the request done
    delivered INTEGER NOT NULL DEFAULT 0,
    url TEXT NOT NULL DEFAULT '',
    tries INTEGER NOT NULL DEFAULT 0,
    trouble TEXT NOT NULL DEFAULT '',
    receipt TEXT NOT NULL DEFAULT '',      -- what the target gave for a run that it has not dealt with yet
    PRIMARY KEY (attempt, target)
);
"""

_LATER_COLUMNS = {
    ("attempts", "queue_item"): "INTEGER NOT NULL DEFAULT 0",
    ("attempts", "git_commit"): "TEXT NOT NULL DEFAULT ''",
    ("deliveries", "receipt"): "TEXT NOT NULL DEFAULT ''",
}
"""Columns, by table and name, that an earlier version did not have."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One attempt as the journal has it. `since` and `over_since` in seconds since 1970."""

    id: AttemptId
    board: str
    phase: Phase
    request: Request
    approved_by: str | None
    nonce: str
    build_number: str
    build_url: str
    since: float
    over_since: float
    called: bool
    queue_item: int
    by_hand: bool
    stopping: bool
    reason: str
    detail: str
    tail: str
    approval: str | None
    status: str
    sha256: str
    git_commit: str


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """Where a run must go, and how that went so far."""

    attempt: AttemptId
    target: str
    place: int
    delivered: bool
    url: str
    tries: int
    trouble: str
    receipt: str = ""

    @property
    def refused(self) -> bool:
        """The target will never take it."""
        return self.delivered and bool(self.trouble)

    @property
    def withheld(self) -> bool:
        """It was never to be sent there: nobody has tried."""
        return self.refused and not self.tries


class Journal(JournalFile):
    """What the lab knows of its attempts. Each call raises LabError while the disk is full."""

    def __init__(self, path: Path) -> None:
        """Open or make it. Raises OSError, LabError."""
        super().__init__(path, _SCHEMA)
        self._add_columns()

    def _add_columns(self) -> None:
        """A journal of an earlier version gets the columns that have come since."""
        if self._missing_columns():
            with self.transaction():
                # Somebody else may have been first.
                for table, name in self._missing_columns():
                    self.write(f"ALTER TABLE {table} ADD COLUMN {name} {_LATER_COLUMNS[table, name]}")

    def _missing_columns(self) -> list[tuple[str, str]]:
        tables = {table for table, _ in _LATER_COLUMNS}
        there = {(table, row["name"]) for table in tables for row in self.read(f"PRAGMA table_info({table})")}
        return [column for column in _LATER_COLUMNS if column not in there]

    # -- claims

    def begin_claim(self, claim_id: str, boards: Sequence[str]) -> None:
        """Write a claim down before the hub is asked."""
        self.write("INSERT INTO claims VALUES (?, ?)", claim_id, json.dumps(list(boards)))

    def end_claim(self, claim_id: str, won: Sequence[Attempt], now: float) -> None:
        """Keep what a claim won, and forget the claim, in one transaction.

        It wins at most one attempt for each board that it was begun for, whatever the hub says.
        """
        with self.transaction() as connection:
            boards = self._boards_of(claim_id)
            for attempt in won:
                if attempt.board not in boards:
                    log.warning("%s: the hub gave it for %s, which was not asked for", attempt.id, attempt.board)
                    continue
                boards.remove(attempt.board)
                connection.execute(
                    "INSERT OR IGNORE INTO attempts (attempt, board, phase, request, approved_by, since)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        str(attempt.id),
                        attempt.board,
                        Phase.DECIDE,
                        json.dumps(attempt.request.raw),  # in ASCII: not all that JSON can say is text for SQLite
                        attempt.approved_by,
                        now,
                    ),
                )
            connection.execute("DELETE FROM claims WHERE claim_id = ?", (claim_id,))

    def _boards_of(self, claim_id: str) -> set[str]:
        rows = self.read("SELECT boards FROM claims WHERE claim_id = ?", claim_id)
        return set(json.loads(rows[0]["boards"])) if rows else set()

    def open_claims(self) -> list[tuple[str, list[str]]]:
        """Claims whose answer is not known: to be asked again under the same id."""
        rows = self.read("SELECT claim_id, boards FROM claims ORDER BY rowid")
        return [(row["claim_id"], json.loads(row["boards"])) for row in rows]

    # -- attempts

    def open_entries(self) -> list[Entry]:
        """All attempts that are not closed, oldest first."""
        return [_entry(row) for row in self.read("SELECT * FROM attempts WHERE phase != 'closed' ORDER BY rowid")]

    def entry(self, attempt: AttemptId) -> Entry | None:
        """One attempt."""
        return next((_entry(row) for row in self.read("SELECT * FROM attempts WHERE attempt = ?", str(attempt))), None)

    def is_open(self, attempt: AttemptId) -> bool:
        """Whether anything is left to do for an attempt."""
        return bool(self.read("SELECT 1 FROM attempts WHERE attempt = ? AND phase != 'closed'", str(attempt)))

    def forget_closed(self, before: float) -> None:
        """Drop attempts that were closed before a time (seconds since 1970), so that the file does not grow."""
        with self.transaction() as connection:
            old = "SELECT attempt FROM attempts WHERE phase = 'closed' AND since < ?"
            connection.execute(f"DELETE FROM deliveries WHERE attempt IN ({old})", (before,))  # noqa: S608
            connection.execute("DELETE FROM attempts WHERE phase = 'closed' AND since < ?", (before,))

    def busy_boards(self) -> set[str]:
        """Boards that an attempt of ours takes."""
        marks = ", ".join("?" * len(ON_BOARD))
        # Said twice, so that SQLite takes the index of open attempts.
        query = f"SELECT board FROM attempts WHERE phase != 'closed' AND phase IN ({marks})"  # noqa: S608 - marks only
        rows = self.read(query, *ON_BOARD)
        return {row["board"] for row in rows}

    def move(
        self,
        attempt: AttemptId,
        old: Phase,
        new: Phase,
        now: float,
        *,
        with_it: Callable[[], object] | None = None,
        **columns: str | int | None,
    ) -> bool:
        """Go from one phase to another, keeping `columns`; False when it is not in `old` any more.

        `with_it` is done by whoever goes, before anybody else sees the new phase; a kill in between leaves the old.
        """
        values: Mapping[str, str | int | float | None] = {"phase": new, "since": now, **columns}
        with self.transaction():
            moved = self._update(attempt, old, values)
            if moved and with_it is not None:
                with_it()
        return moved

    def note(self, attempt: AttemptId, phase: Phase, **columns: str | float | None) -> bool:
        """Keep `columns` without leaving `phase`."""
        return self._update(attempt, phase, columns)

    def _update(self, attempt: AttemptId, phase: Phase, values: Mapping[str, str | int | float | None]) -> bool:
        settings = ", ".join(f"{column} = ?" for column in values)
        statement = f"UPDATE attempts SET {settings} WHERE attempt = ? AND phase = ?"  # noqa: S608 - our column names
        return self.write(statement, *values.values(), str(attempt), phase) == 1

    # -- deliveries

    def plan_deliveries(self, attempt: AttemptId, targets: Sequence[str], withheld: Mapping[str, str]) -> None:
        """Write down where the run goes; what stands there already stays as it is, but for what was withheld.

        `withheld` says for each target why it does not get the run; empty or not there: it does.
        """
        with self.transaction() as connection:
            for place, target in enumerate(targets):
                why = withheld.get(target, "")
                connection.execute(
                    "INSERT INTO deliveries (attempt, target, place, delivered, trouble) VALUES (?, ?, ?, ?, ?)"
                    " ON CONFLICT (attempt, target) DO UPDATE"
                    " SET delivered = excluded.delivered, trouble = excluded.trouble"
                    " WHERE deliveries.delivered AND deliveries.tries = 0",
                    (str(attempt), target, place, bool(why), why),
                )

    def deliveries(self, attempt: AttemptId) -> list[Delivery]:
        """Where the run goes, the first target first."""
        rows = self.read("SELECT * FROM deliveries WHERE attempt = ? ORDER BY place", str(attempt))
        return [_delivery(row) for row in rows]

    def not_sent(self) -> list[Delivery]:
        """All that were given up or never to be sent, of which the journal still knows, the oldest first."""
        rows = self.read(
            "SELECT deliveries.* FROM deliveries JOIN attempts USING (attempt)"
            " WHERE delivered AND trouble != '' ORDER BY attempts.rowid, place"
        )
        return [_delivery(row) for row in rows]

    def backlog(self, target: str, limit: int) -> list[AttemptId]:
        """The oldest attempts whose runs were tried at a target, and wait."""
        # Said twice, so that SQLite takes the index of open attempts.
        rows = self.read(
            "SELECT attempts.attempt FROM attempts JOIN deliveries USING (attempt)"
            " WHERE phase != 'closed' AND phase = 'deliver' AND target = ? AND NOT delivered AND tries > 0"
            " ORDER BY attempts.rowid LIMIT ?",
            target,
            limit,
        )
        return [AttemptId.parse(row["attempt"]) for row in rows]

    def delivered(self, attempt: AttemptId, target: str, url: str, trouble: str = "") -> None:
        """The target has it; with `trouble`, it never will, and that is that, unless another worker gets it there."""
        self.write(
            "UPDATE deliveries SET delivered = 1, url = ?, trouble = ?, tries = tries + 1"
            " WHERE attempt = ? AND target = ? AND (NOT delivered OR ? = '')",
            url,
            trouble,
            str(attempt),
            target,
            trouble,
        )

    def not_delivered(self, attempt: AttemptId, target: str, trouble: str, receipt: str = "") -> None:
        """The target does not have it yet; a receipt that it gave is kept until it gives another one.

        Where another worker has delivered it meanwhile, that stays so.
        """
        self.write(
            "UPDATE deliveries SET trouble = ?, receipt = coalesce(nullif(?, ''), receipt), tries = tries + 1"
            " WHERE attempt = ? AND target = ? AND NOT delivered",
            trouble,
            receipt,
            str(attempt),
            target,
        )


def _delivery(row: sqlite3.Row) -> Delivery:
    return Delivery(
        attempt=AttemptId.parse(row["attempt"]),
        target=row["target"],
        place=row["place"],
        delivered=bool(row["delivered"]),
        url=row["url"],
        tries=row["tries"],
        trouble=row["trouble"],
        receipt=row["receipt"],
    )


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        id=AttemptId.parse(row["attempt"]),
        board=row["board"],
        phase=Phase(row["phase"]),
        request=Request.from_json(json.loads(row["request"])),
        approved_by=row["approved_by"],
        nonce=row["nonce"],
        build_number=row["build_number"],
        build_url=row["build_url"],
        since=row["since"],
        over_since=row["over_since"],
        called=bool(row["called"]),
        queue_item=row["queue_item"],
        by_hand=bool(row["by_hand"]),
        stopping=bool(row["stopping"]),
        reason=row["reason"],
        detail=row["detail"],
        tail=row["tail"],
        approval=row["approval"],
        status=row["status"],
        sha256=row["sha256"],
        git_commit=row["git_commit"],
    )
