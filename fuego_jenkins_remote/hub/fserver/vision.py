"""Vision, where runs are: the few calls of its API by which old clients' runs are handed on and fetched.

A token goes to https or to this machine alone. A package is sent from its file and fetched in parts.
"""

from __future__ import annotations

import http.client
import json
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from fuego_jenkins_remote import __version__
from fuego_jenkins_remote.hub.fserver.wire import error
from fuego_jenkins_remote.network.identities import split_run_key

_SECONDS = 60.0
_PART = 64 * 1024
_MOST_ANSWER = 64 * 1024
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})


class BadVision(ValueError):
    """Vision's address or token cannot be used; the message says what to set."""


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """A run that vision has taken; `new`: it was not there before."""

    url: str
    status: str
    new: bool


class Vision:
    """A vision service, by its address and the token of the hub's operator, which brings runs of any lab."""

    def __init__(self, url: str, token: str, *, ca_file: Path | None = None) -> None:
        """Raises BadVision."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
            raise BadVision(f"{url[:200]!r} is no address of vision: like https://vision.example.org")
        if parts.scheme == "http" and parts.hostname not in _HERE:
            raise BadVision(f"a token is not sent to {parts.hostname} over plain http: give vision's https address")
        self._tls = ssl.create_default_context(cafile=ca_file) if parts.scheme == "https" else None
        self._host, self._port = parts.hostname, parts.port
        self._root = parts.path.rstrip("/") + "/api/v1/runs"
        self._headers = {
            "Authorization": f"Bearer {token}",
            "User-Agent": f"fuego-jenkins-remote/{__version__}",
            "Connection": "close",
        }

    def put(self, key: str, package: Path, sha256: str) -> Delivered:
        """Hand a run on; the same once more is no news. Raises Fail."""
        with package.open("rb") as file, self._connected() as connection:
            headers = {
                **self._headers,
                "Content-Type": "application/octet-stream",
                "Content-Length": str(os.fstat(file.fileno()).st_size),
            }
            connection.request("PUT", f"{self._path(key)}?sha256={sha256}", body=file, headers=headers)
            answer = connection.getresponse()
            said = _json(answer.read(_MOST_ANSWER))
            if answer.status == http.HTTPStatus.CONFLICT:
                raise error("vision has another run of that name")
            if answer.status not in {200, 201}:
                why = said.get("detail") or f"status {answer.status}"
                raise error(f"vision did not take the run: {str(why)[:300]}")
            return Delivered(url=str(said.get("url", "")), status=str(said.get("status", "")), new=answer.status == 201)

    def package(self, key: str) -> Iterator[bytes]:
        """The package of a run, in parts; raises Fail before the first where there is none."""
        return self._fetched(f"{self._path(key)}/package")

    def run_json(self, key: str) -> Iterator[bytes]:
        """Its run.json, likewise."""
        return self._fetched(f"{self._path(key)}/files/run.json")

    def _fetched(self, path: str) -> Iterator[bytes]:
        parts = self._parts(path)
        first = next(parts, b"")
        return _behind(first, parts)

    def _parts(self, path: str) -> Iterator[bytes]:
        with self._connected() as connection:
            connection.request("GET", path, headers=self._headers)
            answer = connection.getresponse()
            if answer.status != http.HTTPStatus.OK:
                raise error(f"vision does not have this run (status {answer.status})")
            while part := answer.read(_PART):
                yield part

    def _path(self, key: str) -> str:
        host, local = split_run_key(key)
        return f"{self._root}/{quote(host, safe='')}/{quote(local, safe='')}"

    @contextmanager
    def _connected(self) -> Iterator[http.client.HTTPConnection]:
        connection = (
            http.client.HTTPConnection(self._host, self._port, timeout=_SECONDS)
            if self._tls is None
            else http.client.HTTPSConnection(self._host, self._port, timeout=_SECONDS, context=self._tls)
        )
        try:
            yield connection
        except (OSError, http.client.HTTPException) as problem:
            raise error(f"vision does not answer: {str(problem)[:200] or type(problem).__name__}") from problem
        finally:
            connection.close()


def vision_of(url: str, token_file: Path | None, ca_file: Path | None = None) -> Vision | None:
    """Vision as the operator says it; None: there is none. Raises BadVision."""
    if not url:
        return None
    if token_file is None:
        raise BadVision("vision's token is missing: --fserver-vision-token-file (ftc vision add-token '*')")
    try:
        token = token_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as problem:
        raise BadVision(f"{token_file}: cannot be read: {problem}") from problem
    if not token.isascii() or not token.isprintable() or not token:
        raise BadVision(f"{token_file}: there is no token in it")
    return Vision(url, token, ca_file=ca_file)


def _behind(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _json(raw: bytes) -> dict[str, object]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
