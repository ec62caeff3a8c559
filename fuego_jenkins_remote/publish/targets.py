"""What a target of run packages is, and the errors that tell a delivery to wait from one to give up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class NotDelivered(Exception):
    """The target does not have the run yet, and may have it later: try again."""


class NeverDelivered(Exception):
    """The target will never take this run: trying again changes nothing."""


@dataclass(frozen=True, kw_only=True)
class RunPackage:
    """A run on its way: its key in the network, the package's file and its SHA-256."""

    key: str
    path: Path
    sha256: str


class Target(Protocol):
    """A service that takes runs."""

    name: str

    def deliver(self, run: RunPackage) -> str:
        """Hand the run over; the address of its page, empty where it has none.

        Delivering the same run twice is harmless. Raises NotDelivered or NeverDelivered.
        """
