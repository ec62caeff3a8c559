"""A results service as a plain object."""

from __future__ import annotations

from fuego_jenkins_remote.publish.targets import NotDelivered, RunPackage
from mortality import Fates


class ModelTarget:
    """A results service that may be away, or lose its answer; it takes the same run twice without harm."""

    name = "vision"

    def __init__(self, fates: Fates) -> None:
        self.fates = fates
        self.away = False
        self.runs: dict[str, set[str]] = {}

    def deliver(self, run: RunPackage) -> str:
        if self.away:
            raise NotDelivered("vision cannot be reached")

        def take() -> str:
            self.runs.setdefault(run.key, set()).add(run.sha256)
            return f"http://vision/{run.key}"

        return str(self.fates.call("deliver", NotDelivered("the answer was lost"), take))
