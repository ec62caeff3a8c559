"""A request's life as its page draws it: a bar of stretches of time, and what happened, try by try. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fuego_jenkins_remote.hub.records import Attempt, HistoryEntry
from fuego_jenkins_remote.network.states import FINAL, State

WIDTH = 1000
"""How wide the bar is drawn, in units of its own."""

_LEAST = 8
_SHOWN = 200

_WORDS = {
    State.PENDING: "waited",
    State.ASSIGNED: "got ready",
    State.RUNNING: "ran",
    State.TESTED: "delivered its run",
    State.LOST: "was lost",
}


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of the bar, from `x` on."""

    state: str
    x: float
    width: float


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """All the time that it spent in one state."""

    state: str
    words: str
    seconds: float
    times: int


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Something that happened; with `attempt` where a try begins."""

    entry: HistoryEntry
    attempt: Attempt | None = None

    @property
    def moved(self) -> bool:
        """Whether the state changed with it."""
        return self.entry.old != self.entry.new


@dataclass(frozen=True, kw_only=True)
class Life:
    """What the page draws; `earlier` moments are left out."""

    pieces: Sequence[Piece]
    stretches: Sequence[Stretch]
    moments: Sequence[Moment]
    earlier: int


def draw(history: Sequence[HistoryEntry], attempts: Sequence[Attempt], now: datetime) -> Life:
    """Draw it, as it is at this moment."""
    spans = _spans(history, now)
    moments = _moments(history, attempts)
    return Life(
        pieces=_pieces(spans[-_SHOWN:]),
        stretches=_stretches(spans),
        moments=moments[-_SHOWN:],
        earlier=max(0, len(moments) - _SHOWN),
    )


def _spans(history: Sequence[HistoryEntry], now: datetime) -> list[tuple[State, float]]:
    """States in their order, each with its seconds; of an end nothing is left to show."""
    moves = [entry for entry in history if entry.old != entry.new]
    ends = [entry.at for entry in moves[1:]] + [now]
    return [
        (State(entry.new), max(0.0, (end - entry.at).total_seconds()))
        for entry, end in zip(moves, ends, strict=True)
        if State(entry.new) not in FINAL
    ]


def _pieces(spans: Sequence[tuple[State, float]]) -> list[Piece]:
    whole = sum(seconds for _, seconds in spans) or 1.0
    # What was short is seen all the same.
    widths = [max(_LEAST, WIDTH * seconds / whole) for _, seconds in spans]
    scale = WIDTH / sum(widths) if widths else 1.0
    pieces, x = [], 0.0
    for (state, _), width in zip(spans, widths, strict=True):
        pieces.append(Piece(state=state, x=round(x, 1), width=round(width * scale, 1)))
        x += width * scale
    return pieces


def _stretches(spans: Sequence[tuple[State, float]]) -> list[Stretch]:
    found = []
    for state, words in _WORDS.items():
        times = [seconds for one, seconds in spans if one is state]
        if times:
            found.append(Stretch(state=state, words=words, seconds=sum(times), times=len(times)))
    return found


def _moments(history: Sequence[HistoryEntry], attempts: Sequence[Attempt]) -> list[Moment]:
    begun = iter(attempts)
    return [
        Moment(entry=entry, attempt=next(begun, None) if entry.new == State.ASSIGNED != entry.old else None)
        for entry in history
    ]
