"""Delivery to vision, the network's own results service."""

from __future__ import annotations

from collections.abc import Callable

from fuego_jenkins_remote.client.errors import ClientError, Conflict, Invalid
from fuego_jenkins_remote.client.per_thread import PerThread
from fuego_jenkins_remote.client.vision import VisionClient
from fuego_jenkins_remote.publish.making import Conf
from fuego_jenkins_remote.publish.targets import NeverDelivered, NotDelivered, RunPackage


def make(conf: Conf) -> VisionTarget:
    """The target from vision_url and vision_token_file. Without an address its runs wait."""
    return VisionTarget(PerThread(lambda: VisionClient(conf.get("vision_url"), conf.token, ca_file=conf.ca_file)))


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
