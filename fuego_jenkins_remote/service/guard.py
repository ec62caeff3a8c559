"""What stands around every route: a limit on bodies, security headers, and an answer to what nobody expected."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fuego_jenkins_remote.service.problems import problem_response
from fuego_jenkins_remote.service.watch import Figures, install_watch, route_of

BODY_BYTES = 1024 * 1024
"""How large a request's body may be, unless its route has called ``allow_body``."""

SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (
        b"content-security-policy",
        # Scripts are files of ours: what stands in a page does not run, nor what is sent as another type (nosniff).
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        b"base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"private, no-cache"),
)
"""Set on every answer that does not set them by itself."""

_LIMIT = "fuego.body_limit"
_log = logging.getLogger("service")


def install_guard(app: FastAPI, figures: Figures | None = None) -> None:
    """Put the guard around the app, and the watch (``service.watch``) around that; after every other middleware."""
    app.add_middleware(_Guard)
    install_watch(app, figures)


def allow_body(request: Request, limit: int) -> None:
    """Let this request's body be as large as ``limit`` bytes; to be called before any of it is read."""
    request.scope[_LIMIT]["bytes"] = limit


class _Guard:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                names = {name.lower() for name, _ in message["headers"]}
                extra = [(name, value) for name, value in SECURITY_HEADERS if name not in names]
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        try:
            await self.app(scope, _limited(scope, receive), send_guarded)
        except ClientDisconnect:
            # In the middle of its upload: nobody is left to be answered, and nothing is wrong here.
            _log.info("the caller has gone in %s %s", scope["method"], route_of(scope))
        except Exception:
            _log.exception("unexpected error in %s %s", scope["method"], route_of(scope))
            if started:
                raise
            detail = "Something went wrong in the service; its log says what."
            answer = problem_response(Request(scope), status=500, code="internal", detail=detail)
            await answer(scope, receive, send_guarded)


def _limited(scope: Scope, receive: Receive) -> Receive:
    # A dict of its own, because inner apps may work on copies of the scope.
    allowed = scope[_LIMIT] = {"bytes": BODY_BYTES}
    announced = Request(scope).headers.get("content-length", "")
    expected = int(announced) if announced.isascii() and announced.isdigit() else 0
    received = 0

    async def receive_limited() -> Message:
        nonlocal received
        if expected > allowed["bytes"]:
            raise HTTPException(413)
        message = await receive()
        if message["type"] == "http.request":
            received += len(message.get("body", b""))
            if received > allowed["bytes"]:
                # This kind of error: FastAPI turns any other one, met while it reads JSON, into a 400.
                raise HTTPException(413)
        return message

    return receive_limited
