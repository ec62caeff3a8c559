"""Connections whose answers have to come in time as a whole, head and body.

The timeout of a socket is one for the next bytes: a server that sends one of them now and then keeps a caller for ever.
Here an answer may take that timeout and some slack, and a second more for each SLOWEST bytes that have come.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import time
from typing import Any, cast

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

SLOWEST = 4 * 2**10
"""Bytes a second; what comes slower than that in the end counts as nothing that comes."""


def use(manager: PoolManager, slack: float) -> None:
    """Have all connections of a manager (of a proxy, too) keep that time; `slack` in seconds."""
    manager.pool_classes_by_scheme = _pools(slack)


def _pools(slack: float) -> dict[str, type[HTTPConnectionPool]]:
    class Answer(_Answer):
        _slack = slack

    class Plain(HTTPConnection):
        response_class = Answer

    class Secure(HTTPSConnection):
        response_class = Answer

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


class _Answer(http.client.HTTPResponse):
    """An answer that is read through a clock."""

    _slack = 0.0

    def __init__(self, sock: socket.socket, *arguments: Any, **more: Any) -> None:
        super().__init__(sock, *arguments, **more)
        timeout = sock.gettimeout()
        if timeout:
            raw = self.fp.detach()
            self.fp = io.BufferedReader(_Clocked(raw, sock, timeout, self._slack))


class _Clocked(io.RawIOBase):
    """What comes out of a socket, until its time is over."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, timeout: float, slack: float) -> None:
        self._raw, self._sock, self._timeout = raw, sock, timeout
        self._until = time.monotonic() + timeout + slack

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        if left < self._timeout:
            self._sock.settimeout(left)
        got = cast("int | None", self._raw.readinto(buffer))
        self._until += (got or 0) / SLOWEST
        return got

    def close(self) -> None:
        if not self.closed:
            with contextlib.suppress(OSError):
                self._sock.settimeout(self._timeout)  # the connection goes on to be used
            self._raw.close()
        super().close()
