"""Spans of time as Jenkins writes them (its Util.getTimeSpanString)."""

from __future__ import annotations

_SECOND = 1000
_UNITS = (
    ("yr", 365 * 24 * 3600 * _SECOND),
    ("mo", 30 * 24 * 3600 * _SECOND),
    ("day", 24 * 3600 * _SECOND),
    ("hr", 3600 * _SECOND),
    ("min", 60 * _SECOND),
    ("sec", _SECOND),
)


def time_span(milliseconds: int) -> str:
    """`77 ms`, `0.12 sec`, `4.9 sec`, `12 sec`, `2 min 5 sec`, `13 min`: below ten of a unit with the next one."""
    if milliseconds < 100:
        return f"{milliseconds} ms"
    if milliseconds < _SECOND:
        return f"{milliseconds // 10 / 100:g} sec"
    if milliseconds < 10 * _SECOND:
        return f"{milliseconds // 100 / 10:g} sec"
    position = next(n for n, (_, size) in enumerate(_UNITS) if milliseconds >= size)
    name, size = _UNITS[position]
    count, rest = divmod(milliseconds, size)
    text = _counted(count, name)
    if count < 10 and position + 1 < len(_UNITS):
        smaller, its_size = _UNITS[position + 1]
        text += f" {_counted(rest // its_size, smaller)}"
    return text


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}{'s' if unit == 'day' and count != 1 else ''}"
