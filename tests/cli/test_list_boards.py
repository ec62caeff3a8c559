"""`ftc list-boards -r`: how the network's boards stand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import responses

HUB = "http://127.0.0.1:1"


@responses.activate
@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, "free"),
        ({"busy_with": "20261123-101500123-k3j7x2m4"}, "runs 20261123-101500123-k3j7x2m4"),
        ({"online": False}, "offline"),
        (
            {"health": "broken", "health_reason": "does not boot", "health_since": "2026-01-02T03:04:05Z"},
            "broken since 2026-01-02 03:04:05: does not boot",
        ),
        ({"maintenance": "a new\nplug", "health": "offline"}, "maintenance: a new plug"),
        ({"health": "maintenance", "health_reason": "Tim has it"}, "maintenance: Tim has it"),
        ({"health": "offline", "health_since": "2026-01-02T03:04:05Z"}, "offline since 2026-01-02 03:04:05"),
    ],
)
def test_a_board_stands_so(ftc, values: dict[str, Any], state: str) -> None:
    board = {"host": "timslab", "name": "bbb", "online": True, "last_seen": datetime.now(UTC).isoformat(), **values}
    responses.get(f"{HUB}/api/v1/boards", json={"boards": [board]})
    shown = ftc("list-boards", "-r", "--hub-url", HUB).out
    assert shown.splitlines()[1].split("  ", 1)[1].strip().startswith(state)
