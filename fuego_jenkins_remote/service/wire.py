"""How values look on the wire, for the models of both services."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, PlainSerializer


def write_time(value: datetime) -> str:
    """Write an aware time as RFC 3339 in UTC, always of one width: ``2026-11-23T10:00:00.123456+00:00``."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")


WireTime = Annotated[AwareDatetime, PlainSerializer(write_time, return_type=str, when_used="json")]
"""A time in a model: aware on both sides, written by ``write_time``."""
