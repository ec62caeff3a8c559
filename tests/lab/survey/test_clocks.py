"""Clocks that are apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import responses

from fuego_jenkins_remote.lab.survey.clocks import apart, clock_of

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("off", "said"),
    [(0, ""), (30, ""), (-30, ""), (31, "its clock is 31 s ahead of ours"), (-3600, "its clock is 3600 s behind ours")],
)
def test_more_than_half_a_minute_is_told(off: int, said: str) -> None:
    assert apart(NOW + timedelta(seconds=off), clock=lambda: NOW) == said


def test_a_clock_that_is_not_known_is_not_wrong() -> None:
    assert apart(None) == ""


@responses.activate
def test_a_service_tells_its_time_with_any_answer() -> None:
    responses.get("http://127.0.0.1:8700", status=404, headers={"Date": "Tue, 24 Nov 2026 10:00:00 GMT"})
    assert clock_of("http://127.0.0.1:8700") == NOW


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}])
@responses.activate
def test_a_date_that_is_none_is_no_clock(headers: dict[str, str]) -> None:
    responses.get("http://127.0.0.1:8700", headers=headers)
    assert clock_of("http://127.0.0.1:8700") is None
