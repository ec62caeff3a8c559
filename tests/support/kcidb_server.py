"""A KCIDB REST server for tests, which answers as the real one was recorded: /submit, /status, with a token (JWT)."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from kcidb_io.schema import V5_3

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJvcmlnaW4iOiJmdWVnbyJ9.c2lnbmVk"


class KcidbServer:
    """Takes submissions in; what is processed is merged by id, as KCIDB does."""

    def __init__(self) -> None:
        """Start to listen."""
        self.received: list[bytes] = []
        self.looks_until_processed = 1
        """How many looks at a submission it takes until it is processed."""
        self._looks: dict[str, int] = {}
        kcidb = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                kcidb._status(self)

            def do_POST(self) -> None:
                kcidb._submit(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def forget(self) -> None:
        """Forget all submissions, as after their archive was cleared."""
        self._looks.clear()

    def objects(self, kind: str) -> dict[str, dict[str, Any]]:
        """What is in the database, by id: checkouts, builds or tests of all valid submissions."""
        valid = [data for body in self.received if V5_3.is_valid(data := json.loads(body))]
        return {one["id"]: one for data in valid for one in data.get(kind, ())}

    def _submit(self, asked: BaseHTTPRequestHandler) -> None:
        body = asked.rfile.read(int(asked.headers["Content-Length"]))
        if not self._knows(asked):
            return
        try:
            json.loads(body)
        except ValueError:
            self._answer(asked, 400, id="0", status="error", message="Invalid JSON")
            return
        self.received.append(body)
        receipt = f"submission{len(self.received)}"
        self._looks[receipt] = 0
        said = f"Received submission {receipt} with size {len(body)} bytes"
        self._answer(asked, 200, id=receipt, status="ok", message=said)

    def _status(self, asked: BaseHTTPRequestHandler) -> None:
        receipt = parse_qs(urlsplit(asked.path).query).get("id", [""])[0]
        if not self._knows(asked):
            return
        if receipt not in self._looks:
            self._answer(asked, 404, id=receipt, status="notfound", message="File not found")
            return
        self._looks[receipt] += 1
        if self._looks[receipt] < self.looks_until_processed:
            self._answer(asked, 200, id=receipt, status="ready", message="File waiting for processing")
        elif V5_3.is_valid(json.loads(self.received[int(receipt.removeprefix("submission")) - 1])):
            self._answer(asked, 200, id=receipt, status="processed", message="File archived")
        else:
            self._answer(asked, 200, id=receipt, status="failed", message="File failed to pass validation")

    def _knows(self, asked: BaseHTTPRequestHandler) -> bool:
        if asked.headers.get("Authorization") == f"Bearer {TOKEN}":
            return True
        self._answer(asked, 401, id="0", status="error", message="JWT is required")
        return False

    @staticmethod
    def _answer(asked: BaseHTTPRequestHandler, http_status: int, **said: str) -> None:
        body = json.dumps(said).encode()
        asked.send_response(http_status)
        asked.send_header("Content-Type", "text/plain; charset=utf-8")
        asked.send_header("Content-Length", str(len(body)))
        asked.end_headers()
        asked.wfile.write(body)
