"""All calls of an app, asked as a client asks them; for tests of what holds of each.

A new route is covered as soon as it is there: if it takes something that is not known here, that is said.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI

from app_routes import Route, routes_of

Pool = Mapping[str, set[str]]

NEVER = {
    "request": "20200101-000000000-aaaaaaaa",
    "campaign": "c-20200101-000000000-aaaaaaaa",
    "sha256": "0" * 64,
    "word": "zqnever",
}
ASK_SECONDS = 0.15
"""How long an answer that goes on is listened to."""

BODIES: Mapping[str, Any] = {
    "cancel": {"call_id": "call-zz01"},
    "rerun": {"call_id": "call-zz02"},
    "approvals": {"answer": "approved"},
    "start": {"call_id": "call-zz03"},
    "give-back": {"call_id": "call-zz04", "reason": "x"},
    "heartbeat": {},
    "tested": {
        "call_id": "call-zz05",
        "status": "PASS",
        "run_key": "otherlab/20200101-000000000-aaaaaaaa.1",
        "summary": "",
    },
    "done": {"call_id": "call-zz06", "target": "vision", "run_url": ""},
    "error": {"call_id": "call-zz07", "reason": "no-run", "detail": "", "console_tail": ""},
    "cancelled": {"call_id": "call-zz08"},
}


def calls(app: FastAPI, pool: Pool, hidden: set[str]) -> Iterator[tuple[str, str, Any]]:
    """Method, path and body of each call of the app that is tried: all that read, and those that name something hidden.

    `pool` has by kind (request, campaign, sha256, word) what there is; `hidden` are the words of what is private.
    """
    for route in routes_of(app):
        filled = list(_filled(route, pool))
        if "GET" in route.methods:
            for path in filled:
                yield "GET", path, None
            for query in _queries(route, pool):
                yield "GET", f"{filled[0]}?{query}", None
        elif "request_id" in route.path or "campaign_id" in route.path:
            body = next((BODIES[part] for part in reversed(route.path.split("/")) if part in BODIES), {})
            for path in filled:
                if any(word in path for word in hidden):  # else something would be changed
                    yield next(iter(route.methods)), path, body


def _filled(route: Route, pool: Pool) -> Iterator[str]:
    """The route's path with every value that there is for what it takes."""
    values = {
        "request_id": [*sorted(pool["request"])],
        "campaign_id": [*sorted(pool.get("campaign", set())), NEVER["campaign"]],
        "sha256": [*sorted(pool.get("sha256", set())), NEVER["sha256"]],
        "host": ["demolab", "otherlab"],
        "board": ["one", "two"],
        "name": ["one", "two", *sorted(f"Functional.{word}" for word in pool["word"])],
        "test": sorted(f"Functional.{word}" for word in pool["word"]),
        "version": ["1.0", "1.0-1"],
        "team": ["annslab", "demolab", "evil"],
        "user": ["ann", "eve"],
        "number": ["1"],
        "token_id": ["uaaaaaaa"],
        "invitation_id": ["uaaaaaaa"],
        "allowed_id": ["1"],
        "subscription_id": ["1"],
    }
    yield from route.filled(values)


def _queries(route: Route, pool: Pool) -> Iterator[str]:
    """Each parameter of the route alone, with what could be told by it."""
    words, requests = sorted(pool["word"]), sorted(pool["request"])
    known: dict[str, list[str]] = {
        "test": [f"Functional.{word}" for word in words],
        "campaign": sorted(pool.get("campaign", set())),
        "before": [*requests, "99999999-000000000-aaaaaaaa"],
        "requester": ["ann"],
        "host": ["demolab"],
        "board": ["one"],
        "state": ["pending", "running", "cancelled"],
        "wait": ["0.01"],
        "limit": ["1"],
        "thing": [f"request {one}" for one in requests],
        "team": ["annslab"],
        "name": ["ann"],
    }
    for name in route.query_names():
        for value in known.get(name, [*words, *requests[:1]]):
            yield urlencode({name: value})


async def ask(app: FastAPI, token: str | None, method: str, target: str, body: Any) -> str:
    """The answer as a client gets it: status, head and body; of one that goes on, what comes in a moment."""
    path, _, query = target.partition("?")
    content = b"" if body is None else json.dumps(body).encode()
    headers = [(b"accept", b"text/html" if not path.startswith("/api") else b"*/*"), (b"host", b"testserver")]
    if body is not None:
        headers += [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    if token is not None:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("testclient", 1),
        "server": ("testserver", 80),
        "state": {},
    }
    told: list[str] = []
    sent, gone, began = False, asyncio.Event(), asyncio.Event()

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if not sent:
            sent = True
            return {"type": "http.request", "body": content, "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            told.append(str(message["status"]))
            began.set()
            told.extend(
                f"{name.decode()}: {value.decode()}"
                for name, value in message["headers"]
                if name not in {b"x-request-id", b"content-length", b"server-timing", b"etag"}
            )
        elif message["type"] == "http.response.body":
            told.append(message.get("body", b"").decode("utf-8", "replace"))

    task = asyncio.create_task(app(scope, receive, send))
    first = asyncio.create_task(began.wait())
    await asyncio.wait({task, first}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
    first.cancel()
    goes_on = told[:1] == ["200"] and path.endswith("/events")
    _, still = await asyncio.wait({task}, timeout=ASK_SECONDS if goes_on else 30)
    if still:
        gone.set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    else:
        task.result()
    return "\n".join(told)
