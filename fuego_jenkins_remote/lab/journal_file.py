"""The file that the lab remembers with: one SQLite file in `state_dir`, shared by the bridge's threads.

attempts/journal.py, care/book.py and fserver/book.py say what stands in it; all SQL of the lab is in these four.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fuego_jenkins_remote.lab.errors import LabError


class JournalFile:
    """One connection, for one thread at a time. Each call raises LabError while the disk is full."""

    def __init__(self, path: Path, schema: str) -> None:
        """Open or make it with these tables; it and its folder are for their owner only. Raises OSError, LabError."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._path = path
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(schema)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise LabError(f"{path}: the journal cannot be opened: {error}") from error

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written in the block, or nothing. Not within another one: there `write` is part of it."""
        with self._used() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                # A full disk ends some transactions by itself, and leaves others open.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def write(self, statement: str, *values: Any) -> int:
        """Execute one statement; how many rows it changed."""
        with self._used() as connection:
            return connection.execute(statement, values).rowcount

    def read(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """The rows that a statement gives."""
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
