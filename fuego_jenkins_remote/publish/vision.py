"""Delivery to vision, the network's own results service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fuego_jenkins_remote.client.errors import ClientError, Conflict, Invalid, NotFound
from fuego_jenkins_remote.client.per_thread import PerThread
from fuego_jenkins_remote.client.vision import VisionClient
from fuego_jenkins_remote.fuego.packages import file_sha256
from fuego_jenkins_remote.publish.making import Conf
from fuego_jenkins_remote.publish.targets import Fetched, Listed, NeverDelivered, NotDelivered, RunPackage

PAGE = 200


def make(conf: Conf) -> VisionTarget:
    """The target from vision_url and vision_token_file. Without an address its runs wait."""
    return VisionTarget(PerThread(lambda: _client(conf)))


def _client(conf: Conf) -> VisionClient:
    if not conf.get("vision_url"):
        raise ClientError("vision_url is not set in fuego.conf")
    return VisionClient(conf.get("vision_url"), conf.token, ca_file=conf.ca_file)


class VisionTarget:
    """Puts runs under their key; vision itself takes the same run twice without harm."""

    name = "vision"

    def __init__(self, client: Callable[[], VisionClient]) -> None:
        """`client` gives a client for the calling thread."""
        self._client = client

    def deliver(self, run: RunPackage) -> str:
        """See `Target`. Another run under this key, or one that vision cannot read, is never delivered."""
        try:
            return self._client().put_run(run.key, run.path, run.sha256).url
        except (Conflict, Invalid) as error:
            raise NeverDelivered(str(error)) from error
        except ClientError as error:
            raise NotDelivered(str(error)) from error

    @property
    def url(self) -> str:
        """Where this vision is."""
        return self._client().url

    def runs(self, filters: Mapping[str, str], limit: int) -> Listed:
        """See `Readable`."""
        found: list[dict[str, Any]] = []
        before: str | None = ""
        while before is not None and len(found) < limit:
            page, before = self._client().runs(**filters, limit=min(limit - len(found), PAGE), before=before)
            found += page
        return Listed(runs=found[:limit])

    def fetch(self, run: str, destination: Path) -> Fetched:
        """See `Readable`. What came must have the digest that vision says."""
        client = self._client()
        try:
            digest = str(client.run(run).get("sha256", ""))
        except NotFound as error:
            hint = (
                "its lab may not have delivered it yet (ftc query-request says), or it is private, and the token for"
                " vision is neither in the name of its requester, team or lab nor of a reader in that team"
            )
            raise NotFound(f"{client.url} has no run {run}: {hint}", status=404) from error
        client.get_run(run, destination)
        if file_sha256(destination) != digest:
            raise ClientError(f"what {client.url} sent is not the run {run}: its SHA-256 differs; nothing was kept")
        return Fetched(key=run, sha256=digest)
