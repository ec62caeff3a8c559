"""Fields of what hub and vision say, read tolerantly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any


def text_of(data: Mapping[str, Any], key: str) -> str:
    """A text; empty for none."""
    value = data.get(key)
    return "" if value is None else str(value)


def time_of(data: Mapping[str, Any], key: str) -> datetime | None:
    """A time; raises ValueError for what is none."""
    text = data.get(key)
    return None if not text else datetime.fromisoformat(str(text))
