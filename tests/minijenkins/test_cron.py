"""Cron words as Jenkins reads them; minutes of `H` as a Jenkins gives them (its own tests name these)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.minijenkins.errors import BadSchedule
from fuego_jenkins_remote.minijenkins.waiting.cron import schedule

HERE = ZoneInfo("UTC")


def minutes(spec: str, job: str = "job", day: tuple[int, int, int] = (2013, 3, 22)) -> list[str]:
    """All minutes of one day (a Friday) that the spec means, in UTC."""
    midnight = datetime(*day, tzinfo=UTC)
    found = schedule("TZ=UTC\n" + spec, job)
    moments = (midnight + timedelta(minutes=n) for n in range(24 * 60))
    return [f"{moment:%H:%M}" for moment in moments if found.matches(moment)]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("30 6 * * *", ["06:30"]),
        ("0 6,18 * * *", ["06:00", "18:00"]),
        ("45 9-16/2 * * 1-5", ["09:45", "11:45", "13:45", "15:45"]),
        ("*/20 7 * * *", ["07:00", "07:20", "07:40"]),
        ("1-3,10 0 * * *", ["00:01", "00:02", "00:03", "00:10"]),
        ("5\t4  22 3 5", ["04:05"]),
        ("# every morning\n\n0 6 * * *\n0 7 * * *", ["06:00", "07:00"]),
        ("0 0 * * 0", []),
        ("0 0 * * 7", []),
        ("", []),
    ],
)
def test_what_a_spec_means_on_a_friday(spec: str, expected: list[str]) -> None:
    assert minutes(spec) == expected


def test_sunday_is_0_and_7() -> None:
    assert minutes("0 0 * * 0", day=(2013, 3, 24)) == minutes("0 0 * * 7", day=(2013, 3, 24)) == ["00:00"]


def test_day_of_month_and_day_of_week_must_both_match() -> None:
    assert minutes("0 0 22 * 1") == []
    assert minutes("0 0 22 * 5") == ["00:00"]


@pytest.mark.parametrize(
    ("spec", "job", "expected"),
    [
        ("H 17 * * *", "stuff", ["17:56"]),
        ("H H(12-13) * * *", "stuff", ["13:56"]),
        ("H/15 16 * * *", "stuff", ["16:11", "16:26", "16:41", "16:56"]),
        ("H(0-15)/3 0 * * *", "junk", ["00:02", "00:05", "00:08", "00:11", "00:14"]),
        ("H(0-3)/4 1 * * *", "junk", ["01:02"]),
    ],
)
def test_h_is_the_minute_that_a_jenkins_gives_to_the_same_name(spec: str, job: str, expected: list[str]) -> None:
    assert minutes(spec, job) == expected


def test_hourly_is_once_an_hour_at_the_minute_of_the_name() -> None:
    assert minutes("@hourly", "junk") == [f"{hour:02}:20" for hour in range(24)]
    assert minutes("@hourly", "stuff")[0] == "00:56"


@pytest.mark.parametrize("spec", ["@daily", "@midnight", "H H * * *"])
def test_daily_is_once_a_day(spec: str) -> None:
    assert len(minutes(spec)) == 1


def test_midnight_is_before_three() -> None:
    assert minutes("@midnight")[0] < "03:00"


def test_hashed_days_are_in_every_month() -> None:
    fields = schedule("H H H * *\nH H H/3 * *\nH H * * H/2", "any job").lines
    assert all(max(line.fields[2]) <= 28 for line in fields[:2])
    assert max(fields[2].fields[4]) <= 6


def test_two_lines_of_one_job_get_minutes_of_their_own() -> None:
    lines = schedule("H * * * *\nH * * * *", "seed").lines
    assert lines[0].fields[0] != lines[1].fields[0]


def test_a_time_zone_is_the_first_line() -> None:
    found = schedule("TZ=Asia/Tokyo\n0 9 * * *", "job")
    assert found.matches(datetime(2026, 1, 1, 0, 0, tzinfo=UTC))
    assert not found.matches(datetime(2026, 1, 1, 9, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("61 * * * *", r'Invalid input: "61 \* \* \* \*": line 1: 61 is an invalid value. Must be within 0 and 59'),
        ("H H(12-24) * * *", "24 is an invalid value. Must be within 0 and 23"),
        ("H(33-66) * * * *", "66 is an invalid value"),
        ("* * 0 * *", "0 is an invalid value. Must be within 1 and 31"),
        ("*/0 * * * *", "step must be positive, but found 0"),
        ("20-10 * * * *", "You mean 10-20?"),
        ("H(0-3)/15 * * * *", "15 is an invalid value. Must be within 1 and 4"),
        ("* * * *", "4 fields where there are five"),
        ("* * * * * *", "6 fields"),
        ("@often", "@often is none of @yearly"),
        ("5/10 * * * *", "'5/10' is not understood"),
        ("MON * * * *", "'MON' is not understood"),
        ("1,,2 * * * *", "'' is not understood"),
        ("0 6 * * *\nnonsense", "line 2"),
        ("TZ=Moon/Base\n0 6 * * *", "Invalid or unsupported timezone 'Moon/Base'"),
        ("TZ=../../etc/passwd\n0 6 * * *", "Invalid or unsupported timezone"),
        ("0 6 * * *" + " " * 10_000, "longer than 10000"),
    ],
)
def test_what_is_not_understood_is_named(spec: str, words: str) -> None:
    with pytest.raises(BadSchedule, match=words):
        schedule(spec, "job")


@given(st.text(alphabet="0123456789*/-,()H@ \n\tTZ=", max_size=60))
def test_any_text_is_a_schedule_or_refused(spec: str) -> None:
    try:
        found = schedule(spec, "job")
    except BadSchedule:
        return
    found.matches(datetime(2026, 2, 28, 23, 59, tzinfo=UTC))
