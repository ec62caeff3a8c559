"""Results of builds, in Jenkins' order from best to worst."""

from __future__ import annotations

from enum import Enum

from ..errors import Refused


class Result(Enum):
    """The value is Jenkins' ordinal: the smaller the better."""

    SUCCESS = 0
    UNSTABLE = 1
    FAILURE = 2
    NOT_BUILT = 3
    ABORTED = 4

    @property
    def color(self) -> str:
        """Colour of the ball that Jenkins shows, part of its API."""
        return {"SUCCESS": "blue", "UNSTABLE": "yellow", "FAILURE": "red", "NOT_BUILT": "notbuilt"}.get(
            self.name, "aborted"
        )

    def worst(self, other: Result) -> Result:
        """The worse of the two."""
        return self if self.value >= other.value else other

    def no_worse_than(self, other: Result) -> bool:
        """Whether a threshold at `other` lets this result pass."""
        return self.value <= other.value

    @classmethod
    def named(cls, name: str) -> Result:
        """The result of this name. Raises `Refused` (500) for an unknown one."""
        try:
            return cls[name]
        except KeyError:
            raise Refused(500, f"{name[:40]} is no result of a build") from None
