"""Who asks: API tokens, passwords, crumbs, and what an open controller refuses.

With users configured, every request needs HTTP Basic with a user and its API token, or its password. A token needs no
crumb; with a password, a changing request needs a crumb of the same session. Without users, everyone who reaches the
port may do everything, as in Fuego's own Jenkins; the port is then on loopback only, and changing requests need a
crumb, so that no page in a browser on that machine can start builds.
"""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request

from ..errors import Refused
from ..people.sessions import Session, Sessions
from ..people.users import Users

CRUMB_HEADER = "Jenkins-Crumb"
_NO_CRUMB = "No valid crumb was included in the request"
# Each password that is being checked takes 16 MiB; more than these wait, and more than those are sent away.
_CHECKS_AT_ONCE = 2
_MOST_CHECKS = 20


@dataclass(kw_only=True)
class Visitor:
    """Who makes a request: the user's name (empty for anonymous) and the session of its cookie, if it has one.

    `fresh` says that the session was opened by this request, so that its cookie belongs into the answer.
    """

    user: str = ""
    session: Session | None = None
    fresh: bool = False


class Access:
    """Decides for each request. Sessions and crumbs die with the process, as in Jenkins."""

    def __init__(self, users: Users, prefix: str) -> None:
        """`prefix` is where the cookie is valid."""
        self._users = users
        self._prefix = prefix or "/"
        self._sessions = Sessions()
        # A browser sends the cookies of all ports of a machine: each process has a name of its own.
        self._cookie_name = f"JSESSIONID.{secrets.token_hex(4)}"
        self._checks = asyncio.Semaphore(_CHECKS_AT_ONCE)
        self._checking = 0

    async def visitor(self, request: Request) -> Visitor:
        """Who it is. Raises `Refused` (401, 403, 503) when it may not go on."""
        visitor = Visitor(session=self._sessions.get(request.cookies.get(self._cookie_name, "")))
        changes = request.method not in {"GET", "HEAD"}
        if changes:
            self._refuse_other_sites(request)
        if not self._users.configured:
            self._refuse_other_hosts(request)
            if changes:
                self._need_crumb(request, visitor)
            return visitor
        if "authorization" in request.headers:
            await self._log_in(request, visitor, changes=changes)
            return visitor
        # Not request.url: that one can be bent by the Host header.
        path = str(request.scope["path"])
        if path == f"{self._prefix.rstrip('/')}/whoAmI/api/json":
            return visitor
        if changes:
            raise Refused(403, _NO_CRUMB, bare=True)
        if "/api/" not in path and "text/html" in request.headers.get("accept", ""):
            # A browser: let it ask for name and token or password.
            raise Refused(401, "Unauthorized", bare=True)
        raise Refused(403, "Authentication required")

    def crumb(self, visitor: Visitor) -> str:
        """A crumb of the visitor's session, which is opened if there is none."""
        return self._sessions.crumb(self._session(visitor), visitor.user)

    def cookie(self, visitor: Visitor, scheme: str) -> str | None:
        """The Set-Cookie header of a session that was opened by this request; None for an older one."""
        if not visitor.fresh or visitor.session is None:
            return None
        secure = "; Secure" if scheme == "https" else ""
        return f"{self._cookie_name}={visitor.session.id}; Path={self._prefix}; HttpOnly; SameSite=Lax{secure}"

    async def _log_in(self, request: Request, visitor: Visitor, *, changes: bool) -> None:
        header = request.headers["authorization"]
        scheme, _, encoded = header.partition(" ")
        try:
            name, _, secret = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
        except ValueError:
            # Not base64, not ASCII, or not UTF-8 below it.
            name = secret = ""
        visitor.user = name
        if scheme.lower() == "basic" and self._users.knows(name, secret):
            return
        if scheme.lower() != "basic" or not await self._password_is_right(visitor, name, secret, header):
            raise Refused(401, "Unauthorized", bare=True)
        if changes:
            self._need_crumb(request, visitor)

    async def _password_is_right(self, visitor: Visitor, name: str, password: str, header: str) -> bool:
        if not self._users.has_passwords:
            return False
        if visitor.session and self._sessions.knows_login(visitor.session, header):
            return True
        if self._checking >= _MOST_CHECKS:
            raise Refused(503, "too many passwords are being checked; try again in a few seconds", bare=True)
        self._checking += 1
        try:
            async with self._checks:
                right = await asyncio.to_thread(self._users.password_is_right, name, password)
        finally:
            self._checking -= 1
        if right:
            self._sessions.remember_login(self._session(visitor), header)
        return right

    def _session(self, visitor: Visitor) -> Session:
        if visitor.session is None:
            visitor.session, visitor.fresh = self._sessions.open(), True
        return visitor.session

    def _need_crumb(self, request: Request, visitor: Visitor) -> None:
        given = request.headers.get(CRUMB_HEADER, "")
        if visitor.fresh or not self._sessions.crumb_is_right(visitor.session, visitor.user, given):
            raise Refused(403, _NO_CRUMB, bare=True)

    @staticmethod
    def _refuse_other_sites(request: Request) -> None:
        """A browser says where a post comes from; a page of another site has no business here."""
        origin = request.headers.get("origin")
        try:
            other = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
        except ValueError:
            other = True
        if other or request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
            raise Refused(403, "the request comes from a page of another site")

    @staticmethod
    def _refuse_other_hosts(request: Request) -> None:
        """An open controller answers to loopback names only, so that no foreign name can be made to point here."""
        host = request.headers.get("host", "")
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if not _is_loopback(name.lower().strip("[]")):
            raise Refused(403, "an open controller answers to localhost and loopback addresses only")


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
