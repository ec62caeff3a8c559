"""Campaigns, as `ftc show-campaign` and the hub's page show them: what is done of one, and its table. Pure.

A campaign is many requests that were put together. Those that were put again are replaced by the newer ones: only what
stands now is in its table and its counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fuego_jenkins_remote.network.states import FINAL, State

WELL = frozenset({"PASS", "SKIP"})
"""The statuses that are no reason to look closer."""

# The first of them that a cell or a campaign has is what people want to see.
WORST_FIRST = (
    "FAIL",
    "ERROR",
    "error",
    "lost",
    "rejected",
    "expired",
    "cancelled",
    "held",
    "pending",
    "assigned",
    "running",
    "SKIP",
    "PASS",
)


class Group(StrEnum):
    """Requests that may be asked for again, by why."""

    FAILED = "failed"  # the test ran, and said FAIL or ERROR
    LOST = "lost"  # no verdict, though nobody wanted that: error, lost, expired
    CANCELLED = "cancelled"  # somebody called it off
    REJECTED = "rejected"  # no lab wants to run it, or no board is left


USUALLY_AGAIN = (Group.FAILED, Group.LOST)
"""What is asked for again where nobody says what: not what people have decided."""

_WITHOUT_VERDICT = {
    State.ERROR: Group.LOST,
    State.LOST: Group.LOST,
    State.EXPIRED: Group.LOST,
    State.CANCELLED: Group.CANCELLED,
    State.REJECTED: Group.REJECTED,
}


@dataclass(frozen=True, kw_only=True)
class Part:
    """A request, as far as its campaign's table needs it; `host` and `board` are empty while no lab has it."""

    id: str
    test: str
    spec: str
    selector: str
    state: State
    status: str
    held: bool = False
    host: str = ""
    board: str = ""
    reason: str = ""
    run_url: str = ""

    @property
    def place(self) -> str:
        """Where it runs or ran, else where it may."""
        return f"{self.host}:{self.board}" if self.board else self.selector

    @property
    def word(self) -> str:
        """How it is, in one of WORST_FIRST: the test's status, or the state while there is none."""
        if self.status:
            return self.status
        return "held" if self.held and self.state is State.PENDING else str(self.state)

    @property
    def ended(self) -> bool:
        """Nothing more happens to it."""
        return self.state in FINAL

    @property
    def well(self) -> bool:
        """It ran, and nobody has to look."""
        return self.state is State.DONE and self.status in WELL

    @property
    def group(self) -> Group | None:
        """As what it may be asked for again; none while it goes on, and where all is well."""
        if self.state is State.DONE:
            return None if self.well else Group.FAILED
        return _WITHOUT_VERDICT.get(self.state)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a campaign is: how many requests, how many have ended and are well, and how many say each word."""

    total: int
    ended: int
    well: int
    counts: Mapping[str, int]

    @property
    def over(self) -> bool:
        """All have ended."""
        return self.ended == self.total

    @property
    def all_well(self) -> bool:
        """All have ended with PASS or SKIP: what `--wait` gives exit status 0 for."""
        return self.well == self.total

    @property
    def worst(self) -> str:
        """The worst word that any of them says."""
        return next(iter(self.counts), "")

    @property
    def so_far(self) -> str:
        """`3 of 12 have ended`, `1 of 12 has ended`."""
        return f"{self.ended} of {self.total} {'has' if 1 in (self.ended, self.total) else 'have'} ended"

    def __str__(self) -> str:
        """`3 of 12 have ended: 1 FAIL, 2 PASS; 9 pending`."""
        return f"{self.so_far}: {said(self.counts)}"


def progress(parts: Iterable[Part]) -> Progress:
    """Count."""
    return progress_of((part, 1) for part in parts)


def progress_of(counted: Iterable[tuple[Part, int]]) -> Progress:
    """As `progress`, of how many there are of each kind, as a database counts them."""
    parts = list(counted)
    words: Counter[str] = Counter()
    for part, number in parts:
        words[part.word] += number
    return Progress(
        total=sum(number for _, number in parts),
        ended=sum(number for part, number in parts if part.ended),
        well=sum(number for part, number in parts if part.well),
        counts=_ordered(words),
    )


def by_word(words: Iterable[str]) -> dict[str, int]:
    """How often each word is there, the worst first."""
    return _ordered(Counter(words))


def said(counts: Mapping[str, int]) -> str:
    """`2 FAIL, 9 PASS`."""
    return ", ".join(f"{number} {word}" for word, number in counts.items())


@dataclass(frozen=True, kw_only=True)
class Row:
    """A test with one spec, and what it has for each place of the table, the worst first."""

    test: str
    spec: str
    cells: tuple[tuple[Part, ...], ...]

    @property
    def name(self) -> str:
        """The test, and its spec where it is not the usual one."""
        return self.test if self.spec == "default" else f"{self.test} ({self.spec})"


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """Tests down, places across: a board where it is known, a selector while it is not."""

    places: tuple[str, ...]
    rows: tuple[Row, ...]


def matrix(parts: Iterable[Part]) -> Matrix:
    """The table of these requests, the same whatever their order."""
    found: dict[tuple[str, str], dict[str, list[Part]]] = {}
    for part in parts:
        found.setdefault((part.test, part.spec), {}).setdefault(part.place, []).append(part)
    places = tuple(sorted({place for cells in found.values() for place in cells}))
    rows = tuple(
        Row(test=test, spec=spec, cells=tuple(_sorted(cells.get(place, ())) for place in places))
        for (test, spec), cells in sorted(found.items())
    )
    return Matrix(places=places, rows=rows)


def cell_text(cell: Sequence[Part]) -> str:
    """What a cell says: a word, or how many say which; empty for none."""
    if not cell:
        return ""
    counts = by_word(part.word for part in cell)
    return next(iter(counts)) if len(cell) == 1 else said(counts)


def _sorted(cell: Iterable[Part]) -> tuple[Part, ...]:
    return tuple(sorted(cell, key=lambda part: (_badness(part.word), part.id)))


def _ordered(counts: Mapping[str, int]) -> dict[str, int]:
    return {word: counts[word] for word in sorted(counts, key=_badness)}


def _badness(word: str) -> tuple[int, str]:
    return (WORST_FIRST.index(word), "") if word in WORST_FIRST else (-1, word)
