"""An old Fuego server: a CGI program of 2018 to 2022, `ROOT/fserver.py?action=ACTION`.

It answers 200 to everything. The first line is OK or FAIL, then come data or what went wrong; a page without such a
first line is its own failure. It asks for no login. Some installations break on `%XX` in the query string, so `:` goes
unescaped. Its data are below the server's root, whatever ROOT is (`/fserver-data/...`).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from fuego_jenkins_remote.client.errors import Answered, ClientError, NotFound, TooLarge
from fuego_jenkins_remote.client.form import form
from fuego_jenkins_remote.client.site import Reply, Site
from fuego_jenkins_remote.fuego import fserver_format
from fuego_jenkins_remote.fuego.errors import BadName

_UPLOAD_SECONDS = 600
_SHOWN = 300
_NAME = "the Fuego server"
_DATA = "/fserver-data/"
Id = TypeVar("Id")


class Failed(Answered):
    """The server said FAIL; the message is its own first line on why."""


class Broken(ClientError):
    """The server broke over a call and showed a page of its own: what it keeps may be torn, or it is another server."""


class Fserver:
    """The calls of one old server. Not to be shared between threads. All raise ClientError."""

    def __init__(self, root: str, *, ca_file: Path | None = None) -> None:
        """`root` is the address up to `fserver.py`, like http://fuegotest.org/cgi-bin."""
        self._calls = Site(root, name=_NAME, ca_file=ca_file)
        parts = urlsplit(self._calls.url)
        self.root = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
        """The server's root, below which its data are."""
        self._files = Site(self.root, name=_NAME, ca_file=ca_file)

    @property
    def url(self) -> str:
        """The address up to `fserver.py`."""
        return self._calls.url

    def ask(self, action: str, fields: Mapping[str, str] | None = None) -> str:
        """What an action answers after its OK; fields go in the query string. Raises Failed."""
        query = urlencode({"action": action, **(fields or {})}, safe=":*")
        return self._said(self._good("GET", f"/fserver.py?{query}"), action)

    def change(self, action: str, fields: Mapping[str, str]) -> str:
        """What an action answers that changes something; fields go as a form, and blank ones not at all (they would
        vanish there). It is never repeated by itself. Raises Failed.
        """
        said = {key: value for key, value in fields.items() if value}
        return self._said(self._good("POST", f"/fserver.py?action={action}", data=said), action)

    def upload(self, action: str, name: str, source: Path) -> str:
        """Send a file under a name. Raises Failed, also where the server has a file of that name."""
        with source.open("rb") as file:
            data, headers = form([(fserver_format.FILE_FIELD, name, file)])
            reply = self._good("POST", f"/fserver.py?action={action}", data=data, headers=headers, wait=_UPLOAD_SECONDS)
        return self._said(reply, action)

    def listed(self, action: str, parse: Callable[[str], Id], fields: Mapping[str, str] | None = None) -> list[Id]:
        """The ids that a query answers, a line each; what is stored there under another name is left out."""
        found = []
        for line in self.ask(action, fields).splitlines():
            with contextlib.suppress(BadName):
                found.append(parse(line.strip()))
        return found

    def stored(self, kind: str, name: str) -> Any:
        """The JSON that the server keeps of a thing (`kind`: runs, requests, boards); None where it keeps none."""
        try:
            return self._files.good("GET", f"{_DATA}data/{kind}/{_path(name)}.json").json()
        except NotFound:
            return None

    def has_file(self, path: str) -> bool:
        """Whether there is a file at this path below the server's root."""
        status = self._files.call("HEAD", _path(path)).status
        if status != 405:
            return status == 200
        try:  # a server that knows no HEAD
            return self._files.call("GET", _path(path)).status == 200
        except TooLarge:
            return True

    def download(self, path: str, destination: Path, *, limit: int) -> None:
        """Write the file at a path below the server's root; raises NotFound, and TooLarge beyond `limit` bytes."""
        try:
            self._files.download(_path(path), destination, limit=limit)
        except NotFound as error:
            raise NotFound(f"the Fuego server at {self.root} has no file {path}", status=404) from error

    def data_path(self, said: str) -> str:
        """The path of a file that the server has named; raises ClientError for one that is none of its own."""
        path = said.strip().removeprefix(self.root)
        if not path.startswith(_DATA) or ".." in path.split("/") or len(path) > 1000 or not path.isprintable():
            raise ClientError(
                f"the Fuego server at {self.url} says that the file is at {path[:_SHOWN]!r}: that is not below {_DATA}"
            )
        return path

    def record(self, said: str, what: str) -> dict[str, str]:
        """The record that stands in an answer, its values as texts; raises ClientError for what is none."""
        try:
            found = json.loads(said)
        except (ValueError, RecursionError) as error:
            raise ClientError(f"the Fuego server at {self.url} sent no JSON for {what}: is its file torn?") from error
        if not isinstance(found, dict):
            raise ClientError(f"the Fuego server at {self.url} sent no record for {what}")
        return {str(key): value if isinstance(value, str) else json.dumps(value) for key, value in found.items()}

    def _good(self, method: str, path: str, **more: Any) -> Reply:
        try:
            return self._calls.good(method, path, **more)
        except NotFound as error:
            raise NotFound(f"{error}: no old Fuego server is there (a hub is named by hub_url)", status=404) from error

    def _said(self, reply: Reply, action: str) -> str:
        text = reply.text()
        answer = fserver_format.read_answer(text)
        if answer is None:
            raise Broken(f"the Fuego server at {self.url} {_page(text, action)}")
        if not answer.ok:
            raise Failed(f"the Fuego server at {self.url} refused: {answer.reason[:_SHOWN]}", status=reply.status)
        return answer.rest


def _page(text: str, action: str) -> str:
    """What it means that a page came in place of an answer."""
    if "Exception raised by fserver software" in text:
        often = (
            "; a stored request with letters beyond ASCII, or a torn file, breaks its queries until it is removed there"
            if action.startswith("query_")
            else ""
        )
        return f"broke over {action} and showed an error page of its own{often}"
    if "Unknown action" in text:
        return f"does not know {action}: it is another version than those that are known here"
    return "answered a page instead of OK or FAIL: is that its address?"


def _path(name: str) -> str:
    return quote(name, safe="/:*+~@,=")
