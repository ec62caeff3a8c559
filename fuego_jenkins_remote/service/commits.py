"""Several transactions in one commit, where SQLite lets only one write at a time and each commit waits for the disk.

A transaction stands in a savepoint; it may fail alone. The one behind whom another one waits in line leaves the commit
to it, and so on; the last one, or the last of `_MOST`, commits for all, and only then any of them is told that it is
done. So nothing is confirmed that is not on the disk, and who comes alone commits at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.service.line import Line

_MOST = 32


class NotWritten(RuntimeError):
    """Nothing of a transaction is stored, nor of those that were to be committed with it."""


@dataclass
class _Batch:
    """Transactions that are committed together."""

    count: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None


class SharedCommits:
    """The writing transactions of one process in one SQLite file."""

    def __init__(self) -> None:
        """Nothing is opened yet."""
        self.line = Line()
        self._conn: sa.Connection | None = None
        self._batch = _Batch()

    @contextmanager
    def begin(self, engine: sa.Engine, patience: float) -> Iterator[sa.Connection]:
        """A transaction, which is on the disk when this ends well; not to be begun within another one.

        Raises TooLong for who waits in line for longer than `patience` (seconds), NotWritten.
        """
        with self.line.turn(patience):
            batch = self._batch
            try:
                conn = self._open(engine)
                with conn.begin_nested():
                    yield conn
                batch.count += 1
            finally:
                self._commit_unless_another_does(batch)
        batch.over.wait()
        if batch.error is not None:
            raise batch.error

    def _open(self, engine: sa.Engine) -> sa.Connection:
        if self._conn is None:
            conn = engine.connect()
            try:
                conn.begin()
            except BaseException:
                conn.close()
                raise
            self._conn = conn
        return self._conn

    def _commit_unless_another_does(self, batch: _Batch) -> None:
        conn = self._conn
        lost = conn is not None and not _is_open(conn)
        if conn is not None and not lost and batch.count < _MOST and self.line.another_comes():
            return
        self._conn, self._batch = None, _Batch()
        try:
            if lost:
                raise NotWritten("the database has taken back what was written: its disk is full, or failed")
            if conn is not None:
                conn.commit()
        except BaseException as error:
            batch.error = error
        finally:
            batch.over.set()
            if conn is not None:
                with suppress(sa.exc.SQLAlchemyError):
                    conn.close()


def _is_open(conn: sa.Connection) -> bool:
    """Whether the transaction is still there: SQLite ends it by itself when it cannot go on (a full disk)."""
    raw: Any = conn.connection.dbapi_connection
    return bool(raw.in_transaction)
