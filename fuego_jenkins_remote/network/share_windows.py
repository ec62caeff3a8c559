"""When a lab shares its boards: windows of the week, as in boards.yaml and in a board's terms. Pure.

    share:
      time_zone: Europe/Berlin
      windows: ["Mon-Fri 18:00-08:00", "Sat-Sun 00:00-24:00"]

The days are those on which a window begins; one whose end is not after its beginning ends on the next day. Times are
those of a clock on the wall there: a window is an hour shorter or longer in the night in which clocks are changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_KEYS = frozenset({"time_zone", "windows"})
_WINDOW = re.compile(r"(\w+)(?:-(\w+))? +(\d\d?):(\d\d) *- *(\d\d?):(\d\d)")
_DAY = 24 * 60
_MOST_WINDOWS = 50
_HORIZON = timedelta(days=8)
"""Windows that join for longer than a week have no end."""


class BadWindows(ValueError):
    """What stands under `share` is not understood; the message names the key."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """Begins on `days` (0 is Monday) at `start`, ends at `end`, in minutes after midnight.

    An end that is not later than the start is one of the next day.
    """

    days: frozenset[int]
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class ShareWindows:
    """The windows of one board, in one place's time."""

    zone: ZoneInfo
    windows: tuple[Window, ...]

    @classmethod
    def from_yaml(cls, value: object) -> Self:
        """Read what stands under `share`. Raises BadWindows."""
        if not isinstance(value, dict) or (unknown := [str(key) for key in value if key not in _KEYS]):
            wrong = f"unknown key {unknown[0]!r}" if isinstance(value, dict) else "values are expected"
            raise BadWindows(f"share: {wrong} (known: time_zone, windows)")
        texts = value.get("windows")
        if not isinstance(texts, list) or not texts or len(texts) > _MOST_WINDOWS:
            raise BadWindows(f'share: windows is a list of 1 to {_MOST_WINDOWS}, like ["Mon-Fri 18:00-08:00"]')
        return cls(zone=_zone(value.get("time_zone")), windows=tuple(_window(text) for text in texts))

    def open_until(self, now: datetime) -> datetime | None:
        """The end of what is open at `now` (aware), in UTC: `now` itself when closed, None when it never ends."""
        if now.tzinfo is None:
            raise ValueError("a time without its zone")
        spans = self._spans_around(now)
        end = now.astimezone(UTC)
        for begins, ends in spans:
            if begins <= end < ends:
                end = ends
        return None if end - now > _HORIZON else end

    def longest(self, now: datetime) -> timedelta | None:
        """The longest time without a break in the week around `now` (aware); None where there is one without end."""
        if now.tzinfo is None:
            raise ValueError("a time without its zone")
        longest, begin, end = timedelta(0), datetime.min.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
        for begins, ends in self._spans_around(now):
            if begins > end:
                begin = begins
            end = max(end, ends)
            longest = max(longest, end - begin)
        return None if longest > _HORIZON else longest

    def opens(self, now: datetime, least: timedelta = timedelta(0)) -> datetime | None:
        """When the next time without a break begins after `now` (aware), in UTC, that is as long as `least`.

        None: none does within a week.
        """
        begin = end = datetime.min.replace(tzinfo=UTC)
        for begins, ends in self._spans_around(now):
            if begins > end:
                begin = begins
            end = max(end, ends)
            if begin > now and end - begin >= least:
                return begin
        return None

    def _spans_around(self, now: datetime) -> Sequence[tuple[datetime, datetime]]:
        """Beginning and end, in UTC, of each window that is near enough to count, in order.

        Many boards share one set of windows, and all are asked about at once: each day's are reckoned once.
        """
        return _spans(self, now.astimezone(self.zone).date())

    def spans(self, today: date) -> Iterator[tuple[datetime, datetime]]:
        """Beginning and end, in UTC, of each window that is near enough to a day to count."""
        for offset in range(-2, _HORIZON.days + 3):
            day = today + timedelta(days=offset)
            for window in self.windows:
                if day.weekday() in window.days:
                    last = day if window.end > window.start else day + timedelta(days=1)
                    yield self._moment(day, window.start), self._moment(last, window.end)

    def _moment(self, day: date, minutes: int) -> datetime:
        days, minutes = divmod(minutes, _DAY)
        at = datetime.combine(day + timedelta(days=days), time(minutes // 60, minutes % 60), tzinfo=self.zone)
        return at.astimezone(UTC)


@lru_cache(maxsize=256)
def _spans(windows: ShareWindows, today: date) -> tuple[tuple[datetime, datetime], ...]:
    return tuple(sorted(windows.spans(today)))


def _zone(name: object) -> ZoneInfo:
    try:
        return ZoneInfo(name if isinstance(name, str) else "")
    # What is no name at all is looked for as a file.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadWindows(f"share: time_zone: {name!r} is no time zone (like Europe/Berlin)") from None


def _window(text: object) -> Window:
    found = _WINDOW.fullmatch(text.strip()) if isinstance(text, str) and len(text) < 100 else None
    if found is None:
        raise BadWindows(f"share: windows: {str(text)[:100]!r} is no window (like Mon-Fri 18:00-08:00)")
    first, last, *numbers = found.groups()
    hours, minutes, end_hours, end_minutes = (int(number) for number in numbers)
    start, end = 60 * hours + minutes, 60 * end_hours + end_minutes
    if minutes > 59 or end_minutes > 59 or start >= _DAY or end > _DAY:
        raise BadWindows(f"share: windows: {text!r}: times go from 00:00 to 24:00")
    if start == end:
        raise BadWindows(f"share: windows: {text!r} begins when it ends (a whole day is 00:00-24:00)")
    return Window(days=_days(first, last or first, str(text)), start=start, end=end)


def _days(first: str, last: str, text: str) -> frozenset[int]:
    for name in (first, last):
        if name not in DAYS:
            raise BadWindows(f"share: windows: {text!r}: {name} is no day (known: {', '.join(DAYS)})")
    begin, end = DAYS.index(first), DAYS.index(last)
    return frozenset(day % 7 for day in range(begin, end + 1 if end >= begin else end + 8))
