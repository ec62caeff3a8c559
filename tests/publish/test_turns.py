"""Who may go to a target now, when others are there."""

from __future__ import annotations

from contextlib import ExitStack

from fuego_jenkins_remote.publish.turns import AT_ONCE, Turn, Turns


def test_so_many_go_to_one_target_at_once_and_no_more() -> None:
    turns = Turns()
    with ExitStack() as stack:
        told = [stack.enter_context(turns.at("squad")) for _ in range(AT_ONCE + 1)]
        assert told == [*[Turn.YOURS] * AT_ONCE, Turn.BUSY]
    with turns.at("squad") as turn:
        assert turn is Turn.YOURS


def test_one_at_a_time_goes_to_a_target_in_trouble() -> None:
    turns = Turns()
    turns.came("squad", well=False)
    with turns.at("squad") as first, turns.at("squad") as second:
        assert (first, second) == (Turn.YOURS, Turn.IN_TROUBLE)


def test_a_target_in_trouble_is_another_ones_affair() -> None:
    turns = Turns()
    turns.came("squad", well=False)
    with turns.at("squad"), turns.at("vision") as turn:
        assert turn is Turn.YOURS


def test_one_answer_ends_the_trouble() -> None:
    turns = Turns()
    turns.came("squad", well=False)
    turns.came("squad", well=True)
    with turns.at("squad"), turns.at("squad") as second:
        assert second is Turn.YOURS


def test_who_fails_there_with_an_error_leaves_the_place_to_others() -> None:
    turns = Turns()
    turns.came("squad", well=False)
    try:
        with turns.at("squad"):
            raise OSError
    except OSError:
        pass
    with turns.at("squad") as turn:
        assert turn is Turn.YOURS
