"""What is known of each request while it is answered: its id, how long it took, who asked; each has a line in the log.

The id is the caller's ``X-Request-ID`` if that is a plain one, else a new one. It goes back in the answer's head and in
problem details, and stands in every line that is logged meanwhile, from threads too: whoever has an error on the screen
can be found in the log.

A line has the route's template and the ids in the path, never the path itself nor its query: an invitation's code or
what somebody searched for is nobody's business. Addresses that no route has are not told apart.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from fastapi import FastAPI, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fuego_jenkins_remote.service.tokens import split_prefix

REQUEST_ID = re.compile(r"[A-Za-z0-9.-]{8,64}", re.ASCII)
"""What is taken as an id from a caller: nothing that could be a token, and nothing that a log would stumble over."""

UNKNOWN_ROUTE = "(none)"
"""Stands for the route of every address that the service does not have."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"/healthz", "/readyz", "/metrics", "/static"})
"""Asked all the time by machines: in the figures, not in the log."""

_SHOWN = frozenset({"request_id", "number", "host", "board", "local", "sha256", "campaign", "name", "team", "test"})
"""Parts of a path that a line may have: names and ids. What is not here is not shown (a code, a text)."""

_STATE = "seen"
_log = logging.getLogger("http")


class Figures(Protocol):
    """Counts what was answered; see ``service.metrics``."""

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """One more answer, that took so long without what it waited on purpose."""


class Turn(Protocol):
    """A call's turn to be worked on; see ``service.limits.desks``."""

    def step_aside(self) -> None:
        """Others may have it meanwhile."""

    def come_back(self) -> None:
        """It goes on."""


@dataclass
class Seen:
    """One request. ``waited`` counts the seconds in which it was held back on purpose (a long poll)."""

    request_id: str
    waited: float = 0.0
    turn: Turn | None = None


_current: ContextVar[Seen | None] = ContextVar("fuego_seen", default=None)


def install_watch(app: FastAPI, figures: Figures | None = None) -> None:
    """Watch the app's requests; to be called last, so that what other middleware answers is seen, too."""
    app.add_middleware(_Watch, figures=figures)


def request_id_of(request: Request) -> str | None:
    """The id of a request; None where nobody watches."""
    seen = seen_of(request)
    return None if seen is None else seen.request_id


def seen_of(request: Request) -> Seen | None:
    """What is known of a request so far; None where nobody watches."""
    seen = request.scope.get("state", {}).get(_STATE)
    return seen if isinstance(seen, Seen) else None


@contextmanager
def held_back() -> Iterator[None]:
    """Around what a request waits for on purpose: that is not time that the service took."""
    seen, began = _current.get(), time.perf_counter()
    turn = None if seen is None else seen.turn
    if turn is not None:
        turn.step_aside()
    try:
        yield
    finally:
        if seen is not None:
            seen.waited += time.perf_counter() - began
        if turn is not None:
            turn.come_back()


class _Watch:
    def __init__(self, app: ASGIApp, figures: Figures | None) -> None:
        self.app = app
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        seen = Seen(_id_for(scope))
        # Inner apps may work on copies of the scope: they share this dict.
        scope.setdefault("state", {})[_STATE] = seen
        status = 499  # the caller has gone before there was an answer
        answered_after = None

        async def send_with_id(message: Message) -> None:
            nonlocal status, answered_after
            if message["type"] == "http.response.start":
                status, answered_after = message["status"], time.perf_counter() - began - seen.waited
                message = {**message, "headers": [*message["headers"], (b"x-request-id", seen.request_id.encode())]}
            await send(message)

        token = _current.set(seen)
        try:
            with structlog.contextvars.bound_contextvars(request_id=seen.request_id):
                try:
                    await self.app(scope, receive, send_with_id)
                finally:
                    took = time.perf_counter() - began
                    seconds = took - seen.waited if answered_after is None else answered_after
                    self._tell(scope, seen, status, took=took, seconds=max(seconds, 0.0))
        finally:
            _current.reset(token)

    def _tell(self, scope: Scope, seen: Seen, status: int, *, took: float, seconds: float) -> None:
        route = route_of(scope)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        if self._figures is not None:
            self._figures.answered(method=method, route=route, status=status, seconds=seconds)
        level = logging.DEBUG if route in _QUIET else logging.INFO
        if _log.isEnabledFor(level):
            _log.log(level, "request", extra=_line(scope, seen, method=method, route=route, status=status, took=took))


def _line(scope: Scope, seen: Seen, *, method: str, route: str, status: int, took: float) -> dict[str, Any]:
    line: dict[str, Any] = {"method": method, "route": route, "status": status, "ms": round(took * 1000, 1)}
    if seen.waited:
        line["waited_ms"] = round(seen.waited * 1000, 1)
    shown = {name: str(value)[:100] for name, value in scope.get("path_params", {}).items() if name in _SHOWN}
    if shown:
        line["of"] = shown
    principal = scope["state"].get("principal")
    if principal is not None:
        line["who"] = f"{principal.kind}:{principal.name}"
    prefix = _token_prefix(scope)
    if prefix:
        line["token"] = prefix
    if scope.get("client"):
        line["client"] = scope["client"][0]
    return line


def route_of(scope: MutableMapping[str, Any]) -> str:
    """The template of the route that has answered, as in ``/api/v1/boards/{host}/{board}``."""
    # FastAPI joins the prefixes of included routers only here; the route itself knows its own part alone.
    context = scope.get("fastapi", {}).get("effective_route_context")
    path = getattr(context, "path", None) or getattr(scope.get("route"), "path", None)
    if isinstance(path, str) and path:
        return path
    return "/static" if scope.get("path", "").startswith("/static/") else UNKNOWN_ROUTE


def _id_for(scope: Scope) -> str:
    given = [value for name, value in scope["headers"] if name == b"x-request-id"]
    if len(given) == 1:
        text: str = given[0].decode("latin-1")
        if REQUEST_ID.fullmatch(text):
            return text
    return secrets.token_hex(12)


def _token_prefix(scope: Scope) -> str:
    """The public part of the token in the head; empty for none. It need not be a good one."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            header: bytes = value
            return split_prefix(header.decode("latin-1").rpartition(" ")[2]) or ""
    return ""
