"""-b where only one board will do."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("words", [("doctor",), ("check-board",), ("check-board", "--now-well")])
def test_several_boards_are_refused_and_not_left_out_silently(ftc, lab, words: tuple[str, ...]) -> None:
    said = ftc("lab", *words, "-b", "local1,local2")
    assert (said.status, said.out) == (2, "")
    assert said.err == f"ftc: lab {words[0]}: one board at a time: -b local1 (see: ftc help lab {words[0]})\n"


def test_a_board_that_is_not_there_is_told(ftc, lab) -> None:
    said = ftc("lab", "check-board", "-b", "nowhere")
    assert said.status == 2
    assert "nowhere" in said.err
