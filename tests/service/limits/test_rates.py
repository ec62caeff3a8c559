"""Buckets: so many calls at once, so many a second in the long run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.service.limits.rates import Buckets, Rate

TWO_A_SECOND = Rate(a_second=2, at_once=4)


def test_after_a_pause_all_at_once_are_taken_and_no_more() -> None:
    buckets = Buckets(TWO_A_SECOND)
    assert [buckets.take("lab a", 10.0) for _ in range(4)] == [0.0] * 4
    assert buckets.take("lab a", 10.0) == pytest.approx(0.5)


def test_what_is_refused_is_not_counted() -> None:
    buckets = Buckets(TWO_A_SECOND)
    for _ in range(50):
        buckets.take("lab a", 10.0)
    assert buckets.take("lab a", 10.5) == 0.0


def test_callers_have_a_bucket_each() -> None:
    buckets = Buckets(TWO_A_SECOND)
    for _ in range(9):
        buckets.take("lab a", 10.0)
    assert buckets.take("lab b", 10.0) == 0.0


def test_with_patience_calls_are_counted_and_told_when_their_turn_is() -> None:
    buckets = Buckets(TWO_A_SECOND)
    for _ in range(4):
        buckets.take("lab a", 0.0)
    assert [buckets.take("lab a", 0.0, patience=1.0) for _ in range(3)] == pytest.approx([0.5, 1.0, 1.5])
    assert buckets.take("lab a", 0.5, patience=1.0) == pytest.approx(1.0)


def test_who_has_called_least_lately_is_forgotten_first() -> None:
    buckets = Buckets(Rate(a_second=1, at_once=1), most_kept=2)
    for caller in ("a", "b", "a", "c"):
        buckets.take(caller, 0.0)
    assert buckets.take("c", 0.0) > 0
    assert buckets.take("a", 0.0) == 0.0


@pytest.mark.parametrize(("a_second", "at_once"), [(0, 1), (-1, 1), (1, 0), (float("nan"), 1)])
def test_a_rate_that_lets_nobody_in_is_none(a_second: float, at_once: int) -> None:
    with pytest.raises(ValueError, match="lets in one call"):
        Rate(a_second=a_second, at_once=at_once)


@given(
    a_second=st.floats(0.1, 1000),
    at_once=st.integers(1, 2000),
    pauses=st.lists(st.floats(0, 5, allow_nan=False), max_size=300),
)
def test_over_any_time_no_more_come_in_than_the_rate_says(a_second: float, at_once: int, pauses: list[float]) -> None:
    buckets, now, came_in = Buckets(Rate(a_second=a_second, at_once=at_once)), 0.0, 0
    for pause in pauses:
        now += pause
        came_in += not buckets.take("lab a", now)
    assert came_in <= at_once + a_second * now + 1e-3
