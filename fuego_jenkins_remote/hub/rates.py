"""How many calls the hub takes of one lab, of one user, of one address without a good token.

No bridge comes near: with 500 boards whose tests take a minute each it makes 40 calls a second, and 500 within seconds
when all of them begin at once. A user may have scripts that put thousands of requests over many connections.
"""

from __future__ import annotations

from fuego_jenkins_remote.service.limits.callers import ADDRESS
from fuego_jenkins_remote.service.limits.entrance import Limits, Share
from fuego_jenkins_remote.service.limits.rates import Rate

CALLS = 50.0
"""Calls a second that a lab may make in the long run; the others are in proportion to it."""

_THREADS_OF_FORTY = 8


def limits(calls: float = CALLS) -> Limits | None:
    """The limits for a number of calls a second; None for 0."""
    if not calls:
        return None
    paced = Rate(a_second=1.5 * calls, at_once=_whole(3 * calls))
    lab = Share(rate=_rate(calls, 12), pace=paced, at_a_time=_THREADS_OF_FORTY)
    user = Share(rate=_rate(2 * calls, 50), at_a_time=2 * _THREADS_OF_FORTY)
    # Hundreds of labs behind one address have a first call each when the hub was started again.
    address = Share(rate=_rate(calls, 40), at_a_time=_THREADS_OF_FORTY)
    return Limits(shares={"lab": lab, "user": user, ADDRESS: address})


def _rate(calls: float, seconds_at_once: float) -> Rate:
    return Rate(a_second=calls, at_once=_whole(calls * seconds_at_once))


def _whole(calls: float) -> int:
    return max(1, round(calls))


USUAL = limits()
"""Where the operator says nothing."""
