"""One HTTP session to one service: token, timeouts, retries, CA file, and errors in our own words.

Calls are repeated when the connection breaks or a gateway is in trouble. That is safe, because every changing call of
the protocol carries an id that makes its repetition harmless.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import requests
from urllib3.util import Retry

from fuego_jenkins_remote import __version__
from fuego_jenkins_remote.client.errors import BY_STATUS, Answered, ClientError, TooLarge, Unreachable
from fuego_jenkins_remote.client.transport import StayingSession, check_address, secure, why_unreachable
from fuego_jenkins_remote.network.programs import said_of

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 30.0
PACKAGE_WAIT = 600.0
"""Seconds, beside those, that a service may say nothing about a package: it unpacks it."""
LONGEST_PAUSE = 30
"""Seconds; a service that wants a longer one before it is called again is called again after this one."""
MAX_JSON = 32 * 2**20
MAX_DOWNLOAD = 2 * 2**30
_CHUNK = 2**16
_DEEPEST = 100
_REQUEST_ID = re.compile(r"[A-Za-z0-9.-]{8,64}", re.ASCII)

Json = dict[str, Any]


class Api:
    """The calls of one service below `URL/api/v1`. Not to be shared between threads."""

    def __init__(self, url: str, token: str, *, service: str, ca_file: Path | None = None, retries: int = 3) -> None:
        """`service` is its name in messages; `retries` bounds the repetitions of one call."""
        self.service = service
        self.url = check_address(url, f"{service} address")
        self._session = StayingSession()
        self._session.headers["User-Agent"] = said_of(__version__)
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"
        retry = Retry(
            total=retries,
            # One that takes a call and is silent is asked once more, not for minutes.
            read=min(retries, 1),
            # A certificate that is not right, and a proxy that refuses, stay as they are.
            other=0,
            backoff_factor=0.2,
            # A service that says when to come again (Retry-After) is taken at its word, within reason.
            status_forcelist=(429, 502, 503, 504),
            retry_after_max=LONGEST_PAUSE,
            allowed_methods=None,
            raise_on_status=False,
            redirect=0,
        )
        secure(self._session, self.url, ca_file=ca_file, retries=retry)

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def get(self, path: str, params: Mapping[str, object] | None = None, *, wait: float = 0) -> Json:
        """The JSON object at `path`; `wait` seconds are added to the read timeout for a long poll."""
        return self.call("GET", path, params=params, wait=wait)

    def post(self, path: str, body: Json, *, wait: float = 0) -> Json:
        """Send a JSON object, give the one that comes back."""
        return self.call("POST", path, body=body, wait=wait)

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        params: Mapping[str, object] | None = None,
        wait: float = 0,
    ) -> Json:
        """One call; raises ClientError. An empty answer gives an empty object."""
        given = {key: str(value) for key, value in (params or {}).items() if value not in (None, "")}
        with self._answer(method, path, json=body, params=given, wait=wait) as response:
            return self._object(_bounded(response, MAX_JSON, self.service))

    def upload(
        self, path: str, source: Path, params: Mapping[str, str] | None = None, *, wait: float = PACKAGE_WAIT
    ) -> Json:
        """PUT a file's bytes; `wait` as with `get`."""
        with (
            source.open("rb") as file,
            self._answer("PUT", path, data=file, params=dict(params or {}), wait=wait) as response,
        ):
            return self._object(_bounded(response, MAX_JSON, self.service))

    def download(self, path: str, destination: Path, *, limit: int = MAX_DOWNLOAD) -> None:
        """Write what is at `path` to `destination`, by way of a temporary name; raises TooLarge beyond `limit`."""
        partial = destination.with_name(destination.name + ".part")
        try:
            with partial.open("wb") as file:
                for part in self.parts(path, limit=limit):
                    file.write(part)
            partial.replace(destination)
        finally:
            partial.unlink(missing_ok=True)

    def parts(self, path: str, *, limit: int = MAX_DOWNLOAD, wait: float = PACKAGE_WAIT) -> Iterator[bytes]:
        """What is at `path`, as it comes; raises as `download` does, before the first part where there is none."""
        try:
            with self._answer("GET", path, params={}, wait=wait) as response:
                size = 0
                for part in response.iter_content(_CHUNK):
                    size += len(part)
                    if size > limit:
                        raise TooLarge(f"{self.url}: more than {limit} bytes were sent; nothing was kept")
                    yield part
        except requests.RequestException as error:
            raise self._unreachable(error) from error

    def _answer(
        self, method: str, path: str, *, wait: float, **arguments: Any
    ) -> contextlib.closing[requests.Response]:
        try:
            response = self._session.request(
                method,
                f"{self.url}/api/v1{path}",
                timeout=(CONNECT_TIMEOUT, READ_TIMEOUT + wait),
                allow_redirects=False,
                stream=True,
                **arguments,
            )
        except requests.RequestException as error:
            raise self._unreachable(error) from error
        if response.status_code >= 300:
            with response:
                raise self._error(response)
        return contextlib.closing(response)

    def _object(self, body: bytes) -> Json:
        if not body:
            return {}
        try:
            data = json.loads(body.decode("utf-8"))
            if not _is_flat(data):
                raise ValueError(f"more than {_DEEPEST} lists in lists")
        except (ValueError, RecursionError) as error:
            raise ClientError(f"the {self.service} at {self.url} answered something that is no JSON") from error
        if not isinstance(data, dict):
            raise ClientError(f"the {self.service} at {self.url} answered no JSON object")
        return cast("Json", data)

    def _unreachable(self, error: requests.RequestException) -> Unreachable:
        return Unreachable(f"the {self.service} at {self.url} cannot be reached: {why_unreachable(error, self.url)}")

    def _error(self, response: requests.Response) -> Answered:
        status = response.status_code
        detail, code = "", ""
        with contextlib.suppress(ValueError, RecursionError, ClientError, requests.RequestException):
            problem = json.loads(_bounded(response, 2**18, self.service))
            if isinstance(problem, dict):
                detail, code = str(problem.get("detail", ""))[:4000], str(problem.get("code", ""))[:80]
        kind = BY_STATUS.get(status, Answered)
        if status == 401:
            # It does not say which service it was: with two of them, a token is soon in the other's place.
            detail = f"the {self.service} at {self.url}: {detail}"
        if code == "no-such-address":
            # So with an address, and so does a service answer that is older than we are.
            detail = f"{self.url} is not the {self.service}'s address, or it is older than we are and has no such call"
        if status == 401 and "Authorization" not in self._session.headers:
            name = f"{self.service}_token_file"
            detail = (
                f"the {self.service} at {self.url} wants a token, and none is set: {name} in fuego.conf, "
                f"or FUEGO_{name.upper()} in the environment"
            )
        if response.is_redirect:
            detail = (
                f"the {self.service} at {self.url} sends us elsewhere, and a token is not sent there: "
                f"set {self.service}_url to the address of the {self.service} itself"
            )
        elif not detail:
            detail = f"the {self.service} at {self.url} answered {status} {response.reason or ''}".rstrip()
            if status == 400 and self.url.startswith("http://"):
                detail += " (is it an https:// address?)"  # as proxies answer who speaks no TLS
        if status >= 500:
            detail += _for_the_operator(response)
        return kind(detail, status=status, code=code)


def _for_the_operator(response: requests.Response) -> str:
    """By what the service's people find it in their log."""
    request_id = response.headers.get("X-Request-ID", "")
    return f" (request id {request_id})" if _REQUEST_ID.fullmatch(request_id) else ""


def segment(text: str) -> str:
    """`text` as one segment of a path."""
    return quote(text, safe="")


def _is_flat(data: object) -> bool:
    """Whether it is no deeper than can be read again from anywhere: a lab keeps requests as it got them."""
    level = [data]
    for _ in range(_DEEPEST):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
            if isinstance(inner, dict | list)
        ]
        if not level:
            return True
    return False


def _bounded(response: requests.Response, limit: int, service: str) -> bytes:
    body = bytearray()
    try:
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > limit:
                raise ClientError(f"the {service} sent more than {limit} bytes")
    except requests.RequestException as error:
        raise Unreachable(f"the {service} broke off in the middle of its answer") from error
    return bytes(body)
