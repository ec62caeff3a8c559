"""What a target of run packages is, and the errors that tell a delivery to wait from one to give up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class NotDelivered(Exception):
    """The target does not have the run yet, and may have it later: try again.

    A `receipt` is what the target gave for a run that it has taken in and not yet dealt with: it comes back with the
    next try, as `RunPackage.receipt`.
    """

    def __init__(self, message: str, *, receipt: str = "") -> None:
        """The message is for a person."""
        super().__init__(message)
        self.receipt = receipt


class NeverDelivered(Exception):
    """The target will never take this run: trying again changes nothing."""


@dataclass(frozen=True, kw_only=True)
class RunPackage:
    """A run on its way: its key in the network, the package's file and its SHA-256, an earlier try's receipt."""

    key: str
    path: Path
    sha256: str
    receipt: str = ""


class Target(Protocol):
    """A service that takes runs."""

    name: str

    def deliver(self, run: RunPackage) -> str:
        """Hand the run over; the address of its page, empty where it has none.

        Delivering the same run twice is harmless, also where an earlier try was broken off at any point. When this
        returns, the run has arrived: where the target can be read, it was read back. Raises NotDelivered or
        NeverDelivered.
        """
