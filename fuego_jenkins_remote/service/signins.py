"""Who a token or a browser's session speaks for, asked in the database each time: what is revoked is so at once.

When a token was last used is written behind the calls' backs, a token once a minute at most.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from fuego_jenkins_remote.service import sessions as session_sql
from fuego_jenkins_remote.service.clock import Clock
from fuego_jenkins_remote.service.engine import reading, writing
from fuego_jenkins_remote.service.tokens import TokenRow, find_token, good_token, note_used

USED_EVERY = timedelta(minutes=1)
"""A use is written down when the last one that was is older than this."""

_log = logging.getLogger("service.signins")


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Who a token speaks for; a service may derive its own with more in it.

    Not `signed_in` is who acts for somebody without a token: whatever was sent beside says nothing of who that is.
    """

    kind: str
    name: str
    signed_in: bool = True


Find = Callable[[sa.Connection, TokenRow], Principal | None]
"""Who it is that a good token speaks for; None where its owner is not (or no longer) there."""


class SignIns:
    """The tokens and sessions of a service; from any thread."""

    def __init__(
        self, engine: sa.Engine, tokens: sa.Table, sessions: sa.Table, *, clock: Clock, principal: Find
    ) -> None:
        """Over the service's two tables."""
        self._engine = engine
        self._tokens = tokens
        self._sessions = sessions
        self._clock = clock
        self._principal = principal
        self._lock = threading.Lock()
        self._used: dict[str, datetime] = {}
        self._seen: dict[str, datetime] = {}

    def by_token(self, secret: str) -> Principal | None:
        """Who a secret speaks for; None for one that is not (or no longer) good."""
        with reading(self._engine) as conn:
            return self._by_token(conn, secret, self._clock())

    def by_session(self, secret: str) -> Principal | None:
        """Who is signed in; None where the session is over, or its token is not good any more."""
        now = self._clock()
        with reading(self._engine) as conn:
            found = session_sql.find_session(conn, self._sessions, secret, now)
            token = good_token(conn, self._tokens, found[0], now) if found else None
            if found is None or token is None:
                return None
            if now - found[1] > USED_EVERY:
                with self._lock:
                    self._seen[session_sql.digest_of(secret)] = now
            return self._speaks_for(conn, token, now)

    def open(self, secret: str) -> str | None:
        """Sign a browser in with a token; gives the session's secret, None for a token that is not good."""
        now = self._clock()
        if self.by_token(secret) is None:
            return None  # without a write: who has no token is not to keep others from theirs
        with writing(self._engine) as conn:
            token = find_token(conn, self._tokens, secret, now)
            if token is None or self._speaks_for(conn, token, now) is None:
                return None
            return session_sql.open_session(conn, self._sessions, token.prefix, now)

    def close(self, secret: str) -> None:
        """Sign a browser out."""
        with writing(self._engine) as conn:
            session_sql.close_session(conn, self._sessions, secret)

    def write_used(self) -> None:
        """Write down which tokens and sessions were used since the last time."""
        with self._lock:
            used, self._used = self._used, {}
            seen, self._seen = self._seen, {}
        if used or seen:
            with writing(self._engine) as conn:
                note_used(conn, self._tokens, used)
                session_sql.note_seen(conn, self._sessions, seen)

    async def write_on(self, seconds: float = 15.0) -> None:
        """Write it down again and again, for as long as the service runs; once more when this is cancelled."""
        from starlette.concurrency import run_in_threadpool

        try:
            while True:
                await asyncio.sleep(seconds)
                try:
                    await run_in_threadpool(self.write_used)
                except Exception:
                    # A full disk, a locked database: it is lost when a token was used, and nothing else.
                    _log.exception("the last use of tokens could not be written down")
        finally:
            with suppress(Exception):
                self.write_used()

    def _by_token(self, conn: sa.Connection, secret: str, now: datetime) -> Principal | None:
        token = find_token(conn, self._tokens, secret, now)
        return None if token is None else self._speaks_for(conn, token, now)

    def _speaks_for(self, conn: sa.Connection, token: TokenRow, now: datetime) -> Principal | None:
        found = self._principal(conn, token)
        if found is not None and (token.last_used_at is None or now - token.last_used_at > USED_EVERY):
            with self._lock:
                self._used[token.prefix] = now
        return found
