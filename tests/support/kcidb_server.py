"""A KCIDB REST server for tests, which answers as the real one was recorded: /submit, /status, with a token (JWT)."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from kcidb_io.schema import V5_3

from fake_server import FakeServer

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJvcmlnaW4iOiJmdWVnbyJ9.c2lnbmVk"


class KcidbServer(FakeServer):
    """Takes submissions in; what is processed is merged by id, as KCIDB does."""

    content_type = "text/plain; charset=utf-8"

    def __init__(self) -> None:
        """Start to listen."""
        self.received: list[bytes] = []
        self.looks_until_processed = 1
        """How many looks at a submission it takes until it is processed."""
        self._looks: dict[str, int] = {}
        super().__init__()

    def forget(self) -> None:
        """Forget all submissions, as after their archive was cleared."""
        self._looks.clear()

    def objects(self, kind: str) -> dict[str, dict[str, Any]]:
        """What is in the database, by id: checkouts, builds or tests of all valid submissions."""
        valid = [data for body in self.received if V5_3.is_valid(data := json.loads(body))]
        return {one["id"]: one for data in valid for one in data.get(kind, ())}

    def post(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer a POST."""
        body = asked.rfile.read(int(asked.headers["Content-Length"]))
        if not self._knows(asked):
            return
        try:
            json.loads(body)
        except ValueError:
            self._say(asked, 400, id="0", status="error", message="Invalid JSON")
            return
        self.received.append(body)
        receipt = f"submission{len(self.received)}"
        self._looks[receipt] = 0
        said = f"Received submission {receipt} with size {len(body)} bytes"
        self._say(asked, 200, id=receipt, status="ok", message=said)

    def get(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer a GET."""
        receipt = parse_qs(urlsplit(asked.path).query).get("id", [""])[0]
        if not self._knows(asked):
            return
        if receipt not in self._looks:
            self._say(asked, 404, id=receipt, status="notfound", message="File not found")
            return
        self._looks[receipt] += 1
        if self._looks[receipt] < self.looks_until_processed:
            self._say(asked, 200, id=receipt, status="ready", message="File waiting for processing")
        elif V5_3.is_valid(json.loads(self.received[int(receipt.removeprefix("submission")) - 1])):
            self._say(asked, 200, id=receipt, status="processed", message="File archived")
        else:
            self._say(asked, 200, id=receipt, status="failed", message="File failed to pass validation")

    def _knows(self, asked: BaseHTTPRequestHandler) -> bool:
        if asked.headers.get("Authorization") == f"Bearer {TOKEN}":
            return True
        self._say(asked, 401, id="0", status="error", message="JWT is required")
        return False

    def _say(self, asked: BaseHTTPRequestHandler, http_status: int, **said: str) -> None:
        self.answer(asked, http_status, json.dumps(said))
