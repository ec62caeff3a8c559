"""Vision, where runs are: old clients' runs are handed on to it and fetched there, by the client that labs have, too.

So what holds for a lab's token holds for this one: it goes to https or to this machine alone, and follows no redirect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

from fuego_jenkins_remote.client.errors import ClientError, Conflict
from fuego_jenkins_remote.client.vision import Delivered, VisionClient
from fuego_jenkins_remote.hub.fserver.wire import Fail, error

_WAIT = 30.0
"""Seconds, beside those of every call, that vision may say nothing about a package: a thread of the hub waits."""
_MOST_WHY = 300


class BadVision(ValueError):
    """Vision's address or token cannot be used; the message says what to set."""


class Vision:
    """A vision service, by its address and the token of the hub's operator, which brings runs of any lab."""

    def __init__(self, url: str, token: str, *, ca_file: Path | None = None) -> None:
        """Raises BadVision."""
        self._url, self._token, self._ca_file = url, token, ca_file
        try:
            self._client().api.close()
        except ClientError as problem:
            raise BadVision(str(problem)) from problem

    def put(self, key: str, package: Path, sha256: str) -> Delivered:
        """Hand a run on; the same once more is no news. Raises Fail."""
        vision = self._client()
        try:
            with closing(vision.api):
                return vision.put_run(key, package, sha256)
        except Conflict as problem:
            raise error("vision has another run of that name") from problem
        except ClientError as problem:
            raise _not("vision did not take the run", problem) from problem

    def package(self, key: str) -> Iterator[bytes]:
        """The package of a run, in parts; raises Fail before the first where there is none."""
        return self._fetched(lambda vision: vision.package(key))

    def run_json(self, key: str) -> Iterator[bytes]:
        """Its run.json, likewise."""
        return self._fetched(lambda vision: vision.run_json(key))

    def _client(self) -> VisionClient:
        """One for each call: they come in many threads."""
        return VisionClient(self._url, self._token, ca_file=self._ca_file, retries=0, wait=_WAIT)

    def _fetched(self, what: Callable[[VisionClient], Iterator[bytes]]) -> Iterator[bytes]:
        parts = self._parts(what)
        return chain([next(parts, b"")], parts)

    def _parts(self, what: Callable[[VisionClient], Iterator[bytes]]) -> Iterator[bytes]:
        vision = self._client()
        try:
            with closing(vision.api):
                yield from what(vision)
        except ClientError as problem:
            raise _not("vision did not give the run", problem) from problem


def vision_of(url: str, token_file: Path | None, ca_file: Path | None = None) -> Vision | None:
    """Vision as the operator says it; None: there is none. Raises BadVision."""
    if not url:
        return None
    if token_file is None:
        raise BadVision("vision's token is missing: --fserver-vision-token-file (ftc vision add-token '*')")
    try:
        token = token_file.read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise BadVision(f"--fserver-vision-token-file {token_file}: cannot be read: {problem.strerror}") from problem
    except UnicodeError as problem:
        raise BadVision(f"--fserver-vision-token-file {token_file}: there is no token in it") from problem
    if not token.isascii() or not token.isprintable() or not token:
        raise BadVision(f"--fserver-vision-token-file {token_file}: there is no token in it")
    return Vision(url, token, ca_file=ca_file)


def _not(what: str, problem: ClientError) -> Fail:
    return error(f"{what}: {str(problem)[:_MOST_WHY]}")
