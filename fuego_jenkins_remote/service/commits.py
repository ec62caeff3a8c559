"""Several transactions in one commit: each commit waits for the disk, and on SQLite only one may write at a time.

A transaction stands in a savepoint; it may fail alone. The one behind whom another one waits in line leaves the commit
to it, and so on; the last one, or the last of so many, commits for all, and only then any of them is told that it is
done. So nothing is confirmed that is not on the disk, and who comes alone commits at once, without a savepoint.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.service.line import Line


class NotWritten(RuntimeError):
    """Nothing of a transaction is stored, nor of those that were to be committed with it."""


@dataclass
class _Batch:
    """Transactions that are committed together."""

    count: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None


class SharedCommits:
    """The transactions of one process in one database that write one behind the other; at most `most` in a commit."""

    def __init__(self, most: int = 32) -> None:
        """Nothing is opened yet."""
        self.line = Line()
        self._most = most
        self._conn: sa.Connection | None = None
        self._batch = _Batch()

    @contextmanager
    def begin(self, engine: sa.Engine, patience: float) -> Iterator[sa.Connection]:
        """A transaction, which is on the disk when this ends well; not to be begun within another one.

        Raises TooLong for who waits in line for longer than `patience` (seconds), NotWritten.
        """
        with self.line.turn(patience):
            batch, failure = self._batch, None
            try:
                conn = self._open(engine)
                with conn.begin_nested() if batch.count else nullcontext():
                    yield conn
                batch.count += 1
            except BaseException as error:
                failure = error
                raise
            finally:
                self._commit_unless_another_does(batch, failure)
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

    def _commit_unless_another_does(self, batch: _Batch, failure: BaseException | None) -> None:
        conn = self._conn
        lost = conn is not None and not _is_open(conn)
        if conn is not None and not lost and 0 < batch.count < self._most and self.line.another_comes():
            return
        self._conn, self._batch = None, _Batch()
        try:
            # Closed without a commit it is taken back: the first has failed, and nothing else is in it.
            if conn is not None and batch.count:
                if lost:
                    raise _why_lost(conn, failure)
                conn.commit()
        except BaseException as error:
            batch.error = error
        finally:
            batch.over.set()
            if conn is not None:
                with suppress(sa.exc.SQLAlchemyError):
                    conn.close()


def _is_open(conn: sa.Connection) -> bool:
    """Whether the transaction is still there.

    SQLite ends it by itself when it cannot go on (a full disk), PostgreSQL with the connection.
    """
    if conn.invalidated:
        return False
    raw: Any = conn.connection.dbapi_connection
    if conn.dialect.name == "sqlite":
        return bool(raw.in_transaction)
    return not raw.closed


def _why_lost(conn: sa.Connection, failure: BaseException | None) -> BaseException:
    """What those are told whose transaction was lost with another one's: for a dead connection, to come again."""
    if conn.dialect.name != "sqlite" and isinstance(failure, sa.exc.DBAPIError):
        return failure
    return NotWritten("the database has taken back what was written: its disk is full, or failed")
