"""How a board stands, in a word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fuego_jenkins_remote.network.boards import in_brief, standing

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({}, "free"),
        ({"busy": True, "health": "broken"}, "busy"),
        ({"online": False, "health": "broken"}, "withdrawn"),
        ({"health": "broken"}, "broken"),
        ({"health": "offline"}, "offline"),
        ({"health": "a newer hub's word"}, "offline"),
        ({"last_seen": NOW - timedelta(minutes=16)}, "silent"),
        ({"last_seen": NOW - timedelta(minutes=14)}, "free"),
        ({"last_seen": NOW - timedelta(days=1), "health": "broken"}, "broken"),
        ({"last_seen": None}, "free"),
    ],
)
def test_a_board_stands_so(values: dict[str, Any], word: str) -> None:
    known = {"online": True, "health": "online", "busy": False, "last_seen": NOW, **values}
    assert standing(**known, now=NOW) == word


def test_a_reason_in_brief_is_one_line_of_bounded_length() -> None:
    assert in_brief("it does\n  not boot\n") == "it does not boot"
    assert in_brief("x" * 300) == "x" * 199 + "…"
