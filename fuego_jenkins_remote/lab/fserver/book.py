"""What a lab has taken at an old Fuego server, written down before and after each word that is written there."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fuego_jenkins_remote.fuego.fserver_format import RequestId
from fuego_jenkins_remote.lab.fserver.marks import request_name
from fuego_jenkins_remote.lab.journal_file import JournalFile
from fuego_jenkins_remote.network.identities import MAX_ATTEMPTS, AttemptId

BOOK = "fserver.sqlite"
"""Its file in state_dir."""


class Held(StrEnum):
    """How a claim stands."""

    MARKING = "marking"  # our mark may stand there
    HELD = "held"  # it stood there when we looked again
    OVER = "over"  # told, given back, or somebody else's


_SCHEMA = """
CREATE TABLE IF NOT EXISTS bridge (name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS taken (
    attempt TEXT PRIMARY KEY,      -- REQUEST.N, REQUEST as this lab calls it
    request TEXT NOT NULL,         -- the server's id
    board TEXT NOT NULL,
    claim_id TEXT NOT NULL,
    held TEXT NOT NULL,
    mark TEXT NOT NULL,
    start_time TEXT NOT NULL,      -- as it stands there
    record TEXT NOT NULL,          -- JSON, as it was before
    started_by TEXT NOT NULL DEFAULT '',   -- the call that passed the gate
    looked_at REAL NOT NULL DEFAULT 0,     -- when its record was last read while it ran
    is_gone INTEGER NOT NULL DEFAULT 0,    -- it was removed there
    status TEXT NOT NULL DEFAULT '',
    since REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS taken_request ON taken (request);
CREATE INDEX IF NOT EXISTS taken_claim ON taken (claim_id);
CREATE INDEX IF NOT EXISTS taken_now ON taken (held) WHERE held != 'over';
CREATE TABLE IF NOT EXISTS put_aside (
    request TEXT PRIMARY KEY,
    until REAL NOT NULL,           -- it is not taken again before that
    asked TEXT NOT NULL DEFAULT '',        -- why this lab's people are asked; empty: they are not
    approved_by TEXT NOT NULL DEFAULT '',
    since REAL NOT NULL
);
"""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One claim; times in seconds since 1970."""

    id: AttemptId
    request: RequestId
    board: str
    held: Held
    mark: str
    start_time: str
    record: Mapping[str, str]
    started_by: str
    looked_at: float
    is_gone: bool
    status: str


@dataclass(frozen=True, kw_only=True)
class Aside:
    """A request that is not taken for now."""

    request: RequestId
    until: float
    asked: str
    approved_by: str
    since: float


class ClaimBook(JournalFile):
    """The claims of one state_dir. Each call raises LabError while the disk is full."""

    def __init__(self, path: Path) -> None:
        """Open or make it. Raises OSError, LabError."""
        super().__init__(path, _SCHEMA)
        self.swept_at = 0.0
        """When leftovers were looked for, for all threads of this process."""
        with self.transaction() as connection:
            if not connection.execute("SELECT 1 FROM bridge").fetchone():
                connection.execute("INSERT INTO bridge VALUES (?)", (secrets.token_hex(4),))

    @property
    def bridge(self) -> str:
        """This state_dir's own name in marks."""
        return str(self.read("SELECT name FROM bridge")[0]["name"])

    # -- claims

    def begin(
        self, request: RequestId, record: Mapping[str, str], *, claim_id: str, mark: str, start_time: str, now: float
    ) -> AttemptId | None:
        """Write down that a request is about to be marked; None where we have it already, or have tried too often."""
        name = request_name(request)
        with self.transaction() as connection:
            number = _next_number(connection.execute(_BEFORE, (str(request),)))
            if number is None:
                return None
            connection.execute(
                "INSERT INTO taken (attempt, request, board, claim_id, held, mark, start_time, record, since)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    f"{name}.{number}",
                    str(request),
                    request.board,
                    claim_id,
                    Held.MARKING,
                    mark,
                    start_time,
                    json.dumps(dict(record)),
                    now,
                ),
            )
        return AttemptId(name, number)

    def may_begin(self, request: RequestId) -> bool:
        """Whether `begin` would write the request down."""
        return _next_number(self.read(_BEFORE, str(request))) is not None

    def of_claim(self, claim_id: str) -> list[Taken]:
        """What a claim has marked and what became of that, but for what is over."""
        rows = self.read("SELECT * FROM taken WHERE claim_id = ? AND held != 'over' ORDER BY rowid", claim_id)
        return [_taken(row) for row in rows]

    def left_marking(self, before: float) -> list[Taken]:
        """What was to be marked before a time, and was never looked at again."""
        rows = self.read("SELECT * FROM taken WHERE held = 'marking' AND since < ?", before)
        return [_taken(row) for row in rows]

    def get(self, attempt: AttemptId) -> Taken | None:
        """One claim."""
        return next((_taken(row) for row in self.read("SELECT * FROM taken WHERE attempt = ?", str(attempt))), None)

    def of_request(self, name: str) -> RequestId | None:
        """The server's id of a request that this lab calls so, and has taken once."""
        rows = self.read("SELECT request FROM taken WHERE attempt LIKE ? LIMIT 1", f"{name}.%")
        return RequestId.parse(rows[0]["request"]) if rows else None

    def marks(self) -> set[str]:
        """The marks of all claims that are not over."""
        return {row["mark"] for row in self.read("SELECT mark FROM taken WHERE held != 'over'")}

    def hold(self, attempt: AttemptId) -> None:
        """Our mark stood there when we looked again."""
        self.write("UPDATE taken SET held = 'held' WHERE attempt = ? AND held = 'marking'", str(attempt))

    def end(self, attempt: AttemptId) -> None:
        """Nothing more is to be said of it there."""
        self.write("UPDATE taken SET held = 'over' WHERE attempt = ?", str(attempt))

    def start(self, attempt: AttemptId, call_id: str) -> bool:
        """Let the first call through the gate, and the same one again; False for any other."""
        statement = "UPDATE taken SET started_by = ? WHERE attempt = ? AND held = 'held' AND started_by IN ('', ?)"
        return self.write(statement, call_id, str(attempt), call_id) == 1

    def looked(self, attempt: AttemptId, now: float, *, is_gone: bool) -> None:
        """Its record was read while it ran."""
        self.write("UPDATE taken SET looked_at = ?, is_gone = ? WHERE attempt = ?", now, int(is_gone), str(attempt))

    def tested(self, attempt: AttemptId, status: str) -> None:
        """How its test ended."""
        self.write("UPDATE taken SET status = ? WHERE attempt = ?", status, str(attempt))

    def forget(self, before: float) -> None:
        """Drop what was over, and what was put aside, before a time (seconds since 1970)."""
        self.write("DELETE FROM taken WHERE held = 'over' AND since < ?", before)
        self.write("DELETE FROM put_aside WHERE until < ? AND since < ?", before, before)

    # -- what is not taken now

    def put_aside(self, request: RequestId, until: float, now: float, *, asked: str = "") -> None:
        """Do not take it again before `until`; with `asked` not before this lab's people have said yes.

        Without, a yes that they have said before still counts.
        """
        self.write(
            "INSERT INTO put_aside (request, until, asked, since) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (request) DO UPDATE SET until = excluded.until, asked = excluded.asked,"
            " since = excluded.since, approved_by = CASE excluded.asked WHEN '' THEN approved_by ELSE '' END",
            str(request),
            until,
            asked,
            now,
        )

    def approve(self, request: RequestId, by: str, now: float) -> None:
        """This lab's people say yes."""
        self.write(
            "INSERT INTO put_aside (request, until, asked, approved_by, since) VALUES (?, 0, '', ?, ?)"
            " ON CONFLICT (request) DO UPDATE SET until = 0, asked = '', approved_by = excluded.approved_by",
            str(request),
            by,
            now,
        )

    def aside(self, request: RequestId) -> Aside | None:
        """What was said of a request that is put aside."""
        rows = self.read("SELECT * FROM put_aside WHERE request = ?", str(request))
        return _aside(rows[0]) if rows else None

    def take_up(self, request: RequestId) -> None:
        """It has ended: nobody is asked any more."""
        self.write("DELETE FROM put_aside WHERE request = ?", str(request))

    def asked(self) -> list[Aside]:
        """What this lab's people are asked, the oldest first."""
        return [_aside(row) for row in self.read("SELECT * FROM put_aside WHERE asked != '' ORDER BY since")]


_BEFORE = "SELECT attempt, held FROM taken WHERE request = ?"


def _next_number(before: Iterable[sqlite3.Row]) -> int | None:
    """The number of a request's next attempt; None while it is at one, and after the last one that may be."""
    rows = list(before)
    number = max((AttemptId.parse(row["attempt"]).number for row in rows), default=0) + 1
    return None if number > MAX_ATTEMPTS or any(row["held"] != Held.OVER for row in rows) else number


def _taken(row: sqlite3.Row) -> Taken:
    return Taken(
        id=AttemptId.parse(row["attempt"]),
        request=RequestId.parse(row["request"]),
        board=row["board"],
        held=Held(row["held"]),
        mark=row["mark"],
        start_time=row["start_time"],
        record=json.loads(row["record"]),
        started_by=row["started_by"],
        looked_at=row["looked_at"],
        is_gone=bool(row["is_gone"]),
        status=row["status"],
    )


def _aside(row: sqlite3.Row) -> Aside:
    return Aside(
        request=RequestId.parse(row["request"]),
        until=row["until"],
        asked=row["asked"],
        approved_by=row["approved_by"],
        since=row["since"],
    )
