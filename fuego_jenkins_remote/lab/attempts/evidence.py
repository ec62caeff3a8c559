"""What a test's end says of its surroundings: a board that could not be reached is no verdict on what was tested.

Only a run with status ERROR, or no run at all, is looked at, and only the end of its console, for two kinds of words:
what Fuego says itself (the heading of each phase, "Fuego error reason: ..." when a phase gives up), and what ssh,
shells and build tools print of a board or a compiler that is not there. The table is short on purpose: a console that
has none of it stays a run with status ERROR, which is honest. A test can print these words itself; all it wins is that
its own run is no result, and that the board is checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fuego_jenkins_remote.network.reasons import Reason

MAX_LINES, MAX_LINE = 2000, 1000
"""The last lines of a console that are looked at, and how much of each."""

_HEADING = re.compile(r"#+ doing fuego phase: (\w{1,40}) #+\s*")
_GIVEN_UP = re.compile(r"Fuego error reason: (.{1,300})")
_BEFORE_THE_TEST = frozenset({"pre_test", "pre_check"})
_AFTER_THE_TEST = frozenset({"post_test", "processing"})
_WITH_COMPILERS = frozenset({"", "pre_test", "pre_check", "build"})


@dataclass(frozen=True, kw_only=True)
class Sign:
    """A line that says what was not there. `phases`: those in which it counts; None is all."""

    reason: Reason
    line: re.Pattern[str]
    phases: frozenset[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The reason, and the line that shows it."""

    reason: Reason
    line: str


SIGNS: Sequence[Sign] = (
    Sign(
        reason=Reason.UNREACHABLE,
        line=re.compile(
            r"ssh: (connect to host \S+ port \d+: (No route to host|Connection (refused|timed out)|"
            r"Network is unreachable|Host is down)|Could not resolve hostname )|"
            r"(ssh|kex)_exchange_identification: |"
            r"(client_loop: send disconnect|Write failed): Broken pipe|"
            r"Timeout, server \S+ not responding|"
            r"Connection to \S+ (port \d+ )?(closed by remote host|timed out)|"
            r"lost connection$"
        ),
    ),
    Sign(
        reason=Reason.UNREACHABLE,
        line=re.compile(r"Fuego error reason: .*(not responding|unreachable|transport_connect|cannot connect)", re.I),
    ),
    Sign(
        reason=Reason.TOOLCHAIN,
        line=re.compile(
            r"Fuego error reason: .*(toolchain|no C compiler)|"
            r"configure: error: no acceptable C compiler found|"
            r"(\S+: )*(line \d+: )?[\w./+-]*\b(gcc|g\+\+|cc|c\+\+|ld|clang)(-[\d.]+)?: "
            r"(command not found|not found|No such file or directory)$|"
            r"make(\[\d+\])?: [\w./+-]*\b(gcc|g\+\+|cc|c\+\+|clang)(-[\d.]+)?: No such file or directory$"
        ),
        phases=_WITH_COMPILERS,
    ),
)


def look(console: str) -> Finding | None:
    """What the end of a console shows; None when it shows nothing of the kind."""
    lines = [line[:MAX_LINE].rstrip() for line in console.splitlines()[-MAX_LINES:]]
    phase, section, given_up = _where_it_ended(lines)
    for sign in SIGNS:
        if sign.phases is not None and phase not in sign.phases:
            continue
        for line in section:
            if sign.line.match(line):
                return Finding(reason=sign.reason, line=line[:300])
    if given_up and phase in _BEFORE_THE_TEST:
        return Finding(reason=Reason.PRE_CHECK, line=given_up)
    return None


def _where_it_ended(lines: Sequence[str]) -> tuple[str, Sequence[str], str]:
    """The phase that gave up (else the last one before the cleaning up), its lines to the end, and what it said.

    What an earlier phase printed does not count: a board may have been away while it started.
    """
    headings = list(_headings(lines))
    given_up = next(((at, match[1]) for at, line in enumerate(lines) if (match := _GIVEN_UP.match(line))), None)
    if given_up is not None:
        passed = [(at, phase) for at, phase in headings if at < given_up[0]]
    else:
        passed = [(at, phase) for at, phase in headings if phase not in _AFTER_THE_TEST]
    begin, phase = passed[-1] if passed else (0, "")
    return phase, lines[begin:], given_up[1] if given_up else ""


def _headings(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    for at, line in enumerate(lines):
        if match := _HEADING.fullmatch(line):
            yield at, match[1]
