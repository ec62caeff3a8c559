"""What goes wrong when a message is sent."""

from __future__ import annotations


class NotSent(Exception):
    """It has not arrived, or nobody knows; the message is shown to the channel's owner, and holds nothing secret."""

    def __init__(self, message: str, *, for_good: bool = False) -> None:
        """`for_good`: another try would end alike."""
        super().__init__(message)
        self.for_good = for_good
