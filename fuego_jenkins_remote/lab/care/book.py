"""Which boards are in care, and how far each is: written into the journal before anything is done about it.

A board comes in by the same transaction by which the attempt that was in trouble leaves it, so nobody claims for it in
between; while it stands here, it is claimed for by nobody.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from fuego_jenkins_remote.lab.journal_file import JournalFile


class Step(StrEnum):
    """How far a board's check is. Each names what comes next, not what is over."""

    DUE = "due"  # choose how it is checked
    COMMAND = "command"  # run the lab's own command
    TRIGGER = "trigger"  # the board's job may or may not have been called
    GATE = "gate"  # in Jenkins' queue, or its job waits at the gate
    RUN = "run"  # the job has its go
    WELL = "well"  # to be told, where the hub believes something else; then it is forgotten
    SICK = "sick"  # to be told to the hub
    OUT = "out"  # out of the network until a later check is passed


_SCHEMA = """
CREATE TABLE IF NOT EXISTS care (
    board TEXT PRIMARY KEY,
    step TEXT NOT NULL,
    since REAL NOT NULL,                   -- when this step began, seconds since 1970
    due_at REAL NOT NULL DEFAULT 0,        -- no step before this time
    why TEXT NOT NULL,                     -- what happened, for the lab's people
    attempt TEXT NOT NULL DEFAULT '',      -- what the check is called in Jenkins and in lab_dir: REQUEST.1
    called INTEGER NOT NULL DEFAULT 0,     -- Jenkins may have been called for it
    over_since REAL NOT NULL DEFAULT 0,    -- when Jenkins first said that its build is over; 0: it has not
    unsure INTEGER NOT NULL DEFAULT 0,     -- checks without a verdict, one after the other
    failed INTEGER NOT NULL DEFAULT 0,     -- checks that the board has failed, one after the other
    reason TEXT NOT NULL DEFAULT '',       -- why it is not well
    told INTEGER NOT NULL DEFAULT 0        -- the hub was told that it is broken
)
"""


@dataclass(frozen=True, kw_only=True)
class CareEntry:
    """One board in care. `since`, `due_at` and `over_since` in seconds since 1970; the columns are explained above."""

    board: str
    step: Step
    since: float
    due_at: float
    why: str
    attempt: str
    called: bool
    over_since: float
    unsure: int
    failed: int
    reason: str
    told: bool

    @property
    def is_out(self) -> bool:
        """Whether the board is out of the network: it has failed a check and passed none since."""
        return self.told or self.step is Step.SICK


class CareBook:
    """The boards in care. Each call raises LabError while the journal's disk is full."""

    def __init__(self, journal: JournalFile) -> None:
        """Keep it in the journal's file."""
        self._journal = journal
        journal.write(_SCHEMA)

    def due(self, board: str, why: str, now: float) -> None:
        """A board needs a check; one that is in care already stays as it is."""
        self._journal.write(
            "INSERT OR IGNORE INTO care (board, step, since, why) VALUES (?, 'due', ?, ?)", board, now, why
        )

    def ask(self, board: str, why: str, now: float) -> None:
        """Somebody wants a check now, also of a board that is out; one that is under way is left alone."""
        self._journal.write(
            "INSERT INTO care (board, step, since, why) VALUES (?, 'due', ?, ?)"
            " ON CONFLICT (board) DO UPDATE SET step = 'due', since = excluded.since, why = excluded.why,"
            " due_at = 0, unsure = 0 WHERE step IN ('due', 'out')",
            board,
            now,
            why,
        )

    def entries(self) -> list[CareEntry]:
        """All boards in care, by name."""
        return [_entry(row) for row in self._journal.read("SELECT * FROM care ORDER BY board")]

    def boards(self) -> set[str]:
        """The boards that nobody is to claim for."""
        return {row["board"] for row in self._journal.read("SELECT board FROM care")}

    def entry(self, board: str) -> CareEntry | None:
        """One board, if it is in care."""
        return next((_entry(row) for row in self._journal.read("SELECT * FROM care WHERE board = ?", board)), None)

    def move(self, entry: CareEntry, new: Step, now: float, **columns: str | float) -> bool:
        """Go on to another step, keeping `columns`; False when it has left this one meanwhile."""
        return self._update(entry, {"step": new, "since": now, "due_at": 0, **columns})

    def note(self, entry: CareEntry, **columns: str | float) -> bool:
        """Keep `columns` without leaving the step."""
        return self._update(entry, columns)

    def forget(self, board: str, step: Step | None = None) -> bool:
        """The board is well, or gone; with `step` only if it is still there."""
        if step is None:
            return self._journal.write("DELETE FROM care WHERE board = ?", board) == 1
        return self._journal.write("DELETE FROM care WHERE board = ? AND step = ?", board, step) == 1

    def _update(self, entry: CareEntry, columns: dict[str, str | float]) -> bool:
        settings = ", ".join(f"{column} = ?" for column in columns)
        # The check's name, too: somebody may have asked for another one, which is at the same step by now.
        statement = f"UPDATE care SET {settings} WHERE board = ? AND step = ? AND attempt = ?"  # noqa: S608 - our names
        return self._journal.write(statement, *columns.values(), entry.board, entry.step, entry.attempt) == 1


def _entry(row: sqlite3.Row) -> CareEntry:
    return CareEntry(
        board=row["board"],
        step=Step(row["step"]),
        since=row["since"],
        due_at=row["due_at"],
        why=row["why"],
        attempt=row["attempt"],
        called=bool(row["called"]),
        over_since=row["over_since"],
        unsure=row["unsure"],
        failed=row["failed"],
        reason=row["reason"],
        told=bool(row["told"]),
    )
