"""The time, as an argument: whoever needs it takes a Clock, tests hand in their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Give the time now, aware, in UTC."""
    return datetime.now(UTC)
