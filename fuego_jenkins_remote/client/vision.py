"""Vision's calls (docs/protocol.md), one method each. All raise ClientError."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fuego_jenkins_remote.client.api import PACKAGE_WAIT, Api, Json, segment
from fuego_jenkins_remote.network.identities import split_run_key


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """A run that vision has: its key, its page, and the status that vision read from it."""

    key: str
    url: str
    status: str


class VisionClient:
    """A results service."""

    def __init__(
        self, url: str, token: str, *, ca_file: Path | None = None, retries: int = 3, wait: float = PACKAGE_WAIT
    ) -> None:
        """See `Api`; `wait` is for packages."""
        self._wait = wait
        self.api = Api(url, token, service="vision", ca_file=ca_file, retries=retries)

    @property
    def url(self) -> str:
        """Vision's address."""
        return self.api.url

    def put_run(self, key: str, package: Path, sha256: str) -> Delivered:
        """Deliver a run package; the same once more changes nothing, another under this key raises Conflict."""
        answer = self.api.upload(f"/runs/{_path(key)}", package, {"sha256": sha256}, wait=self._wait)
        return Delivered(key=key, url=str(answer.get("url", "")), status=str(answer.get("status", "")))

    def whoami(self) -> Json:
        """What the token is for: `kind` (submit or read), and `name` of whom."""
        return self.api.get("/whoami")

    def runs(self, **filters: object) -> tuple[list[Json], str | None]:
        """A page of run summaries, newest first, and where the next begins (`before`)."""
        answer = self.api.get("/runs", filters)
        return list(answer["runs"]), answer.get("before")

    def run(self, key: str) -> Json:
        """One run with its cases and measurements."""
        return self.api.get(f"/runs/{_path(key)}")

    def get_run(self, key: str, destination: Path) -> None:
        """Fetch a run package; who calls this checks the digest of what came."""
        self.api.download(f"/runs/{_path(key)}/package", destination)

    def package(self, key: str) -> Iterator[bytes]:
        """The same, in parts as they come."""
        return self.api.parts(f"/runs/{_path(key)}/package", wait=self._wait)

    def run_json(self, key: str) -> Iterator[bytes]:
        """Its run.json, likewise."""
        return self.api.parts(f"/runs/{_path(key)}/files/run.json", wait=self._wait)


def _path(key: str) -> str:
    host, local = split_run_key(key)
    return f"{segment(host)}/{segment(local)}"
