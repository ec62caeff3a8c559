"""Delivery to vision, the network's own results service."""

from __future__ import annotations

from collections.abc import Callable

from fuego_jenkins_remote.client.errors import ClientError, Conflict, Invalid
from fuego_jenkins_remote.client.vision import VisionClient
from fuego_jenkins_remote.publish.targets import NeverDelivered, NotDelivered, RunPackage


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
