"""The terms on which a board is shared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fuego_jenkins_remote.network.terms import (
    USUAL,
    BadTerms,
    Quota,
    Terms,
    check_windows,
    in_words,
    terms_as_mapping,
    terms_from_mapping,
)

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def test_nothing_said_is_the_usual() -> None:
    assert terms_from_mapping({}) == USUAL
    assert terms_as_mapping(USUAL) == {}


def test_a_quota_of_none_is_said_as_what_it_means() -> None:
    terms = Terms(running=Quota(user=0, team=3))
    words = in_words("timslab", "timslab", ["*"], terms, str)
    assert "Of timslab's boards, a person of another team has none: no test of theirs runs on it." in words


def test_terms_come_back_as_they_were_said() -> None:
    said = {
        "ask": True,
        "priority": 50,
        "max_time": 600,
        "running": {"user": 1},
        "windows": {"time_zone": "Europe/Berlin", "windows": ("Mon-Fri 18:00-08:00",)},
    }
    terms = terms_from_mapping(said)
    assert terms.running == Quota(user=1)
    assert terms_as_mapping(terms) == said


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ([], "terms: names with values"),
        ({"aks": True}, r"unknown key 'aks' \(known: ask"),
        ({"ask": "yes"}, "ask: true or false"),
        ({"priority": 101}, "priority: a number from 0 to 100"),
        ({"max_time": 0}, "max_time: a number from 1"),
        ({"running": {"lab": 1}}, "running: unknown key 'lab'"),
        ({"running": {"user": True}}, "running: user: a number"),
        ({"windows": {"windows": "Mon 10:00-12:00"}}, "windows: a time_zone and a list"),
    ],
)
def test_a_mistake_is_told_with_its_key(said: Any, wrong: str) -> None:
    with pytest.raises(BadTerms, match=wrong):
        terms_from_mapping(said)


@pytest.mark.parametrize(
    ("windows", "wrong"),
    [
        ({"time_zone": "Europe/Berlun", "windows": ["Mon 10:00-12:00"]}, "no time zone"),
        ({"time_zone": "UTC", "windows": ["Mon 25:00-12:00"]}, "times go from"),
    ],
)
def test_windows_that_nobody_can_reckon_with_are_told_when_they_are_said(windows: Any, wrong: str) -> None:
    terms = terms_from_mapping({"windows": windows})
    with pytest.raises(BadTerms, match=wrong):
        check_windows(terms)


def test_the_longest_window_of_a_week() -> None:
    said = {"windows": {"time_zone": "UTC", "windows": ["Mon-Fri 18:00-08:00", "Sat-Sun 00:00-24:00"]}}
    windows = terms_from_mapping(said).windows.read()
    assert windows is not None
    assert windows.longest(MONDAY) == timedelta(hours=54)  # Friday evening to Monday
    assert USUAL.windows.read() is None


def test_a_window_without_end_has_no_longest() -> None:
    windows = terms_from_mapping({"windows": {"time_zone": "UTC", "windows": ["Mon-Sun 00:00-24:00"]}}).windows.read()
    assert windows is not None
    assert windows.longest(MONDAY) is None
