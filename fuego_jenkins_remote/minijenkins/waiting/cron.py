"""Jenkins' cron words: five fields, lists, ranges, steps, `H`, `@hourly` and the like, a `TZ=` line. Pure.

The rules are those of Jenkins' own help of "Build periodically" and of its tests; `H` gives the very minutes that a
Jenkins gives to a job of the same name. Unlike cron(8), a day must match the day of the month and that of the week.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from ..errors import BadSchedule

_LOWEST = (0, 0, 1, 1, 0)
_HIGHEST = (59, 23, 31, 12, 7)
# What H may become: never a day that some months have not, and Sunday once.
_HIGHEST_HASHED = (59, 23, 28, 12, 6)
_ALIASES = {
    "@yearly": "H H H H *",
    "@annually": "H H H H *",
    "@monthly": "H H H * *",
    "@weekly": "H H * * H",
    "@daily": "H H * * *",
    "@midnight": "H H(0-2) * * *",
    "@hourly": "H * * * *",
}
_TERM = re.compile(
    r"(?P<all>\*)(?:/(?P<all_step>\d{1,4}))?"
    r"|(?P<hash>H)(?:\((?P<hash_low>\d{1,4})-(?P<hash_high>\d{1,4})\))?(?:/(?P<hash_step>\d{1,4}))?"
    r"|(?P<low>\d{1,4})(?:-(?P<high>\d{1,4})(?:/(?P<step>\d{1,4}))?)?"
)
_LONGEST = 10_000

Pick = Callable[[int], int]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a schedule: the values of minute, hour, day of month, month and day of week (0 is Sunday)."""

    fields: tuple[frozenset[int], ...]

    def matches(self, local: datetime) -> bool:
        """Whether a minute of the schedule's own zone is one of these."""
        now = (local.minute, local.hour, local.day, local.month, local.isoweekday() % 7)
        return all(value in field for value, field in zip(now, self.fields, strict=True))


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """All lines of a spec; `zone` is None for this machine's own."""

    lines: tuple[Line, ...]
    zone: tzinfo | None = None

    def matches(self, moment: datetime) -> bool:
        """Whether this minute (aware) is one of the schedule's."""
        local = moment.astimezone(self.zone)
        return any(line.matches(local) for line in self.lines)


@lru_cache(maxsize=4096)
def schedule(spec: str, job: str) -> Schedule:
    """The schedule that a spec means for the job of this name. Raises `BadSchedule`, in Jenkins' words."""
    if len(spec) > _LONGEST:
        raise BadSchedule(f"the schedule is longer than {_LONGEST} characters")
    pick, zone, lines = _picker(job), None, []
    for number, raw in enumerate(re.split(r"\r?\n", spec), 1):
        line = raw.strip()
        if number == 1 and line.startswith("TZ="):
            zone = _zone(line.removeprefix("TZ="))
        elif line and not line.startswith("#"):
            try:
                lines.append(_line(line, pick))
            except BadSchedule as error:
                raise BadSchedule(f'Invalid input: "{line[:100]}": line {number}: {error}') from None
    return Schedule(lines=tuple(lines), zone=zone)


def _line(text: str, pick: Pick) -> Line:
    if text.startswith("@"):
        if text not in _ALIASES:
            raise BadSchedule(f"{text[:40]} is none of {', '.join(_ALIASES)}")
        text = _ALIASES[text]
    words = text.split()
    if len(words) != len(_LOWEST):
        raise BadSchedule(f"{len(words)} fields where there are five: minute, hour, day of month, month, day of week")
    fields = [_field(word, position, pick) for position, word in enumerate(words)]
    return Line(fields=(*fields[:4], frozenset(day % 7 for day in fields[4])))


def _field(word: str, position: int, pick: Pick) -> frozenset[int]:
    values: set[int] = set()
    for term in word.split(","):
        match = _TERM.fullmatch(term)
        if not match:
            raise BadSchedule(f"{term[:40]!r} is not understood")
        values |= _term(
            {name: int(text) for name, text in match.groupdict().items() if text and text.isdigit()},
            match,
            position,
            pick,
        )
    return frozenset(values)


def _term(numbers: dict[str, int], match: re.Match[str], position: int, pick: Pick) -> set[int]:
    lowest, highest = _LOWEST[position], _HIGHEST[position]
    if match["all"]:
        return _steps(lowest, highest, numbers.get("all_step", 1), position)
    if match["hash"]:
        low = numbers.get("hash_low", lowest)
        high = numbers.get("hash_high", _HIGHEST_HASHED[position])
        return _hashed(low, high, numbers.get("hash_step", 1), position, pick)
    low = numbers["low"]
    return _steps(low, numbers.get("high", low), numbers.get("step", 1), position)


def _steps(low: int, high: int, step: int, position: int) -> set[int]:
    _check(low, high, step, position)
    return set(range(low, high + 1, step))


def _hashed(low: int, high: int, step: int, position: int, pick: Pick) -> set[int]:
    _check(low, high, step, position)
    if step > high - low + 1:
        raise BadSchedule(f"{step} is an invalid value. Must be within 1 and {high - low + 1}")
    if step == 1:
        return {low + pick(high - low + 1)}
    return set(range(low + pick(step), high + 1, step))


def _check(low: int, high: int, step: int, position: int) -> None:
    for value in (low, high):
        if not _LOWEST[position] <= value <= _HIGHEST[position]:
            raise BadSchedule(
                f"{value} is an invalid value. Must be within {_LOWEST[position]} and {_HIGHEST[position]}"
            )
    if step < 1:
        raise BadSchedule(f"step must be positive, but found {step}")
    if low > high:
        raise BadSchedule(f"You mean {high}-{low}?")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadSchedule(f"Invalid or unsupported timezone '{name[:60]}'") from None


def _picker(job: str) -> Pick:
    """Numbers below a bound, the same for the same name: MD5 of it, folded, is the seed of java.util.Random."""
    digest = hashlib.md5(job.encode("utf-8", "replace"), usedforsecurity=False).digest()
    folded = bytes(a ^ b for a, b in zip(digest[:8], digest[8:], strict=True))
    state = (int.from_bytes(folded, "big") ^ 0x5DEECE66D) & (2**48 - 1)

    def next_31_bits() -> int:
        nonlocal state
        state = (state * 0x5DEECE66D + 0xB) & (2**48 - 1)
        return state >> 17

    def pick(bound: int) -> int:
        if bound & (bound - 1) == 0:
            return (bound * next_31_bits()) >> 31
        while True:
            bits = next_31_bits()
            # The last, incomplete stretch of the 31 bits would make small numbers likelier.
            if bits - bits % bound + bound - 1 < 2**31:
                return bits % bound

    return pick
