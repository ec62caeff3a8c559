"""What vision's parts hand to each other: plain values, read from rows by ``vision.statements``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fuego_jenkins_remote.service.signins import Principal

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Viewer(Principal):
    """Who a token of vision speaks for. ``teams``: those of a reader, whose private runs are there for it, too."""

    teams: tuple[str, ...] = ()


def teams_of(who: Principal) -> tuple[str, ...]:
    """The teams of whoever asks; none where it is not a reader in any."""
    return who.teams if isinstance(who, Viewer) else ()


@dataclass(frozen=True, kw_only=True, order=True)
class Cursor:
    """A place in a list: that of a run, a later one being greater."""

    at: datetime
    number: int


@dataclass(frozen=True, kw_only=True)
class Summary:
    """One run as lists show it. ``at`` and ``number`` are its place in them; ``counts`` are of test cases by status."""

    number: int
    at: datetime
    key: str
    host: str
    board: str
    test: str
    spec: str
    status: str
    build_number: str
    started_at: datetime | None
    duration_ms: int | None
    kernel_version: str
    toolchain: str
    request: str | None
    campaign: str | None
    counts: Mapping[str, int]
    sha256: str
    size: int
    uploaded_at: datetime
    uploaded_by: str
    private: bool

    @property
    def place(self) -> Cursor:
        """Where it stands in lists."""
        return Cursor(at=self.at, number=self.number)


@dataclass(frozen=True, kw_only=True)
class Page:
    """A part of a list; ``before`` is where the next begins, None at the end. It may be without runs in between."""

    runs: Sequence[Summary]
    before: Cursor | None


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which runs are asked for; None asks for nothing in particular."""

    test: str | None = None
    host: str | None = None
    board: str | None = None
    spec: str | None = None
    status: str | None = None
    request: str | None = None
    campaign: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class NewRun:
    """What is stored of a run, as rows: see the tables of ``vision.schema`` for the columns."""

    run: Row
    run_json: str
    files: Sequence[Row]
    cases: Sequence[Row]
    measurements: Sequence[Row]


@dataclass(frozen=True, kw_only=True)
class CaseResult:
    """How a case went in one run; ``measures`` holds (name, value, unit, status), of many the first."""

    run: Summary
    status: str
    measures: Sequence[tuple[str, float | None, str, str]] = field(default=())
