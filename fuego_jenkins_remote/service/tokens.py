"""Tokens: random secrets of which only a digest is kept.

A secret is ``fuego_PREFIX_RANDOM``. The prefix (8 characters, the first tells the kind) is public: it finds the row and
names the token in lists and logs. RANDOM holds 256 random bits, so a plain SHA-256 is enough: a slow hash
protects guessable words, and there is nothing to guess here.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.network.tokens import KINDS, SECRET, new_secret, split_prefix
from fuego_jenkins_remote.service.engine import UtcDateTime

__all__ = [
    "KINDS",
    "SECRET",
    "NewToken",
    "PrefixTaken",
    "TokenRow",
    "add_token",
    "find_token",
    "good_token",
    "list_tokens",
    "matches",
    "new_token",
    "note_used",
    "revoke_token",
    "split_prefix",
    "token_of",
    "tokens_table",
]


@dataclass(frozen=True, kw_only=True)
class NewToken:
    """A token as it is made; the only place where the secret is ever seen."""

    secret: str
    prefix: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class TokenRow:
    """A stored token. ``owner`` is the name it speaks for: of a user, of a host (``*``: any host)."""

    prefix: str
    kind: str
    owner: str
    description: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    scope: str = ""  # what a user's is good for; empty: all
    last_used_at: datetime | None = None
    made_by: str = ""

    def is_good(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


def new_token(kind: str) -> NewToken:
    """Make a token of this kind (one of KINDS, else ValueError); nothing is stored."""
    return _as_new(new_secret(kind))


def matches(secret: str, digest: str) -> bool:
    """Say whether the secret is the one the digest was made of, in a time that tells nothing."""
    return hmac.compare_digest(_digest(secret), digest)


def tokens_table(metadata: sa.MetaData) -> sa.Table:
    """Put the table ``tokens`` into a service's schema."""
    return sa.Table(
        "tokens",
        metadata,
        sa.Column("prefix", sa.String(8), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("owner", sa.String(100), nullable=False),
        sa.Column("description", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime),
        sa.Column("revoked_at", UtcDateTime),
        sa.Column("scope", sa.String(16), nullable=False, server_default=""),  # what a user's is good for; empty: all
        sa.Column("last_used_at", UtcDateTime),
        sa.Column("made_by", sa.String(100), nullable=False, server_default=""),
    )


class PrefixTaken(ValueError):
    """A token is there already whose public part is the same."""


def add_token(
    conn: sa.Connection,
    table: sa.Table,
    *,
    kind: str,
    owner: str,
    now: datetime,
    description: str = "",
    expires_at: datetime | None = None,
    scope: str = "",
    made_by: str = "",
    secret: str | None = None,
) -> NewToken:
    """Store a token: the one whose `secret` is given (checked by `check_secret`), else a new one.

    The secret is in the answer and nowhere else. Raises PrefixTaken where there is another token of that prefix.
    """
    token = _as_new(secret) if secret else new_token(kind)
    if secret and conn.execute(sa.select(table.c.prefix).where(table.c.prefix == token.prefix)).first() is not None:
        raise PrefixTaken(f"there is another token {token.prefix}: make a new one")
    conn.execute(
        table.insert().values(
            prefix=token.prefix,
            digest=token.digest,
            kind=kind,
            owner=owner,
            description=description,
            created_at=now,
            expires_at=expires_at,
            scope=scope,
            made_by=made_by,
        )
    )
    return token


def find_token(conn: sa.Connection, table: sa.Table, secret: str, now: datetime) -> TokenRow | None:
    """Find the token of this secret; None if there is none, or it has expired or was revoked."""
    prefix = split_prefix(secret)
    if prefix is None:
        return None
    row = conn.execute(_by_prefix(table), {"prefix": prefix}).mappings().one_or_none()
    if row is None or not matches(secret, row["digest"]):
        return None
    token = _from_row(row)
    return token if token.is_good(now) else None


@cache
def _by_prefix(table: sa.Table) -> sa.Select[Any]:
    """Asked with every call: made once."""
    return sa.select(table).where(table.c.prefix == sa.bindparam("prefix"))


def good_token(conn: sa.Connection, table: sa.Table, prefix: str, now: datetime) -> TokenRow | None:
    """Find a token that was shown before, by its prefix; None if it has expired or was revoked."""
    row = conn.execute(_by_prefix(table), {"prefix": prefix}).mappings().one_or_none()
    token = None if row is None else _from_row(row)
    return token if token is not None and token.is_good(now) else None


def note_used(conn: sa.Connection, table: sa.Table, used: Mapping[str, datetime]) -> None:
    """Write down when tokens were last used, by their prefixes; a later time stays."""
    if used:
        later = table.c.last_used_at.is_(None) | (table.c.last_used_at < sa.bindparam("at"))
        update = table.update().where((table.c.prefix == sa.bindparam("of")) & later)
        conn.execute(
            update.values(last_used_at=sa.bindparam("at")), [{"of": prefix, "at": at} for prefix, at in used.items()]
        )


def list_tokens(conn: sa.Connection, table: sa.Table, *, kind: str = "", owner: str = "") -> list[TokenRow]:
    """Give all tokens, or those of one kind or owner, the oldest first, without anything secret."""
    query = sa.select(table).order_by(table.c.created_at, table.c.prefix)
    if kind:
        query = query.where(table.c.kind == kind)
    if owner:
        query = query.where(table.c.owner == owner)
    return [_from_row(row) for row in conn.execute(query).mappings()]


def token_of(conn: sa.Connection, table: sa.Table, prefix: str) -> TokenRow | None:
    """One token, good or not, by its prefix."""
    row = conn.execute(sa.select(table).where(table.c.prefix == prefix)).mappings().one_or_none()
    return None if row is None else _from_row(row)


def revoke_token(conn: sa.Connection, table: sa.Table, prefix: str, now: datetime) -> bool:
    """Take a token out of use; False if there is no such token or it was revoked before."""
    where = (table.c.prefix == prefix) & table.c.revoked_at.is_(None)
    return conn.execute(table.update().where(where).values(revoked_at=now)).rowcount == 1


def _as_new(secret: str) -> NewToken:
    prefix = split_prefix(secret)
    if prefix is None:
        raise ValueError("no token")
    return NewToken(secret=secret, prefix=prefix, digest=_digest(secret))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _from_row(row: sa.RowMapping) -> TokenRow:
    return TokenRow(
        prefix=row["prefix"],
        kind=row["kind"],
        owner=row["owner"],
        description=row["description"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        scope=row["scope"],
        last_used_at=row["last_used_at"],
        made_by=row["made_by"],
    )
