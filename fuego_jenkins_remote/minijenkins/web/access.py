"""Who asks: API tokens, crumbs, and what an open controller refuses.

With users configured, every request needs HTTP Basic with a user and its API token (passwords are not done). Without,
everyone who reaches the port may do everything, as in Fuego's own Jenkins; the port is then on loopback only, and
changing requests need a crumb, so that no page in a browser on that machine can start builds.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import secrets
from urllib.parse import urlsplit

from starlette.requests import Request

from ..errors import Refused
from ..users import Users

COOKIE = "JSESSIONID.embedded"
CRUMB_HEADER = "Jenkins-Crumb"


class Access:
    """Decides for each request. Crumbs are bound to a session cookie and die with the process, as in Jenkins."""

    def __init__(self, users: Users, prefix: str) -> None:
        """`prefix` is where the cookie is valid."""
        self._users = users
        self._prefix = prefix or "/"
        self._secret = secrets.token_bytes(32)

    def user(self, request: Request) -> str:
        """Name of the user; empty for anonymous. Raises `Refused` (401, 403) when it may not go on."""
        # Not request.url: that one can be bent by the Host header.
        path = str(request.scope["path"])
        changes = request.method not in {"GET", "HEAD"}
        if changes:
            self._refuse_other_sites(request)
        if not self._users.configured:
            self._refuse_other_hosts(request)
            if changes and not self._crumb_is_right(request):
                raise Refused(403, "No valid crumb was included in the request", bare=True)
            return ""
        if "authorization" in request.headers:
            return self._token_user(request)
        if path == f"{self._prefix}/whoAmI/api/json":
            return ""
        if changes:
            raise Refused(403, "No valid crumb was included in the request", bare=True)
        if "/api/" not in path and "text/html" in request.headers.get("accept", ""):
            # A browser: let it ask for name and token.
            raise Refused(401, "Unauthorized", bare=True)
        raise Refused(403, "Authentication required")

    def crumb(self, request: Request) -> tuple[str, str]:
        """A crumb, and the Set-Cookie header of the session it is good for."""
        session = request.cookies.get(COOKIE) or secrets.token_hex(16)
        cookie = f"{COOKIE}={session}; Path={self._prefix}; HttpOnly; SameSite=Lax"
        return self._crumb_of(session), cookie

    def _token_user(self, request: Request) -> str:
        scheme, _, encoded = request.headers["authorization"].partition(" ")
        try:
            name, _, token = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name = token = ""
        if scheme.lower() != "basic" or not self._users.knows(name, token):
            raise Refused(401, "Unauthorized", bare=True)
        return name

    def _crumb_is_right(self, request: Request) -> bool:
        session = request.cookies.get(COOKIE, "")
        given = request.headers.get(CRUMB_HEADER, "")
        return bool(session) and hmac.compare_digest(given.encode(), self._crumb_of(session).encode())

    def _crumb_of(self, session: str) -> str:
        return hmac.new(self._secret, session.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    @staticmethod
    def _refuse_other_sites(request: Request) -> None:
        """A browser says where a post comes from; a page of another site has no business here."""
        origin = request.headers.get("origin")
        if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"} or (
            origin is not None and urlsplit(origin).netloc != request.headers.get("host")
        ):
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
