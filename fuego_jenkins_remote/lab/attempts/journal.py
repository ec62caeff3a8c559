"""The bridge's memory: what it has claimed, how far each attempt is, and where its run must still go.

One SQLite file in `state_dir`. A step writes here what it is about to do before it talks to another system, and what
came of it afterwards, so that a bridge that was killed on any line knows what to ask again. All SQL of the lab stands
here.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from fuego_jenkins_remote.client.values import Attempt, Request
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.network.identities import AttemptId


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


ON_BOARD = (Phase.DECIDE, Phase.TRIGGER, Phase.GATE, Phase.RUN)
"""Phases in which an attempt takes its board."""

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
    by_hand INTEGER NOT NULL DEFAULT 0,    -- a person runs it: Jenkins knows nothing of it
    stopping INTEGER NOT NULL DEFAULT 0,   -- the hub wants it stopped
    reason TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL DEFAULT '',       -- one sentence for the requester
    tail TEXT NOT NULL DEFAULT '',         -- the end of the console, redacted
    approval TEXT,
    status TEXT NOT NULL DEFAULT '',
    sha256 TEXT NOT NULL DEFAULT ''
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
    PRIMARY KEY (attempt, target)
);
"""


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
    by_hand: bool
    stopping: bool
    reason: str
    detail: str
    tail: str
    approval: str | None
    status: str
    sha256: str


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

    @property
    def refused(self) -> bool:
        """The target will never take it."""
        return self.delivered and bool(self.trouble)


class Journal:
    """The file, shared by the bridge's threads. Each call raises LabError while its disk is full."""

    def __init__(self, path: Path) -> None:
        """Open or make it; it and its folder are for their owner only. Raises OSError, LabError."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._path = path
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise LabError(f"{path}: the journal cannot be opened: {error}") from error

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    # -- claims

    def begin_claim(self, claim_id: str, boards: Sequence[str]) -> None:
        """Write a claim down before the hub is asked."""
        self._write("INSERT INTO claims VALUES (?, ?)", claim_id, json.dumps(list(boards)))

    def end_claim(self, claim_id: str, won: Sequence[Attempt], now: float) -> None:
        """Keep what a claim won, and forget the claim, in one transaction."""
        with self._transaction() as connection:
            for attempt in won:
                connection.execute(
                    "INSERT OR IGNORE INTO attempts (attempt, board, phase, request, approved_by, since)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        str(attempt.id),
                        attempt.board,
                        Phase.DECIDE,
                        json.dumps(attempt.request.raw, ensure_ascii=False),
                        attempt.approved_by,
                        now,
                    ),
                )
            connection.execute("DELETE FROM claims WHERE claim_id = ?", (claim_id,))

    def open_claims(self) -> list[tuple[str, list[str]]]:
        """Claims whose answer is not known: to be asked again under the same id."""
        rows = self._read("SELECT claim_id, boards FROM claims ORDER BY rowid")
        return [(row["claim_id"], json.loads(row["boards"])) for row in rows]

    # -- attempts

    def open_entries(self) -> list[Entry]:
        """All attempts that are not closed, oldest first."""
        return [_entry(row) for row in self._read("SELECT * FROM attempts WHERE phase != 'closed' ORDER BY rowid")]

    def entry(self, attempt: AttemptId) -> Entry | None:
        """One attempt."""
        return next((_entry(row) for row in self._read("SELECT * FROM attempts WHERE attempt = ?", str(attempt))), None)

    def is_open(self, attempt: AttemptId) -> bool:
        """Whether anything is left to do for an attempt."""
        return bool(self._read("SELECT 1 FROM attempts WHERE attempt = ? AND phase != 'closed'", str(attempt)))

    def forget_closed(self, before: float) -> None:
        """Drop attempts that were closed before a time (seconds since 1970), so that the file does not grow."""
        with self._transaction() as connection:
            old = "SELECT attempt FROM attempts WHERE phase = 'closed' AND since < ?"
            connection.execute(f"DELETE FROM deliveries WHERE attempt IN ({old})", (before,))  # noqa: S608
            connection.execute("DELETE FROM attempts WHERE phase = 'closed' AND since < ?", (before,))

    def busy_boards(self) -> set[str]:
        """Boards that an attempt of ours takes."""
        marks = ", ".join("?" * len(ON_BOARD))
        rows = self._read(f"SELECT board FROM attempts WHERE phase IN ({marks})", *ON_BOARD)  # noqa: S608 - marks only
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
        with self._transaction():
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
        return self._write(statement, *values.values(), str(attempt), phase) == 1

    # -- deliveries

    def plan_deliveries(self, attempt: AttemptId, targets: Sequence[str]) -> None:
        """Write down where the run goes; what stands there already stays as it is."""
        with self._transaction() as connection:
            for place, target in enumerate(targets):
                connection.execute(
                    "INSERT OR IGNORE INTO deliveries (attempt, target, place) VALUES (?, ?, ?)",
                    (str(attempt), target, place),
                )

    def deliveries(self, attempt: AttemptId) -> list[Delivery]:
        """Where the run goes, the first target first."""
        rows = self._read("SELECT * FROM deliveries WHERE attempt = ? ORDER BY place", str(attempt))
        return [
            Delivery(
                attempt=attempt,
                target=row["target"],
                place=row["place"],
                delivered=bool(row["delivered"]),
                url=row["url"],
                tries=row["tries"],
                trouble=row["trouble"],
            )
            for row in rows
        ]

    def delivered(self, attempt: AttemptId, target: str, url: str, trouble: str = "") -> None:
        """The target has it; with `trouble`, it never will, and that is that."""
        self._write(
            "UPDATE deliveries SET delivered = 1, url = ?, trouble = ?, tries = tries + 1"
            " WHERE attempt = ? AND target = ?",
            url,
            trouble,
            str(attempt),
            target,
        )

    def not_delivered(self, attempt: AttemptId, target: str, trouble: str) -> None:
        """The target does not have it yet."""
        self._write(
            "UPDATE deliveries SET trouble = ?, tries = tries + 1 WHERE attempt = ? AND target = ?",
            trouble,
            str(attempt),
            target,
        )

    # -- the file

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._used() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                # A full disk ends some transactions by itself, and leaves others open.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def _write(self, statement: str, *values: Any) -> int:
        with self._used() as connection:
            return connection.execute(statement, values).rowcount

    def _read(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        with self._used() as connection:
            return connection.execute(statement, values).fetchall()

    @contextmanager
    def _used(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time. Raises LabError for what only the lab's people can mend."""
        with self._lock:
            try:
                yield self._connection
            except sqlite3.OperationalError as error:
                raise LabError(f"{self._path}: the journal does not take this: {error}") from error


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
        by_hand=bool(row["by_hand"]),
        stopping=bool(row["stopping"]),
        reason=row["reason"],
        detail=row["detail"],
        tail=row["tail"],
        approval=row["approval"],
        status=row["status"],
        sha256=row["sha256"],
    )
