"""An old Fuego server: a CGI program of 2018 to 2022, `ROOT/fserver.py?action=ACTION`.

It answers 200 to everything. The first line is OK or FAIL, then come data or what went wrong; a page without such a
first line is its own failure. It asks for no login. Some installations break on `%XX` in the query string, so `:` goes
unescaped. Its data are below the server's root, whatever ROOT is (`/fserver-data/...`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from fuego_jenkins_remote.client.errors import Answered, ClientError, NotFound
from fuego_jenkins_remote.client.site import Reply, Site

_UPLOAD_SECONDS = 600
_SHOWN = 300


class Failed(Answered):
    """The server said FAIL; the message is its own first line on why."""


class Fserver:
    """The calls of one old server. Not to be shared between threads. All raise ClientError."""

    def __init__(self, root: str, *, ca_file: Path | None = None) -> None:
        """`root` is the address up to `fserver.py`, like http://fuegotest.org/cgi-bin."""
        self._calls = Site(root, name="the Fuego server", ca_file=ca_file)
        parts = urlsplit(self._calls.url)
        self._files = Site(
            urlunsplit((parts.scheme, parts.netloc, "", "", "")), name="the Fuego server", ca_file=ca_file
        )

    @property
    def url(self) -> str:
        """The server's root."""
        return self._calls.url

    def ask(self, action: str, fields: Mapping[str, str] | None = None) -> str:
        """What an action answers after its OK; fields go in the query string. Raises Failed."""
        query = urlencode({"action": action, **(fields or {})}, safe=":*")
        return self._said(self._calls.good("GET", f"/fserver.py?{query}"))

    def upload(self, action: str, name: str, source: Path) -> str:
        """Send a file under a name. Raises Failed, also where the server has a file of that name."""
        with source.open("rb") as file:
            form = {"file1": (name, file, "application/octet-stream")}
            reply = self._calls.good("POST", f"/fserver.py?action={action}", files=form, wait=_UPLOAD_SECONDS)
        return self._said(reply)

    def stored(self, kind: str, name: str) -> Any:
        """The JSON that the server keeps of a thing (`kind`: runs, requests, boards); None where it keeps none."""
        try:
            return self._files.good("GET", f"/fserver-data/data/{kind}/{name}.json").json()
        except NotFound:
            return None

    def _said(self, reply: Reply) -> str:
        first, _, rest = reply.text().partition("\n")
        if first.strip() == "OK":
            return rest
        if first.strip() == "FAIL":
            lines = [" ".join(line.split())[:_SHOWN] for line in rest.splitlines() if line.strip()]
            # What it did before it failed comes first, why it failed last.
            why = next((line for line in lines if line.startswith("Error")), lines[-1] if lines else "no reason")
            raise Failed(f"the Fuego server at {self.url} refused: {why}", status=reply.status)
        raise ClientError(f"the Fuego server at {self.url} answered a page instead of OK or FAIL: is that its address?")
