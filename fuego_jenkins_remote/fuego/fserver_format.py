"""What an old Fuego server and its clients say to each other: first lines, ids, file names, JSON, filters. Pure.

Read off answers of the original CGI program, `fserver.py` (2018 to 2022). Its answers begin with a line OK or FAIL;
what begins otherwise is a page for people, be it of an error. Its times in ids are UTC, to a hundredth of a second.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fuego_jenkins_remote.fuego.errors import BadName

OK = "OK"
FAIL = "FAIL"

FILE_FIELD = "file1"
"""The field of a form that holds an uploaded file."""

CHANGEABLE = ("state", "run_id", "start_time", "done_time", "reason")
"""What update_request may change of a request."""

RUNNING_HOURS = 12
"""A request that has been running for so long becomes an error with the next query."""

MAX_ID = 400
"""The longest id, in characters: it is a file's name there."""

_MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}_[0-9]{2}:[0-9]{2}:[0-9]{2}"
# A name may be anything there but what leads out of a folder; a board's may hold a colon, a host's may not.
_REQUEST = re.compile(rf"request-(?P<at>{_MOMENT}\.[0-9]{{2}})-(?P<host>[^/:\s]+):(?P<board>[^/\s]+)")
_RUN = re.compile(rf"(?:run-)?(?P<at>{_MOMENT})-(?P<test>[^/\s]+)-on-(?P<host>[^/:\s]+):(?P<board>[^/\s]+)")
_TEST = re.compile(r"(?!.*\.\.)(?P<name>[^/\s]+)-(?P<version>[^/\s-]+)-(?P<release>[^/\s-]+)")
_BINARY = re.compile(r"(?!.*\.\.)(?P<toolchain>[^/\s]+?)-(?P<name>(?:Functional|Benchmark)\.[^/\s]+)")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came behind the first line, and whether that was OK."""

    ok: bool
    rest: str

    @property
    def reason(self) -> str:
        """Why it failed, in a line: what it did before comes first in such an answer, what went wrong behind it."""
        lines = [" ".join(line.split()) for line in self.rest.splitlines() if line.strip()]
        return next((line for line in lines if line.startswith("Error")), lines[-1] if lines else "no reason")

    @property
    def lines(self) -> list[str]:
        """Its lines that hold something: the ids of a query."""
        return [line.strip() for line in self.rest.splitlines() if line.strip()]


@dataclass(frozen=True, kw_only=True)
class RequestId:
    """`request-YYYY-MM-DD_HH:MM:SS.cc-HOST:BOARD`: when it was put, and for which board."""

    at: datetime
    host: str
    board: str

    def __str__(self) -> str:
        """As the server writes it."""
        return f"request-{self.at:%Y-%m-%d_%H:%M:%S}.{self.at.microsecond // 10_000:02d}-{self.host}:{self.board}"

    @classmethod
    def parse(cls, text: str) -> RequestId:
        """Read one; raises BadName."""
        return cls(**_parts(_REQUEST, text, "is no request", "request-2026-11-23_10:15:00.12-timslab:bbb"))


@dataclass(frozen=True, kw_only=True)
class RunId:
    """`run-YYYY-MM-DD_HH:MM:SS-TEST-on-HOST:BOARD`; requests and folders call the same run so without `run-`."""

    at: datetime
    test: str
    host: str
    board: str

    def __str__(self) -> str:
        """With `run-`, as the package and its data are called."""
        return f"run-{self.bare}"

    @property
    def bare(self) -> str:
        """Without `run-`, as a request's run_id has it."""
        return f"{self.at:%Y-%m-%d_%H:%M:%S}-{self.test}-on-{self.host}:{self.board}"

    @classmethod
    def parse(cls, text: str) -> RunId:
        """Read one, with or without `run-`, or with `.frp`; raises BadName. The time has no zone: Fuego's is local."""
        example = "run-2026-11-23_10:15:00-Functional.hello_world-on-timslab:bbb"
        return cls(**_parts(_RUN, text, "is no run", example, ending=".frp"))


