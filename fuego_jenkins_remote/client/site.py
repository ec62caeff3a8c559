"""A server that is not of this network: SQUAD, KernelCI, an old Fuego server. One session, bounded answers, our errors.

The rules of transport.py hold: a token goes over https only, certificates are checked, no redirect is followed. To a
server that takes no token plain http will do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.util import Retry

from fuego_jenkins_remote import __version__
from fuego_jenkins_remote.client.errors import BY_STATUS, Answered, ClientError, TooLarge, Unreachable
from fuego_jenkins_remote.client.transport import SLACK, StayingSession, check_address, secure, why_unreachable
from fuego_jenkins_remote.network.programs import said_of

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 30.0
MAX_ANSWER = 32 * 2**20
_CHUNK = 2**16
_SHOWN = 300


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came: HTTP's status, and the body in bytes."""

    status: int
    body: bytes
    where: str
    moved: str = ""
    """Where the server sends callers instead, as scheme and host; empty for an answer."""

    def text(self) -> str:
        """The body as text; what is no UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON; raises ClientError for what is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise ClientError(f"{self.where} answered something that is no JSON") from error

    def problem(self) -> str:
        """What a problem told as JSON says for people, short enough to be shown; empty where it is told otherwise."""
        try:
            found = self.json()
        except ClientError:
            return ""
        words = [found.get(key) for key in ("detail", "message")] if isinstance(found, dict) else []
        return next((" ".join(one.split())[:_SHOWN] for one in words if isinstance(one, str) and one.strip()), "")

    def first_line(self) -> str:
        """The first line with something in it, short enough to be shown."""
        lines = (" ".join(line.split()) for line in self.text().splitlines())
        return next((line[:_SHOWN] for line in lines if line), "")


class Site:
    """Calls below one address. Not to be shared between threads. All raise ClientError."""

    def __init__(
        self,
        url: str,
        *,
        name: str,
        headers: Mapping[str, str] | None = None,
        ca_file: Path | None = None,
        repeat: bool = False,
        patience: float = READ_TIMEOUT,
        retries: int = 3,
        slack: float = SLACK,
    ) -> None:
        """`name` is the server's in messages. Reading is repeated when a gateway is in trouble; what changes something
        only with `repeat`: where the server takes the same thing twice without harm. `patience`: seconds to wait for an
        answer's next bytes; the whole may take `slack` seconds more (client/in_time.py).
        """
        self.name = name
        self._patience = patience
        self.url = check_address(url, f"{name} address", carries_token=bool(headers))
        self._session = StayingSession()
        self._session.headers["User-Agent"] = said_of(__version__)
        self._session.headers.update(headers or {})
        retry = Retry(
            total=retries,
            # One that takes a call and is silent is asked once more, not for minutes.
            read=min(retries, 1),
            other=0,
            backoff_factor=0.5,
            status_forcelist=(502, 503, 504),
            allowed_methods=None if repeat else frozenset({"GET", "HEAD"}),
            raise_on_status=False,
            redirect=0,
        )
        secure(self._session, self.url, ca_file=ca_file, retries=retry, slack=slack)

    def call(self, method: str, path: str, *, wait: float = 0, limit: int = MAX_ANSWER, **arguments: Any) -> Reply:
        """One call, whatever its status; `wait` seconds are added to the read timeout, `limit` bounds the body."""
        try:
            with self._session.request(
                method,
                f"{self.url}{path}",
                timeout=(CONNECT_TIMEOUT, self._patience + wait),
                allow_redirects=False,
                stream=True,
                **arguments,
            ) as response:
                return self._reply(response, limit)
        except requests.RequestException as error:
            raise Unreachable(f"{self._where} cannot be reached: {why_unreachable(error)}") from error

    def download(self, path: str, destination: Path, *, limit: int, params: Mapping[str, str] | None = None) -> int:
        """Write what is at `path` to a new file; how many bytes came. Raises TooLarge beyond `limit`, OSError too."""
        try:
            with self._session.request(
                "GET",
                f"{self.url}{path}",
                params=params,
                timeout=(CONNECT_TIMEOUT, self._patience),
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.status_code >= 300:
                    raise self.error(self._reply(response, MAX_ANSWER))
                with destination.open("xb") as file:
                    return self._copied(response, file, limit)
        except requests.RequestException as error:
            raise Unreachable(f"{self._where} cannot be reached: {why_unreachable(error)}") from error

    def good(self, method: str, path: str, **arguments: Any) -> Reply:
        """One call that must succeed; raises Answered, with the first line of what the server said."""
        reply = self.call(method, path, **arguments)
        if reply.status >= 300:
            raise self.error(reply)
        return reply

    def error(self, reply: Reply) -> Answered:
        """The error that a reply is."""
        kind = BY_STATUS.get(reply.status, Answered)
        if reply.moved:
            return kind(
                f"{self._where} sends callers on to {reply.moved}: if that is right, set its address to that",
                status=reply.status,
            )
        said = "" if reply.body.lstrip()[:1] == b"<" else reply.problem() or reply.first_line()
        return kind(f"{self._where} answered {reply.status}{f': {said}' if said else ''}", status=reply.status)

    @property
    def _where(self) -> str:
        return f"{self.name} at {self.url}"

    def _reply(self, response: requests.Response, limit: int) -> Reply:
        body = self._bounded(response, limit)
        return Reply(status=response.status_code, body=body, where=self._where, moved=_moved(response))

    def _copied(self, response: requests.Response, file: BinaryIO, limit: int) -> int:
        size = 0
        for chunk in response.iter_content(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise TooLarge(f"{self._where} sent more than {limit} bytes")
            file.write(chunk)
        return size

    def _bounded(self, response: requests.Response, limit: int) -> bytes:
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > limit:
                raise TooLarge(f"{self._where} sent more than {limit} bytes")
        return bytes(body)


def _moved(response: requests.Response) -> str:
    """The scheme and the host of where a redirect leads, which is not followed: somebody else says it."""
    if not response.is_redirect:
        return ""
    try:
        parts = urlsplit(urljoin(response.url, response.headers["Location"]))
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "somewhere else"
    host = "".join(sign for sign in parts.hostname or "" if sign.isascii() and sign.isprintable())[:_SHOWN]
    return f"{parts.scheme}://{host}{port}" if host and parts.scheme in {"http", "https"} else "somewhere else"
