"""What stands before a lab's Jenkins: a proxy with an address and a path of its own, which lets tests provoke trouble.

Like many a proxy it does not say to Jenkins under which name it was asked. It runs in threads of the test.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@dataclass(frozen=True)
class Seen:
    """One request and the status of its answer (0: none was given)."""

    method: str
    path: str
    status: int


@dataclass(eq=False)
class Held:
    """A request that has come and is not passed on yet."""

    came: threading.Event = field(default_factory=threading.Event)
    goes_on: threading.Event = field(default_factory=threading.Event)
    is_dropped: bool = False
    """It is never passed on: who has sent it was killed before it was whole."""

    def wait(self, seconds: float = 90) -> None:
        """Until it is there."""
        assert self.came.wait(seconds), f"it did not come within {seconds:.0f} s"


@dataclass(eq=False)
class _Rule:
    method: str
    path: re.Pattern[str]
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    left: int = -1
    held: Held | None = None
    spared: int = 0

    def fits(self, method: str, path: str) -> bool:
        if self.left == 0 or method not in self.method.split("|") or not self.path.search(path):
            return False
        if self.spared:
            self.spared -= 1
            return False
        self.left -= 1
        return True


class FrontDoor:
    """Listens on a free port of loopback; `self.url` is to be used in place of `url`."""

    def __init__(self, url: str, prefix: str = "/ci/lab") -> None:
        """Start to listen."""
        self._target = urlsplit(url)
        self._prefix = prefix
        self._rules: list[_Rule] = []
        self.seen: list[Seen] = []
        self.sessions_forgotten = 0
        """With how many of the next requests no cookie gets through, as if Jenkins had forgotten its sessions."""
        self.login: str | None = None
        """The Authorization header that is passed on in place of the lab's."""
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            timeout = 60

            def handle_any(self) -> None:
                door._handle(self)

            do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = handle_any  # noqa: N815 - the names that http.server calls

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_: object) -> None:
                """Who asked has gone."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}{prefix}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="front door", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(30)

    @contextlib.contextmanager
    def answering(
        self,
        status: int,
        *,
        method: str = "GET|POST|HEAD",
        path: str = "",
        headers: Mapping[str, str] | None = None,
        body: str = "",
        times: int = -1,
    ) -> Iterator[None]:
        """Answer so what fits, and pass nothing of it on."""
        rule = _Rule(method, re.compile(path), status, headers or {}, body, left=times)
        with self._ruled(rule):
            yield

    @contextlib.contextmanager
    def losing_answers(self, *, method: str = "POST", path: str = "", times: int = 1) -> Iterator[None]:
        """Pass on what fits, and break the connection off instead of answering."""
        with self._ruled(_Rule(method, re.compile(path), left=times)):
            yield

    @contextlib.contextmanager
    def holding(self, *, method: str = "POST", path: str = "", spared: int = 0) -> Iterator[Held]:
        """Hold one that fits, after `spared` others, until `goes_on` is set or the block ends; then pass it on."""
        held = Held()
        try:
            with self._ruled(_Rule(method, re.compile(path), left=1, held=held, spared=spared)):
                yield held
        finally:
            held.goes_on.set()

    def count(self, method: str, path: str) -> int:
        """How often this was asked."""
        return sum(one.method == method and re.search(path, one.path) is not None for one in self.seen)

    @contextlib.contextmanager
    def _ruled(self, rule: _Rule) -> Iterator[None]:
        self._rules.insert(0, rule)
        try:
            yield
        finally:
            self._rules.remove(rule)

    def _handle(self, asked: BaseHTTPRequestHandler) -> None:
        body = asked.rfile.read(int(asked.headers.get("Content-Length") or 0))
        rule = next((rule for rule in list(self._rules) if rule.fits(asked.command, asked.path)), None)
        if rule is not None and rule.status:
            self._answer(asked, rule.status, list(rule.headers.items()), rule.body.encode())
            return
        if rule is not None and rule.held is not None:
            rule.held.came.set()
            rule.held.goes_on.wait(120)
            if rule.held.is_dropped:
                asked.close_connection = True
                return
            rule = None
        try:
            status, headers, content = self._passed_on(asked, body)
        except OSError:
            self._answer(asked, 502, [], b"nobody answers behind the proxy")
            return
        if rule is not None:
            self.seen.append(Seen(asked.command, asked.path, 0))
            asked.close_connection = True
            return
        self._answer(asked, status, headers, content)

    def _passed_on(self, asked: BaseHTTPRequestHandler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        path = asked.path.removeprefix(self._prefix)
        headers = {name: value for name, value in asked.headers.items() if name.lower() not in _HOP}
        if self.sessions_forgotten and headers.pop("Cookie", None):
            self.sessions_forgotten -= 1
        if self.login is not None:
            headers["Authorization"] = self.login
        there = http.client.HTTPConnection(self._target.hostname or "", self._target.port, timeout=60)
        try:
            there.request(asked.command, self._target.path + path, body or None, headers)
            answer = there.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            there.close()

    def _answer(
        self, asked: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], content: bytes
    ) -> None:
        self.seen.append(Seen(asked.command, asked.path, status))
        asked.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _HOP:
                asked.send_header(name, value)
        asked.send_header("Content-Length", str(len(content)))
        asked.end_headers()
        if asked.command != "HEAD":
            asked.wfile.write(content)
