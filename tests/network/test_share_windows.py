"""When a lab shares its boards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.network.share_windows import DAYS, BadWindows, ShareWindows

BERLIN = ZoneInfo("Europe/Berlin")
NIGHTS = ["Mon-Fri 18:00-08:00", "Sat-Sun 00:00-24:00"]


def shared(*windows: str, zone: str = "Europe/Berlin") -> ShareWindows:
    return ShareWindows.from_yaml({"time_zone": zone, "windows": list(windows)})


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


# 2026-11-23 is a Monday.


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-23T17:59", None),
        ("2026-11-23T18:00", "2026-11-24T08:00"),
        ("2026-11-24T07:59", "2026-11-24T08:00"),
        ("2026-11-24T08:00", None),
        ("2026-11-27T20:00", "2026-11-30T00:00"),  # Friday evening: the weekend follows at once
        ("2026-11-29T23:59", "2026-11-30T00:00"),
        ("2026-11-30T00:00", None),  # Sunday's window has ended, and Sunday has no night of its own
    ],
)
def test_nights_and_weekends(now: str, until: str | None) -> None:
    moment = berlin(now)
    assert shared(*NIGHTS).open_until(moment) == (berlin(until) if until else moment)


@pytest.mark.parametrize(
    ("windows", "now", "until"),
    [
        (["Fri-Mon 09:00-10:00"], "2026-11-22T09:30", "2026-11-22T10:00"),  # days over the week's end
        (["Fri-Mon 09:00-10:00"], "2026-11-24T09:30", None),
        (["Sun 22:00-06:00"], "2026-11-23T05:00", "2026-11-23T06:00"),
        (["mon 08:00-09:00".title()], "2026-11-23T08:30", "2026-11-23T09:00"),
        (["Mon 8:00 - 9:00"], "2026-11-23T08:30", "2026-11-23T09:00"),
        (["Mon 08:00-10:00", "Mon 09:00-12:00"], "2026-11-23T08:30", "2026-11-23T12:00"),
        (["Sun 20:00-24:00", "Mon 00:00-02:00"], "2026-11-22T21:00", "2026-11-23T02:00"),
    ],
)
def test_windows_over_midnight_over_the_week_and_joined(windows: list[str], now: str, until: str | None) -> None:
    moment = berlin(now)
    assert shared(*windows).open_until(moment) == (berlin(until) if until else moment)


def test_the_whole_week_has_no_end() -> None:
    assert shared("Mon-Sun 00:00-24:00").open_until(berlin("2026-11-23T12:00")) is None


@pytest.mark.parametrize(
    ("night", "hours"),
    [("2026-10-24T18:00", 15), ("2026-03-28T18:00", 13), ("2026-11-23T18:00", 14)],
)
def test_a_night_in_which_clocks_are_changed_is_longer_or_shorter(night: str, hours: int) -> None:
    begins = berlin(night)
    assert shared("Mon-Sun 18:00-08:00").open_until(begins) == begins.astimezone(UTC) + timedelta(hours=hours)


def test_a_time_that_the_clocks_leave_out_is_the_one_an_hour_later() -> None:
    windows = shared("Sun 02:30-05:00")
    at_three, at_half_past = (datetime(2026, 3, 29, 1, minute, tzinfo=UTC) for minute in (0, 30))  # as it is there
    assert windows.open_until(at_three) == at_three
    assert windows.open_until(at_half_past) == datetime(2026, 3, 29, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("Mon-Fri", "share: values are expected"),
        ({"windows": NIGHTS, "zone": "x"}, "share: unknown key 'zone'"),
        ({"windows": NIGHTS}, "share: time_zone: None is no time zone"),
        ({"time_zone": "Europe/Berlino", "windows": NIGHTS}, "share: time_zone: 'Europe/Berlino' is no time zone"),
        ({"time_zone": "../../etc/passwd", "windows": NIGHTS}, "share: time_zone: '../../etc/passwd' is no time zone"),
        ({"time_zone": "UTC"}, "share: windows is a list of 1 to 50"),
        ({"time_zone": "UTC", "windows": []}, "share: windows is a list of 1 to 50"),
        ({"time_zone": "UTC", "windows": "Mon 08:00-09:00"}, "share: windows is a list"),
        ({"time_zone": "UTC", "windows": [7]}, "share: windows: '7' is no window"),
        ({"time_zone": "UTC", "windows": ["Mon"]}, "share: windows: 'Mon' is no window .like Mon-Fri"),
        ({"time_zone": "UTC", "windows": ["Mo 08:00-09:00"]}, "Mo is no day .known: Mon, Tue"),
        ({"time_zone": "UTC", "windows": ["Mon-Fry 08:00-09:00"]}, "Fry is no day"),
        ({"time_zone": "UTC", "windows": ["Mon 08:60-09:00"]}, "times go from 00:00 to 24:00"),
        ({"time_zone": "UTC", "windows": ["Mon 24:00-09:00"]}, "times go from 00:00 to 24:00"),
        ({"time_zone": "UTC", "windows": ["Mon 08:00-24:01"]}, "times go from 00:00 to 24:00"),
        ({"time_zone": "UTC", "windows": ["Mon 08:00-08:00"]}, "begins when it ends"),
    ],
)
def test_what_is_not_understood_is_named_by_its_key(value: Any, said: str) -> None:
    with pytest.raises(BadWindows, match=said):
        ShareWindows.from_yaml(value)


def test_the_next_window_is_told_also_over_a_night_in_which_clocks_are_changed() -> None:
    windows = shared("Mon-Sun 02:00-03:00")
    assert windows.opens(berlin("2026-11-23T02:30")) == berlin("2026-11-24T02:00")
    assert windows.opens(berlin("2026-10-24T12:00")) == datetime(2026, 10, 25, 0, 0, tzinfo=UTC)


def test_of_the_next_windows_that_is_told_which_is_long_enough() -> None:
    windows = shared("Mon-Sun 02:00-03:00", "Mon-Sun 10:00-12:00", "Mon-Sun 11:00-14:00")
    hours = timedelta(hours=3)
    assert windows.opens(berlin("2026-11-23T01:00"), hours) == berlin("2026-11-23T10:00")
    # What is open already is none that opens, though one of its windows begins later.
    assert windows.opens(berlin("2026-11-23T10:30"), hours) == berlin("2026-11-24T10:00")
    assert windows.opens(berlin("2026-11-23T01:00"), timedelta(hours=5)) is None


@given(
    st.integers(0, 235 * 24 * 60).map(lambda minutes: datetime(2026, 3, 20, tzinfo=UTC) + timedelta(minutes=minutes)),
    st.sampled_from(["Mon-Fri 18:00-08:00", "Sun 02:30-05:00", "Sat-Sun 00:00-24:00", "Wed 23:59-00:01"]),
)
def test_a_window_that_opens_is_open_then(now: datetime, window: str) -> None:
    windows = shared(window)
    opens = windows.opens(now)
    assert opens is not None
    assert now < opens
    until = windows.open_until(opens)
    assert until is None or until > opens


def test_a_time_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        shared(*NIGHTS).open_until(datetime(2026, 11, 23, 12, 0))  # noqa: DTZ001 - that is the point


# -- for all windows and moments

MINUTES = st.integers(0, 24 * 60 - 1)
WINDOWS = st.builds(
    lambda first, last, start, length: (first, last, start, (start + length) % (24 * 60)),
    st.sampled_from(DAYS),
    st.sampled_from(DAYS),
    MINUTES,
    st.integers(1, 24 * 60 - 1),
).map(lambda one: f"{one[0]}-{one[1]} {one[2] // 60:02}:{one[2] % 60:02}-{one[3] // 60:02}:{one[3] % 60:02}")
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.lists(WINDOWS, min_size=1, max_size=4), ZONES, MOMENTS)
def test_what_is_open_stays_open_until_its_end_and_no_longer(windows: list[str], zone: str, now: datetime) -> None:
    one = shared(*windows, zone=zone)
    end = one.open_until(now)
    if end is None or end == now:
        return
    assert end > now
    assert one.open_until(now + (end - now) / 2) == end
    assert one.open_until(end - timedelta(seconds=1)) == end
    assert one.open_until(end) == end


@given(WINDOWS, ZONES, MOMENTS)
def test_it_is_open_when_the_clock_on_the_wall_says_so(window: str, zone: str, now: datetime) -> None:
    there = now.astimezone(ZoneInfo(zone))
    offsets = {(there + timedelta(hours=hours)).utcoffset() for hours in (-25, -12, 0, 12, 25)}
    if len(offsets) > 1:
        return  # nights in which clocks are changed have examples of their own
    days, _, times = window.partition(" ")
    first, last = (DAYS.index(name) for name in days.split("-"))
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in times.split("-"))
    minute = there.hour * 60 + there.minute

    def begins_on(weekday: int) -> bool:
        return (weekday - first) % 7 <= (last - first) % 7

    today = begins_on(there.weekday()) and start <= minute < (end if end > start else 24 * 60)
    yesterday = end <= start and minute < end and begins_on((there.weekday() - 1) % 7)
    assert (shared(window, zone=zone).open_until(now) != now) == (today or yesterday)


@given(st.lists(WINDOWS, min_size=1, max_size=4), ZONES, MOMENTS)
def test_nothing_is_open_for_longer_than_the_longest(windows: list[str], zone: str, now: datetime) -> None:
    one = shared(*windows, zone=zone)
    longest, end = one.longest(now), one.open_until(now)
    assert longest is None or (end is not None and end - now <= longest)
