"""The table of what counts as infrastructure: complete, and as the docs show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuego_jenkins_remote.network.reasons import (
    TABLE,
    Reason,
    is_the_boards,
    may_go_elsewhere,
    meaning,
    needs_check,
    table_markdown,
)

DOCS = Path(__file__).parents[2] / "docs" / "states.md"


def test_every_reason_has_its_row() -> None:
    assert set(TABLE) == set(Reason)


def test_golden_the_docs_show_the_table() -> None:
    assert table_markdown() in DOCS.read_text(encoding="utf-8")


def test_a_word_of_a_newer_lab_is_shown_as_it_is_and_taken_with_care() -> None:
    assert (meaning("eaten-by-mice"), needs_check("eaten-by-mice"), may_go_elsewhere("eaten-by-mice")) == (
        "eaten-by-mice",
        True,
        True,
    )


@pytest.mark.parametrize("reason", [Reason.NEVER_STARTED, Reason.COULD_NOT_TRIGGER, Reason.COULD_NOT_PREPARE])
def test_a_board_that_no_test_has_touched_needs_no_check(reason: Reason) -> None:
    assert not needs_check(reason)


def test_a_test_that_is_not_right_is_right_nowhere_else() -> None:
    assert not may_go_elsewhere(Reason.COULD_NOT_PREPARE)


@pytest.mark.parametrize("reason", ["pre-check", "toolchain-missing", "time-limit", "bad-run", "aborted"])
def test_what_a_request_can_bring_about_does_not_speak_against_the_board(reason: str) -> None:
    assert not is_the_boards(reason)
    assert is_the_boards("board-unreachable")
