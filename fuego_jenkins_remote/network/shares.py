"""Whose turn it is on a board: fair shares between the teams that wait for it, and between the people of each. Pure.

A board gives its time in equal parts to those that wait for it. Each of them has used some of it (seconds), and all
share a clock that goes with the one who has used least: who comes new, or was away, starts where the clock is, so that
nobody gets now what went unused before, and nobody is held back for what was used while nobody else waited.

Before that come the lab's own team, then the higher priority. So that nobody starves below a flood of high priorities,
every fourth turn goes by the shares alone. Between users of one team it is the same, on the team's turns.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

SHARED_TURN = 4
"""Of so many turns one goes by the shares alone, whatever the priorities."""

LEAST_SECONDS = 10.0
"""A turn counts as this long at least: to begin one takes its time, too."""


class Contender(Protocol):
    """Who waits for a board, a team or a user: `own` is the lab's own team, `priority` the one that counts, `head` the
    request that would run, `used` what was used so far. Ids of requests sort by age.
    """

    own: bool
    priority: int
    head: str
    used: float


@dataclass(frozen=True, kw_only=True)
class Clock:
    """The clock of those who share something: `seconds` as of the one who had used least, and turns given so far."""

    seconds: float = 0.0
    turns: int = 0

    @property
    def by_shares_alone(self) -> bool:
        """Whether the next turn leaves the priorities aside."""
        return self.turns % SHARED_TURN == SHARED_TURN - 1


Rank = tuple[bool, int, float, float, str]


def rank(one: Contender, clock: Clock) -> Rank:
    """By this they stand in order: the smallest has the next turn."""
    priority = 0 if clock.by_shares_alone and not one.own else -one.priority
    return (not one.own, priority, started(one.used, clock), one.used, one.head)


def started(used: float, clock: Clock) -> float:
    """From where on the next turn of one counts who has used so much."""
    return max(used, clock.seconds)


def moved(clock: Clock, waiting: Iterable[Contender], *, counts: bool = True) -> Clock:
    """The clock after a turn for one of those that wait; a turn of the own team `counts` not."""
    least = min((started(one.used, clock) for one in waiting if not one.own), default=clock.seconds)
    return Clock(seconds=max(clock.seconds, least), turns=clock.turns + counts)


def taken(seconds: float, *, began: bool) -> float:
    """What a turn of so many seconds counts; nothing where the test never began."""
    return max(seconds, LEAST_SECONDS) if began else 0.0
