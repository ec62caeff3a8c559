"""Sessions of signed-in browsers: short-lived, kept by the service, good only while the token is that opened them.

A session's secret is in the browser's cookie; here its digest is. What stands in forms to prove that they are this
service's own (against CSRF) is made of the secret too, so that neither can be had from the other nor from the database.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from fuego_jenkins_remote.service.engine import UtcDateTime

IDLE = timedelta(hours=2)
"""A browser that is not heard of for so long is signed out."""

LONGEST = timedelta(hours=12)
"""A working day; then the token is asked for again."""

_SECRET_LENGTH = 43
_SWEPT = 500


def sessions_table(metadata: sa.MetaData) -> sa.Table:
    """Put the table ``sessions`` into a service's schema, which has ``tokens``."""
    return sa.Table(
        "sessions",
        metadata,
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("token", sa.ForeignKey("tokens.prefix"), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("last_seen_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Index("sessions_expire", "expires_at"),
    )


def open_session(conn: sa.Connection, table: sa.Table, token: str, now: datetime) -> str:
    """Open a session of a token (its prefix) and give its secret; those that are over are removed, a few at a time."""
    over = sa.select(table.c.digest).where(table.c.expires_at <= now).order_by(table.c.expires_at).limit(_SWEPT)
    conn.execute(table.delete().where(table.c.digest.in_(over)))
    secret = secrets.token_urlsafe(32)
    values = {"digest": _digest(secret), "token": token, "created_at": now, "last_seen_at": now}
    conn.execute(table.insert().values(**values, expires_at=now + LONGEST))
    return secret


def find_session(conn: sa.Connection, table: sa.Table, secret: str, now: datetime) -> tuple[str, datetime] | None:
    """The prefix of the token that opened the session and when it was last seen; None for one that is over."""
    if len(secret) != _SECRET_LENGTH or not secret.isascii():
        return None
    query = sa.select(table.c.token, table.c.last_seen_at).where(
        table.c.digest == _digest(secret), table.c.expires_at > now, table.c.last_seen_at > now - IDLE
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else (row.token, row.last_seen_at)


def close_session(conn: sa.Connection, table: sa.Table, secret: str) -> None:
    """Close a session; one that is not there is closed already."""
    conn.execute(table.delete().where(table.c.digest == _digest(secret)))


def note_seen(conn: sa.Connection, table: sa.Table, seen: Mapping[str, datetime]) -> None:
    """Write down when sessions were last seen, by their digests; a later time stays."""
    if seen:
        this = (table.c.digest == sa.bindparam("of")) & (table.c.last_seen_at < sa.bindparam("at"))
        update = table.update().where(this).values(last_seen_at=sa.bindparam("at"))
        conn.execute(update, [{"of": digest, "at": at} for digest, at in seen.items()])


def digest_of(secret: str) -> str:
    """By what a session is known in the database."""
    return _digest(secret)


def form_token(secret: str) -> str:
    """What a form of this session carries."""
    return hmac.new(secret.encode(), b"fuego form", hashlib.sha256).hexdigest()


def is_form_token(secret: str, given: str) -> bool:
    """Whether a form is of this session, in a time that tells nothing."""
    return hmac.compare_digest(form_token(secret).encode(), given.encode())


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
