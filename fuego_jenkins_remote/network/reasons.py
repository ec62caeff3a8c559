"""What counts as infrastructure: why an attempt could not be run, in the one table that says what follows from it.

A reason goes over the wire as its word. What stands here is never a test's own verdict: a test that ran and failed is a
run with status FAIL. How a lab tells the reasons apart that a test's console shows is in lab/attempts/evidence.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """A reason of an `error`, and of a script that ended without a run."""

    UNREACHABLE = "board-unreachable"
    TOOLCHAIN = "toolchain-missing"
    PRE_CHECK = "pre-check"
    NO_RUN = "no-run"
    TIME_LIMIT = "time-limit"
    ABORTED = "aborted"
    SCRIPT = "script"
    BAD_RUN = "bad-run"
    BUILD_GONE = "build-gone"
    LOST = "lost"
    NEVER_STARTED = "never-started"
    COULD_NOT_TRIGGER = "could-not-trigger"
    COULD_NOT_PREPARE = "could-not-prepare"


@dataclass(frozen=True, kw_only=True)
class Infrastructure:
    """A reason's row: what a person reads, whether the board needs a check before the next claim, and whether
    another board may do better, so that a retry that was asked for makes sense.
    """

    meaning: str
    check_board: bool
    elsewhere: bool


TABLE: dict[Reason, Infrastructure] = {
    Reason.UNREACHABLE: Infrastructure(meaning="the board could not be reached", check_board=True, elsewhere=True),
    Reason.TOOLCHAIN: Infrastructure(
        meaning="the lab has no toolchain for the board", check_board=False, elsewhere=True
    ),
    Reason.PRE_CHECK: Infrastructure(
        meaning="the board lacks something that the test needs", check_board=True, elsewhere=True
    ),
    Reason.NO_RUN: Infrastructure(
        meaning="the test ended without a run.json; see the end of its console", check_board=True, elsewhere=True
    ),
    Reason.TIME_LIMIT: Infrastructure(
        meaning="the test went on beyond its time limit and was stopped", check_board=True, elsewhere=True
    ),
    Reason.ABORTED: Infrastructure(
        meaning="the job was aborted in Jenkins before the test had a result", check_board=True, elsewhere=True
    ),
    Reason.SCRIPT: Infrastructure(
        meaning="the job's script could not do its work; see the end of its console", check_board=True, elsewhere=True
    ),
    Reason.BAD_RUN: Infrastructure(
        meaning="the run that the test left cannot be read", check_board=True, elsewhere=True
    ),
    Reason.BUILD_GONE: Infrastructure(
        meaning="the lab's Jenkins has lost the build and left no result", check_board=True, elsewhere=True
    ),
    # The hub says this of a lab that it does not hear; the lab judges its board by what it finds there itself.
    Reason.LOST: Infrastructure(
        meaning="nothing was heard of the attempt for too long", check_board=False, elsewhere=True
    ),
    Reason.NEVER_STARTED: Infrastructure(
        meaning="the job ended before it reached the test", check_board=False, elsewhere=True
    ),
    Reason.COULD_NOT_TRIGGER: Infrastructure(
        meaning="the lab's Jenkins did not take the job", check_board=False, elsewhere=True
    ),
    # The test itself is not right, or is not where the request says: so it is for every lab.
    Reason.COULD_NOT_PREPARE: Infrastructure(
        meaning="the lab could not prepare the request", check_board=False, elsewhere=False
    ),
}


def meaning(reason: str) -> str:
    """What a person reads for `reason`; an unknown word (a newer lab's) is given as it is."""
    row = _row(reason)
    return row.meaning if row else reason


def needs_check(reason: str) -> bool:
    """Whether the board is to be checked before it gets the next request. An unknown word is no reason not to."""
    row = _row(reason)
    return row is None or row.check_board


def may_go_elsewhere(reason: str) -> bool:
    """Whether a retry on another board makes sense. An unknown word is no reason against it."""
    row = _row(reason)
    return row is None or row.elsewhere


def table_markdown() -> str:
    """The table as docs/states.md shows it."""
    lines = ["| reason | meaning | the board is checked | a retry elsewhere makes sense |", "|---|---|---|---|"]
    lines += [
        f"| `{reason}` | {row.meaning} | {_word(row.check_board)} | {_word(row.elsewhere)} |"
        for reason, row in TABLE.items()
    ]
    return "\n".join(lines) + "\n"


def is_the_boards(reason: str) -> bool:
    """Whether an attempt that ended so speaks against the board. An unknown word does, as any trouble there may.

    Not where the test itself is not right, for which no other board would do better, nor where a person has aborted it;
    nor what a request can bring about by itself: else three of somebody's tests would take a board out.
    """
    return may_go_elsewhere(reason) and reason not in _OF_THE_REQUEST


_OF_THE_REQUEST = frozenset({Reason.ABORTED, Reason.PRE_CHECK, Reason.TOOLCHAIN, Reason.TIME_LIMIT, Reason.BAD_RUN})


def _row(reason: str) -> Infrastructure | None:
    try:
        return TABLE[Reason(reason)]
    except ValueError:
        return None


def _word(flag: bool) -> str:
    return "yes" if flag else "no"
