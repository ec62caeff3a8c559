"""What the hub tells of people, as texts: whatever comes is shown, and nothing that comes is an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fuego_jenkins_remote.cli.output import local_time

Json = Mapping[str, Any]


def text(data: Json, key: str) -> str:
    """A value as text; empty for none."""
    value = data.get(key)
    return "" if value is None else str(value)


def moment(data: Json, key: str) -> str:
    """A time as people here read it."""
    value = data.get(key)
    try:
        return local_time(datetime.fromisoformat(value)) if isinstance(value, str) else ""
    except ValueError:
        return str(value)


def items(data: Json, key: str) -> Sequence[Json]:
    """The objects in a list."""
    value = data.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def names(data: Json, key: str) -> str:
    """Names, in a line."""
    value = data.get(key)
    return ", ".join(str(one) for one in value) if isinstance(value, list) else ""
