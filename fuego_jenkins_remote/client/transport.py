"""How a call leaves this machine: to which addresses a token may go, whose certificates count, which proxy is used.

Everything that carries a token goes through `secure`, the session of python-jenkins too, so that all links of a lab
follow the same rules. They are our own and not those of requests, which would send a token for this machine through
HTTP_PROXY, take another one from ~/.netrc, and trust its own list of certificates instead of the system's.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NameResolutionError, NewConnectionError, ProxySchemeUnknown, TimeoutError
from urllib3.util import Retry

from fuego_jenkins_remote.client import in_time
from fuego_jenkins_remote.client.errors import ClientError, UnsafeAddress

SLACK = 60.0
"""Seconds that an answer may take beyond the time until its next bytes."""

# OpenSSL's X509_V_ERR numbers, from x509_vfy.h.
_NOT_YET_VALID = 9
_EXPIRED = 10
_UNKNOWN_ISSUER = frozenset({2, 18, 19, 20, 21})
_OTHER_NAME = frozenset({62, 64})

NOT_TRUSTED = "its certificate is not trusted here (ca_file in fuego.conf, or FUEGO_CA_FILE, names the CA)"
_NO_PROXY_ADDRESS = "HTTPS_PROXY is no proxy's address (like http://proxy.example.org:3128)"

# The first that is found in an error, or in what led to it, says why.
_WHY: tuple[tuple[type[BaseException], str], ...] = (
    (requests.exceptions.InvalidProxyURL, _NO_PROXY_ADDRESS),
    (requests.exceptions.InvalidSchema, _NO_PROXY_ADDRESS),
    (ProxySchemeUnknown, _NO_PROXY_ADDRESS),
    (requests.exceptions.ProxyError, "the proxy (HTTPS_PROXY) does not let us through"),
    (ssl.SSLEOFError, "the connection broke off"),
    (requests.exceptions.SSLError, "it does not speak TLS as it should (is it an http:// address?)"),
    (NameResolutionError, "nobody knows that name"),
    # Before the timeouts: urllib3 counts a refused connection among them.
    (ConnectionRefusedError, "nothing listens there"),
    (NewConnectionError, "no way leads there"),
    (requests.Timeout, "it did not answer in time"),
    (TimeoutError, "it did not answer in time"),
)


def is_loopback(url: str) -> bool:
    """Whether `url` names this machine without a doubt: localhost, or an address that cannot leave it."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_address(url: str, what: str, *, carries_token: bool = True) -> str:
    """`url` without a slash at its end; raises ClientError for one that is none, UnsafeAddress for plain http.

    Where nothing secret is sent there (`carries_token`), plain http will do.
    """
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise ClientError(f"{what}: '{url}' is no address (like https://hub.example.org)")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ClientError(f"{what}: the address holds more than scheme, host, port and path")
    if carries_token and parts.scheme == "http" and not is_loopback(url):
        raise UnsafeAddress(
            f"{what}: a token is not sent over plain http to {parts.hostname}: give an address that begins with https://"
        )
    return url.rstrip("/")


class StayingSession(requests.Session):
    """A session that reads no address to which it is sent: requests does so also where it is told not to go there, and
    breaks over one that is none.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None, always."""


def secure(session: requests.Session, url: str, *, ca_file: Path | None, retries: Retry, slack: float = SLACK) -> None:
    """Make `session` fit for calls with a token to `url`. Raises ClientError for a `ca_file` that cannot be used.

    An answer has to come in time as a whole: `slack` are the seconds that it may take beyond the timeout (in_time.py).
    Certificates are always checked, against the system's CAs and those in `ca_file`. HTTPS_PROXY and NO_PROXY count,
    but never for this machine.
    """
    session.trust_env = False
    session.verify = True
    session.proxies.clear()
    session.proxies.update(proxies_for(url))
    context = trust(ca_file) if urlsplit(url).scheme == "https" else None
    for prefix in ("https://", "http://"):
        session.mount(prefix, _Adapter(context, retries, slack))


def why_unreachable(error: BaseException, url: str = "") -> str:
    """What kept a call from its answer, in a few words for a person: the certificate, the proxy, or nobody there.

    With the call's `url` there is a guess where something listens that does not speak HTTP.
    """
    chain = list(_chain(error))
    refused = next((one for one in chain if isinstance(one, ssl.SSLCertVerificationError)), None)
    if refused is not None:
        return _certificate_trouble(refused)
    silent = "no answer came" + (" (is it an https:// address?)" if url.startswith("http://") else "")
    return next((why for kind, why in _WHY if any(isinstance(one, kind) for one in chain)), silent)


class _Adapter(HTTPAdapter):
    """An adapter that trusts what its context trusts; requests itself would add its own list for every connection."""

    def __init__(self, context: ssl.SSLContext | None, retries: Retry, slack: float) -> None:
        self._context, self._slack = context, slack
        super().__init__(max_retries=retries)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._context, **more)
        in_time.use(self.poolmanager, self._slack)

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, **more)
        in_time.use(manager, self._slack)
        return manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        if self._context is None:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """A context that checks name and chain. REQUESTS_CA_BUNDLE or SSL_CERT_FILE stand for the system's CAs, if set.

    Raises ClientError for a file that cannot be used.
    """
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or _bundle_of_requests()
    context = ssl.create_default_context()
    if bundle:
        context = _loaded(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), Path(bundle), "the CA bundle")
    return _loaded(context, ca_file, "ca_file") if ca_file else context


def _loaded(context: ssl.SSLContext, file: Path, what: str) -> ssl.SSLContext:
    try:
        context.load_verify_locations(cafile=file)
    except ssl.SSLError as error:
        raise ClientError(f"{what} {file}: holds no certificate (PEM is expected)") from error
    except OSError as error:
        raise ClientError(f"{what} {file}: {error.strerror or error}") from error
    return context


def _bundle_of_requests() -> str:
    """The list that comes with requests, for a machine that has none of its own; empty where it has one."""
    paths = ssl.get_default_verify_paths()
    has_own = paths.cafile or (paths.capath and any(Path(paths.capath).iterdir()))
    return "" if has_own else requests.utils.DEFAULT_CA_BUNDLE_PATH


def proxies_for(url: str) -> dict[str, str]:
    """HTTPS_PROXY and NO_PROXY as everybody understands them; none to this machine."""
    if is_loopback(url):
        return {}
    return {key: str(value) for key, value in requests.utils.get_environ_proxies(url).items()}


def _certificate_trouble(error: ssl.SSLCertVerificationError) -> str:
    code = error.verify_code
    if code == _EXPIRED:
        return "its certificate has expired"
    if code == _NOT_YET_VALID:
        return "its certificate is not valid yet (is this machine's clock right?)"
    if code in _OTHER_NAME:
        return "its certificate is for another name"
    if code in _UNKNOWN_ISSUER:
        return NOT_TRUSTED
    return f"its certificate is not accepted: {error.verify_message}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what led to it, which requests and urllib3 keep in several places."""
    open_ends: list[object] = [error]
    seen: set[int] = set()
    while open_ends:
        one = open_ends.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        open_ends += [*one.args, one.__cause__, one.__context__, getattr(one, "reason", None)]
