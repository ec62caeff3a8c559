"""A POST or PUT to an address that people gave: bounded in time and size, and, for people, out of the hub only.

The name is looked up once, the addresses that it has are looked at, and the connection goes to one that was: what the
name means a moment later changes nothing. No redirect is followed, no proxy asked; of the answer the status is read.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from fuego_jenkins_remote import __version__
from fuego_jenkins_remote.hub.notices.addresses import is_public
from fuego_jenkins_remote.hub.notices.post.errors import NotSent
from fuego_jenkins_remote.network.programs import said_of

SECONDS = 20.0
"""That all of it may take, but for looking up the name."""

Resolve = Callable[[str, int], list[str]]
"""Gives the addresses that a host's name has."""


def resolve(host: str, port: int) -> list[str]:
    """As the system knows it; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def send(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    inside: bool,
    method: str = "POST",
    seconds: float = SECONDS,
    look_up: Resolve = resolve,
) -> None:
    """Send it; raises NotSent unless the answer is 2xx. `inside`: it may lead into the hub's network, or be http."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not inside:
        raise NotSent("only https leads out", for_good=True)
    host = parts.hostname or ""
    tls = parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    address = _address(host, port, inside, look_up)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Pinned(host, port, address, tls=tls, seconds=seconds)
    clock = threading.Timer(seconds, connection.cut)
    clock.daemon = True
    clock.start()
    try:
        agent = {"User-Agent": said_of(__version__), "Connection": "close"}
        connection.request(method, path, body=body, headers={**agent, **headers})
        status = connection.getresponse().status
        if connection.is_cut:
            raise TimeoutError  # half an answer was read as a whole one
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotSent(_why(error, connection, seconds)) from None
    finally:
        clock.cancel()
        connection.cut()
    if not 200 <= status < 300:
        moved = " (redirects are not followed)" if 300 <= status < 400 else ""
        raise NotSent(f"the answer was {status}{moved}", for_good=status == http.HTTPStatus.GONE)


def _address(host: str, port: int, inside: bool, look_up: Resolve) -> str:
    """Where to connect to; a name that has only addresses that are not public is not for people."""
    try:
        found = look_up(host, port)
    except (OSError, UnicodeError):
        raise NotSent(f"there is no host {host[:100]}") from None
    if inside:
        return found[0]
    public = [one for one in found if is_public(ipaddress.ip_address(one.partition("%")[0]))]
    if not public:
        raise NotSent(f"{host[:100]} has no public address: nothing is sent there")
    return public[0]


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was looked at, which says (and, with TLS, checks) the name."""

    def __init__(self, host: str, port: int, address: str, *, tls: bool, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds)
        self._target = (address, port)
        self._tls = tls
        self._lock = threading.Lock()
        self.is_cut = False

    def connect(self) -> None:
        """Connect to the address."""
        plain = socket.create_connection(self._target, self.timeout)
        self._keep(plain)
        if self._tls:
            context = ssl.create_default_context()
            wrapped = context.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
            self._keep(wrapped)
            wrapped.do_handshake()

    def _keep(self, sock: Any) -> None:
        with self._lock:
            self.sock = sock
            if self.is_cut:
                raise TimeoutError

    def cut(self) -> None:
        """End it, whatever it is doing; from any thread."""
        with self._lock:
            self.is_cut = True
            sock = self.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()


def _why(error: Exception, connection: _Pinned, seconds: float) -> str:
    if connection.is_cut or isinstance(error, TimeoutError):
        return f"no answer within {seconds:.0f} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not good: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "TLS could not be agreed upon"
    if isinstance(error, OSError):
        return f"it is not to be had: {error.strerror or type(error).__name__}"
    return f"it gave no HTTP answer: {type(error).__name__}"
