"""The longer it takes, the seldomer it is done."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.lab.bridge.pace import Pace


def test_what_is_quick_is_done_as_often_as_is_wanted() -> None:
    assert Pace(least=3, most=60).after(0.05) == 3


def test_what_is_slow_takes_a_few_percent_of_the_time() -> None:
    pace = Pace(least=3, most=60, share=0.03)
    pace.after(0.6)
    assert pace.after(0.6) == 20
    pace.after(30)
    assert pace.after(30) == 60


def test_one_slow_answer_alone_holds_nothing_up() -> None:
    pace = Pace(least=3, most=60)
    assert [pace.after(took) for took in (0.05, 2.0, 0.05)] == [3, 3, 3]


def test_the_first_answer_of_a_jenkins_that_was_away_may_be_slow() -> None:
    pace = Pace(least=3, most=60)
    pace.after(2.0)
    pace.after_trouble(1.0)
    assert pace.after(2.0) == 3


def test_failures_in_a_row_wait_twice_as_long_each_and_not_for_ever() -> None:
    pace = Pace(least=3, most=60)
    assert [pace.after_trouble() for _ in range(6)] == [1, 2, 4, 8, 12, 12]
    assert pace.is_in_trouble
    assert pace.after(0) == 3
    assert not pace.is_in_trouble
    assert pace.after_trouble() == 1


def test_a_failure_that_took_long_is_not_repeated_soon() -> None:
    assert Pace(least=3, most=60).after_trouble(20.0) == 20


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1000)), max_size=20))
def test_a_pause_is_never_longer_than_the_longest(turns: list[tuple[bool, float]]) -> None:
    pace = Pace(least=3, most=60)
    for well, took in turns:
        assert 0 < (pace.after(took) if well else pace.after_trouble(took)) <= 60
