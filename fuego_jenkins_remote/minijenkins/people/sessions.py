"""Sessions and the crumbs that are good in one of them only, as Jenkins' DefaultCrumbIssuer makes them.

A session is no login (in Jenkins neither): its cookie and its crumb prove that a changing request comes from who asked
for the crumb. Sessions live in memory: bounded in number, gone after an hour without use and with the process.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

IDLE_SECONDS = 3600.0
MOST_SESSIONS = 1000


@dataclass(kw_only=True, eq=False)
class Session:
    """One session; `login` is a keyed hash of the password login that was found right in it, empty before."""

    id: str
    used: float
    login: bytes = b""


class Sessions:
    """The sessions of one process, those used least at the front."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MOST_SESSIONS) -> None:
        """`clock` gives seconds; beyond `most` sessions the one unused for longest goes."""
        self._clock = clock
        self._most = most
        self._secret = secrets.token_bytes(32)
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def open(self) -> Session:
        """A fresh session."""
        now = self._clock()
        while self._sessions and (
            len(self._sessions) >= self._most or next(iter(self._sessions.values())).used < now - IDLE_SECONDS
        ):
            self._sessions.popitem(last=False)
        session = Session(id=secrets.token_hex(16), used=now)
        self._sessions[session.id] = session
        return session

    def get(self, session_id: str) -> Session | None:
        """The session of a cookie, now used again; None for one that is unknown or too old."""
        session = self._sessions.get(session_id)
        if session is None:
            return None
        if session.used < self._clock() - IDLE_SECONDS:
            del self._sessions[session_id]
            return None
        session.used = self._clock()
        self._sessions.move_to_end(session_id)
        return session

    def crumb(self, session: Session, user: str) -> str:
        """The crumb of this user (empty: anonymous) in this session."""
        return self._mac(f"crumb\0{user}\0{session.id}").hex()

    def crumb_is_right(self, session: Session | None, user: str, given: str) -> bool:
        """Whether the crumb was made for this user in this session."""
        return session is not None and hmac.compare_digest(given.encode(), self.crumb(session, user).encode())

    def remember_login(self, session: Session, credentials: str) -> None:
        """Note that these credentials were found right: the slow hash need not be made for each request."""
        session.login = self._mac(f"login\0{credentials}")

    def knows_login(self, session: Session, credentials: str) -> bool:
        """Whether just these credentials were found right in this session."""
        return bool(session.login) and hmac.compare_digest(session.login, self._mac(f"login\0{credentials}"))

    def _mac(self, text: str) -> bytes:
        return hmac.new(self._secret, text.encode("utf-8", "replace"), hashlib.sha256).digest()
