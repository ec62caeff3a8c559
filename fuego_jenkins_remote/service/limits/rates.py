"""How many calls a caller may make: so many at once, so many a second in the long run.

A bucket that holds so many calls and fills again all the time, kept as one number a caller: the moment at which it
will be full (the "generic cell rate algorithm", ITU-T I.371). A call moves that moment on; one for which there is
nothing left, nor soon will be, moves nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

MOST_KEPT = 50_000
"""Callers that are remembered at a time; beyond them the one that has called least lately is forgotten."""

_NOTHING = 1e-6
"""Of the time between two calls: what sums of floating numbers are wrong by."""


@dataclass(frozen=True, kw_only=True)
class Rate:
    """`a_second` calls in the long run, `at_once` after a pause; both above 0."""

    a_second: float
    at_once: int

    def __post_init__(self) -> None:
        """Refuse (ValueError) what would let nobody in."""
        if not (self.a_second > 0 and self.at_once >= 1):
            raise ValueError("a rate lets in one call at least")


class Buckets:
    """What each caller has left, of one rate for each of them. To be used in one thread."""

    def __init__(self, rate: Rate, most_kept: int = MOST_KEPT) -> None:
        """All are full."""
        self.rate = rate
        self._most_kept = most_kept
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, caller: str, now: float, patience: float = 0.0) -> float:
        """For how many seconds a call has to wait that comes at `now` (of a monotonic clock); 0.0: not at all.

        It is counted, unless that is longer than `patience`. Those that wait come in the order in which they asked.
        """
        each = 1 / self.rate.a_second
        full_at = max(self._full_at.get(caller, now), now) + each
        early = full_at - now - self.rate.at_once * each
        if early > max(patience, each * _NOTHING):
            return early
        self._full_at[caller] = full_at
        self._full_at.move_to_end(caller)
        if len(self._full_at) > self._most_kept:
            self._full_at.popitem(last=False)
        return max(early, 0.0)
