"""PostgreSQL as the database: how it is opened, and which of its errors mean "again".

Transactions run beside each other here (READ COMMITTED), where SQLite has them one behind the other. What must not run
beside something else takes a lock: the row that it is about, or one of the advisory locks below. A transaction that
PostgreSQL has thrown out, for a deadlock or since another one has made the same row, is done again as a whole
(`service.again`).
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import sqlalchemy as sa

if TYPE_CHECKING:
    import psycopg

CONNECTIONS = 20
"""A process opens at most so many, and its listener one more: four processes stay below a server's usual 100."""

_SETTINGS = {
    "timezone": "UTC",
    "default_transaction_isolation": r"read\ committed",
    # Longer ones than any that is wanted: what waits behind a process that hangs is let go.
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    # All questions are short; to compile them takes longer than to answer them.
    "jit": "off",
}
_AGAIN = {
    "40001",  # serialization_failure
    "40P01",  # deadlock_detected
    "23505",  # unique_violation: another transaction has made it meanwhile, and is found when all is done again
    "23503",  # foreign_key_violation: it has gone meanwhile
}
_MIGRATIONS = 0x66756567  # any number that is always the same


class BadDatabase(ValueError):
    """An address of a database that cannot be used; the text says why."""


class NoDatabase(RuntimeError):
    """The database does not answer, or lets nobody in; the text has its words."""


def is_postgresql(url: str) -> bool:
    """Whether this is the address of a PostgreSQL database."""
    return url.startswith(("postgresql://", "postgres://"))


def check_url(url: str) -> str:
    """Give an address back that libpq can read (postgresql://...); raises BadDatabase."""
    import psycopg

    if not is_postgresql(url):
        raise BadDatabase("a database is named by an address like postgresql://USER@HOST/NAME")
    try:
        psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        # libpq quotes what it could not read, and that may be a password.
        raise BadDatabase(
            "this is no address of a database that libpq can read (postgresql://USER@HOST/NAME)"
        ) from error
    return url


def has_password(url: str) -> bool:
    """Whether an address has a password in it."""
    return urlsplit(url).password is not None or re.search(r"[?&]password=", url) is not None


def open_postgresql(url: str, *, connections: int = CONNECTIONS) -> sa.Engine:
    """Open a database; nothing is asked of it yet. Raises BadDatabase."""
    check_url(url)
    # No ping before each use: it would cost as much as what is asked. When one connection is found dead, the pool opens
    # all anew, and what was being done is done again.
    return sa.create_engine(
        "postgresql+psycopg://",
        creator=lambda: connect(url),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=10,
        # Those that were used last know most statements already.
        pool_use_lifo=True,
    )


def connect(url: str, **how: Any) -> psycopg.Connection[Any]:
    """A connection with the settings that all have; the address may add its own, which count more."""
    import psycopg

    given = psycopg.conninfo.conninfo_to_dict(url)
    ours = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
    given["options"] = f"{ours} {given.get('options') or ''}".rstrip()
    usual = {"application_name": "fuego-hub", "connect_timeout": "10", "keepalives_idle": "30"}
    # What is asked is asked again: it is planned once a connection, and not before each of the first answers.
    return psycopg.connect(**{"prepare_threshold": 1, **usual, **given, **how})


def lock_migrations(conn: sa.Connection) -> None:
    """Of two that change tables at once one waits, until the end of its transaction."""
    # Longer than a lock is waited for else: a large table may take its time.
    conn.exec_driver_sql("SET LOCAL lock_timeout = '10min'")
    conn.exec_driver_sql("SET LOCAL statement_timeout = 0")
    conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATIONS})")


def in_a_line(error: BaseException) -> str:
    """What libpq says, without the line ends and tabs in it."""
    orig = error.orig if isinstance(error, sa.exc.DBAPIError) else None
    return " ".join(str(orig or error).split())


def sqlstate(error: BaseException) -> str | None:
    """PostgreSQL's code of an error, also of one that SQLAlchemy has wrapped; None for any other."""
    if isinstance(error, sa.exc.DBAPIError):
        error = error.orig or error
    found = getattr(error, "sqlstate", None)
    return found if isinstance(found, str) else None


def is_again(error: BaseException) -> bool:
    """Whether the same transaction may go well when it is done again: it was thrown out for what ran beside it."""
    return sqlstate(error) in _AGAIN


def is_gone(error: BaseException) -> bool:
    """Whether the database, or this connection to it, cannot be reached."""
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    state = sqlstate(error)
    if state is None:
        with suppress(ImportError):
            import psycopg

            return isinstance(error.orig, psycopg.OperationalError)
        return False
    # Connections, an operator's stop or start.
    return state.startswith(("08", "57P"))