@dataclass(frozen=True, kw_only=True)
class TestId:
    """`NAME-VERSION-RELEASE`: a test package without its `.ftp`."""

    __test__ = False  # for pytest: no test case

    name: str
    version: str
    release: str

    def __str__(self) -> str:
        """As the server writes it."""
        return f"{self.name}-{self.label}"

    @property
    def label(self) -> str:
        """`VERSION-RELEASE`."""
        return f"{self.version}-{self.release}"

    @classmethod
    def parse(cls, text: str) -> TestId:
        """Read one, with or without `.ftp`; raises BadName."""
        return cls(**_parts(_TEST, text, "is no test", "Functional.hello_world-1.1-1", ending=".ftp"))


@dataclass(frozen=True, kw_only=True)
class BinaryId:
    """`TOOLCHAIN-TEST`: a test's binaries, without `-binary-package.ftbp`."""

    toolchain: str
    name: str

    def __str__(self) -> str:
        """As the server writes it."""
        return f"{self.toolchain}-{self.name}"

    @property
    def file(self) -> str:
        """What the package is called."""
        return f"{self}{BINARY_END}"

    @classmethod
    def parse(cls, text: str) -> BinaryId:
        """Read one, with or without the end of the package's name; raises BadName."""
        return cls(**_parts(_BINARY, text, "are no binaries", "debian-armhf-Functional.hello_world", ending=BINARY_END))


BINARY_END = "-binary-package.ftbp"
"""What the names of packages of binaries end with."""


def _parts(pattern: re.Pattern[str], text: str, what: str, example: str, *, ending: str = "") -> dict[str, Any]:
    """What an id says, by the names of its fields; `ending` is what a file's name has behind it. Raises BadName."""
    found = pattern.fullmatch(text.removesuffix(ending)) if len(text) <= MAX_ID and text.isprintable() else None
    parts: dict[str, Any] = found.groupdict() if found else {}
    try:
        if "at" in parts:
            parts["at"] = _moment(parts["at"], "%Y-%m-%d_%H:%M:%S.%f" if "." in parts["at"] else "%Y-%m-%d_%H:%M:%S")
    except ValueError:
        parts = {}
    if not parts:
        raise BadName(f"{text[:100]!r} {what} of an old Fuego server (like {example})")
    return parts


def read_answer(text: str) -> Answer | None:
    """What an answer says; None for a page, which is none."""
    first, _, rest = text.partition("\n")
    word = first.strip()
    return Answer(ok=word == OK, rest=rest) if word in {OK, FAIL} else None


def as_json(record: Mapping[str, object], *, line_end: bool = True) -> str:
    """A record as the server keeps and sends it: indented, keys sorted, ASCII; get_board ends with a line end, which
    get_request and update_request do not.
    """
    return json.dumps(dict(record), sort_keys=True, indent=4) + ("\n" if line_end else "")


def matches(pattern: str, value: str) -> bool:
    """Whether a filter takes a value: `*` counts at its start and its end, nowhere else."""
    begins, ends = pattern.startswith("*"), pattern.endswith("*") and len(pattern) > 1
    core = pattern[begins : len(pattern) - ends]
    if begins and ends:
        return core in value
    if begins:
        return value.endswith(core)
    return value.startswith(core) if ends else value == pattern


def exactly(pattern: str | None) -> str | None:
    """The one value that a filter takes; None for one that takes others, too, and where there is none."""
    return None if pattern is None or pattern.startswith("*") or pattern.endswith("*") else pattern


def lab_time(at: datetime) -> str:
    """A time as labs write it into a request's start_time and done_time."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}+0000"


def read_time(text: str) -> datetime | None:
    """A time of a request's record: with its zone as labs write it, or as the server does, in UTC; None for no time."""
    for form in ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d_%H:%M:%S.%f", "%Y-%m-%d_%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f%z"):
        try:
            return _moment(text, form)
        except (ValueError, OverflowError):  # the latter for one that in UTC is before the year 1, or after 9999
            continue
    return None


def _moment(text: str, form: str) -> datetime:
    found = datetime.strptime(text, form)  # noqa: DTZ007 - those without a zone are in UTC
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
