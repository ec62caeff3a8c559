"""HTTP as cheaply as a client can have it: what is measured is the hub, not the client."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit


class Connection:
    """One connection that stays, with a token."""

    def __init__(self, url: str, token: str) -> None:
        """It is opened with the first call."""
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """Status and answer."""
        content = None if body is None else json.dumps(body)
        self._connection.request(method, f"/api/v1{path}", content, self._headers)
        answer = self._connection.getresponse()
        said = answer.read()
        return answer.status, json.loads(said) if said else {}

    def good(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The answer; ends the measurement where there is another than success."""
        status, answer = self.call(method, path, body)
        if status >= 300:
            raise SystemExit(f"{method} {path} was answered {status}: {answer}")
        return answer

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()
