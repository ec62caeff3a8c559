"""The database: one file of SQLite, or one of PostgreSQL (`service.postgresql`); what was accepted stays accepted.

On SQLite WAL lets readers go on while one writes. ``synchronous`` is FULL: with NORMAL a power cut may take the last
commits with it, and a request or a run whose arrival was confirmed must not vanish; that costs one fsync a commit.
Every transaction that may write starts with BEGIN IMMEDIATE: one that reads first and writes later cannot fail half-way
because somebody else wrote in between; it waits (at most ten seconds) before it has read anything.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator, TypeEngine

from fuego_jenkins_remote.service.commits import SharedCommits
from fuego_jenkins_remote.service.line import TooLong
from fuego_jenkins_remote.service.postgresql import (
    CONNECTIONS,
    NoDatabase,
    in_a_line,
    is_postgresql,
    lock_migrations,
    open_postgresql,
    sqlstate,
)

if TYPE_CHECKING:
    from alembic.config import Config

BUSY_SECONDS = 10
_READING = "fuego_reading"
_VIEW: dict[str, dict[str, Any]] = {
    "sqlite": {_READING: True},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}


class NotMigrated(RuntimeError):
    """The database's tables are not those this version works with; the text says what to do."""


class UtcDateTime(TypeDecorator[datetime]):
    """A time: aware and in UTC on both sides; a naive one is refused.

    On SQLite it is text of one width (``2026-11-23T10:00:00.123456+00:00``), so that it sorts as time does.
    """

    impl = sa.String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        """Take text on SQLite, and the database's own type elsewhere."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.String(32))
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        """Turn an aware time into what the database keeps; ValueError for a naive one."""
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"a time without its offset cannot be stored: {value!r}")
        value = value.astimezone(UTC)
        return value.isoformat(timespec="microseconds") if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Turn what the database keeps into an aware time in UTC."""
        if value is None:
            return None
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        if not isinstance(value, datetime) or value.utcoffset() is None:
            raise ValueError(f"not an aware time in the database: {value!r}")
        return value if value.utcoffset() == timedelta(0) else value.astimezone(UTC)


def open_engine(where: str | os.PathLike[str], *, connections: int = CONNECTIONS) -> sa.Engine:
    """Open the database: a path of an SQLite file (made if it is not there), or a URL of PostgreSQL.

    `connections`: at most so many to PostgreSQL. Raises BadDatabase.
    """
    text = os.fspath(where)
    if is_postgresql(text):
        return open_postgresql(text, connections=connections)
    url = sa.URL.create("sqlite", database=text)
    # As many connections as there are threads that serve (40), and loops: none of them waits for another's connection.
    # They stay open, for opening one costs as much as ten queries.
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS}, pool_size=45, max_overflow=0)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # No transactions behind our back: BEGIN is said in _begin_sqlite.
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(conn: sa.Connection) -> None:
    reading = conn.get_execution_options().get(_READING, False)
    conn.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


_MOST_IN_LINE = 8
"""Transactions that share a commit on PostgreSQL: what they hold others wait for."""
_commits: WeakKeyDictionary[sa.Engine, SharedCommits] = WeakKeyDictionary()
_making = threading.Lock()


@contextmanager
def writing(engine: sa.Engine, *, in_line: bool = False) -> Iterator[sa.Connection]:
    """Give a connection in a transaction that may write, and that is stored when this ends well.

    On SQLite writers stand in line (service/line.py), and those that come together share a commit (service/commits.py);
    this is not to be called within itself. On PostgreSQL they run beside each other, but for those that want to be
    `in_line`, since they all would reach for the same rows. Raises OperationalError, as SQLite does, for who waits too
    long.
    """
    sqlite = engine.dialect.name == "sqlite"
    if not (sqlite or in_line):
        with engine.begin() as conn:
            yield conn
        return
    with _making:
        commits = _commits.get(engine)
        if commits is None:
            commits = _commits[engine] = SharedCommits() if sqlite else SharedCommits(_MOST_IN_LINE)
    try:
        with commits.begin(engine, BUSY_SECONDS) as conn:
            yield conn
    except TooLong as error:
        busy = sqlite3.OperationalError("database is locked")
        busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise sa.exc.OperationalError("BEGIN IMMEDIATE", None, busy) from error


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection for reading: one consistent view, which never waits for a writer nor stops one."""
    with engine.connect() as conn:
        yield conn.execution_options(**_VIEW.get(engine.dialect.name, {}))


def migrate(engine: sa.Engine, package: str) -> None:
    """Bring the tables to what this version needs, in one transaction; raises NoDatabase.

    ``package`` is the service's, as in ``fuego_jenkins_remote.hub``; its ``migrations`` folder has the Alembic scripts.
    """
    from alembic import command

    config = _alembic_config(package)
    with _answering(engine) as conn, _references_unchecked(conn), conn.begin():
        if engine.dialect.name == "postgresql":
            lock_migrations(conn)
        config.attributes["connection"] = conn
        command.upgrade(config, "head")


@contextmanager
def _answering(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection; raises NoDatabase where none is to be had."""
    try:
        conn = engine.connect()
    except sa.exc.OperationalError as error:
        raise NoDatabase(f"the database does not answer: {in_a_line(error)}") from error
    with conn:
        yield conn


@contextmanager
def _references_unchecked(conn: sa.Connection) -> Iterator[None]:
    """SQLite changes some things of a table only by making it anew; what refers to it would go with the old one.

    See https://sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes".
    """
    raw: Any = conn.connection.dbapi_connection
    if conn.dialect.name != "sqlite":
        yield
        return
    raw.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys = ON")


def tables_in(engine: sa.Engine) -> set[str]:
    """The revision of the tables that are in the database; empty where there are none. Raises NoDatabase."""
    from alembic.runtime.migration import MigrationContext

    with _answering(engine) as conn:
        return set(MigrationContext.configure(conn).get_current_heads())


def check_migrated(engine: sa.Engine, package: str) -> None:
    """Raise NotMigrated unless the tables are exactly those this version works with; NoDatabase without an answer."""
    from alembic.script import ScriptDirectory

    found = tables_in(engine)
    if found == newest_tables(package):
        return
    scripts = ScriptDirectory.from_config(_alembic_config(package))
    known = {script.revision for script in scripts.walk_revisions()}
    if found - known:
        raise NotMigrated("the database was made by a newer version of this program: update the program")
    service = package.rpartition(".")[2]
    raise NotMigrated(f"the database is not set up for this version: run 'ftc {service} init' with its data folder")


@cache
def newest_tables(package: str) -> frozenset[str]:
    """The revision of the tables that this version works with, as Alembic writes it into the database.

    Alembic reads all migrations for it, which it compiles anew each time.
    """
    from alembic.script import ScriptDirectory

    return frozenset(ScriptDirectory.from_config(_alembic_config(package)).get_heads())


def is_busy(error: BaseException) -> bool:
    """Whether it took too long to get at the data: others are at them, or no connection was free."""
    if isinstance(error, sa.exc.TimeoutError):
        return True
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return error.orig.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    # lock_not_available, query_canceled (for a time limit), insufficient_resources
    return (sqlstate(error) or "").startswith(("55P03", "57014", "53"))


def known_tables(package: str) -> set[str]:
    """All revisions of the tables that this version can bring up to date."""
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(_alembic_config(package)).walk_revisions()}


def _alembic_config(package: str) -> Config:
    from alembic.config import Config

    config = Config()
    folder = Path(str(files(package))) / "migrations"
    # A percent sign would be taken for interpolation.
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
