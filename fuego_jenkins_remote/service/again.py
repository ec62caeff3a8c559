"""A call whose transaction the database has thrown out is done again, as a whole; the caller sees nothing of it.

PostgreSQL throws a transaction out when it and another one wait for each other, or have made the same row. Nothing of
it is left then, so that the call may simply be made once more: what it meets now is what the other one has done. A call
whose connection has died is made once more, too: whatever changes something has an id by which it is known again.

When that does not help the caller is told to come back (503), with a Retry-After. SQLite throws nothing out; there, who
waits for its lock too long is answered like that.
"""

from __future__ import annotations

import asyncio
import logging
import random

import sqlalchemy as sa
from fastapi import FastAPI, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fuego_jenkins_remote.service.engine import is_busy
from fuego_jenkins_remote.service.postgresql import is_again, is_gone
from fuego_jenkins_remote.service.problems import problem_response

_TRIES = 6
_TRIES_WITHOUT_DATABASE = 2
_KEPT_BYTES = 4 * 1024 * 1024
_log = logging.getLogger("service")


def install_again(app: FastAPI) -> None:
    """Put it around the app; call it before `install_guard`."""
    app.add_middleware(_Again)


class _Again:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        call = _Call(receive, send)
        for tries in range(1, _TRIES + 1):
            try:
                await self.app(scope, call.receive, call.send)
                return
            except sa.exc.SQLAlchemyError as error:
                if call.answered:
                    raise
                if isinstance(error, sa.exc.DataError):
                    await _refuse(scope, receive, send)
                    return
                if not (is_again(error) or is_gone(error) or is_busy(error)):
                    raise
                most = _TRIES if is_again(error) else _TRIES_WITHOUT_DATABASE if is_gone(error) else 1
                if tries >= most or not call.repeat():
                    _log.error("given up in %s %s: %s", scope["method"], scope["path"], _first_line(error))
                    await _come_back(scope, receive, send)
                    return
            # Not all those who met here at the same moment again.
            await asyncio.sleep(random.uniform(0, 0.005 * 2**tries))  # noqa: S311


class _Call:
    """What came of a call so far, to be read again, and whether its answer has begun."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._kept: list[Message] = []
        self._next = 0
        self._bytes = 0
        self.answered = False

    async def receive(self) -> Message:
        if self._next < len(self._kept):
            self._next += 1
            return self._kept[self._next - 1]
        message = await self._receive()
        if message["type"] == "http.request":
            self._bytes += len(message.get("body", b""))
            if self._bytes <= _KEPT_BYTES:
                self._kept.append(message)
                self._next += 1
            else:
                self._kept.clear()
        return message

    async def send(self, message: Message) -> None:
        self.answered = True
        await self._send(message)

    def repeat(self) -> bool:
        """Begin again with what was received; False where that was too much to be kept."""
        self._next = 0
        return self._bytes <= _KEPT_BYTES


async def _come_back(scope: Scope, receive: Receive, send: Send) -> None:
    detail = "The service cannot get at its data just now: try again in a moment."
    headers = {"Retry-After": "2"}
    answer = problem_response(Request(scope), status=503, code="unavailable", detail=detail, headers=headers)
    await answer(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    # PostgreSQL keeps no NUL in a text, and no number beyond its column's.
    detail = "There is a character or a number in this call that cannot be kept."
    answer = problem_response(Request(scope), status=422, code="invalid", detail=detail)
    await answer(scope, receive, send)


def _first_line(error: Exception) -> str:
    return next(iter(str(getattr(error, "orig", None) or error).splitlines()), type(error).__name__)
