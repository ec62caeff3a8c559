"""What a page of vision's list costs in the server where most runs are private to other teams: 20,000 runs beside
200,000 of them, for a reader who may see one in a hundred, one who may see none, and one who sees all.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from figures import Figure, median_ms
from fuego_jenkins_remote.service.engine import reading
from fuego_jenkins_remote.service.signins import Principal
from fuego_jenkins_remote.vision import admin
from fuego_jenkins_remote.vision.records import Filter, Viewer
from fuego_jenkins_remote.vision.schema import runs, sights
from fuego_jenkins_remote.vision.statements import labels as label_sql
from fuego_jenkins_remote.vision.statements import lists as list_sql
from fuego_jenkins_remote.vision.statements import sight

SMALL, LARGE = 20_000, 200_000
TESTS, LABS, BOARDS = 50, 20, 7
SHOWN = 50

ONE_IN_A_HUNDRED = Viewer(kind="read", name="tim", teams=("drivers", "kernel-team"))
NONE = Principal(kind="read", name="tim")
ALL = Principal(kind="submit", name="*")

INDEXED = (
    Filter(),
    Filter(board="board3"),
    Filter(test="Functional.test07"),
    Filter(status="FAIL"),
    Filter(test="Functional.test07", status="FAIL"),
)
SEVERAL = (
    Filter(test="Functional.test07", board="board3", status="FAIL"),
    Filter(board="board3", status="FAIL", spec="none"),
    Filter(status="PASS", spec="default", host="lab07"),
)
"""Filters that together have no index; of the second there is no run."""

_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_BATCH = 5_000


READERS: dict[str, Principal] = {"1 %": ONE_IN_A_HUNDRED, "none": NONE, "all": ALL}


def measure(root: Path) -> list[Figure]:
    """On SQLite, which vision has."""
    with _vision(root / "small", SMALL) as small, _vision(root / "large", LARGE) as large:
        pages = {name: _slowest(small, large, who, INDEXED) for name, who in READERS.items()}
        several = max(_slowest(small, large, who, SEVERAL)[1] for who in READERS.values())
    stored = f"{LARGE:,} runs, 99 % private to others"
    return [
        *(
            Figure(name=f"vision, {stored}: the slowest page for who may see {name}", value=value, unit="ms", goal=25)
            for name, (_, value) in pages.items()
        ),
        Figure(name=f"vision, {stored}: filters without an index", value=several, unit="ms", goal=100),
        Figure(
            name=f"vision: the slowest of these pages with {LARGE:,} stored, beside {SMALL:,}",
            value=max(after / before for before, after in pages.values()),
            unit="times",
            goal=2,
        ),
    ]


@contextmanager
def _vision(root: Path, stored: int) -> Iterator[sa.Engine]:
    admin.init_data(root)
    engine = admin.open_data(root)
    try:
        _fill(engine, stored)
        yield engine
    finally:
        engine.dispose()


def _slowest(small: sa.Engine, large: sa.Engine, who: Principal, filters: Sequence[Filter]) -> tuple[float, float]:
    """The slowest of the pages at both, median of each in ms; taken in turns, since the machine may have other work."""
    found = []
    for wanted in filters:
        took = [(_page(small, who, wanted), _page(large, who, wanted)) for _ in range(16)][1:]
        found.append((median_ms([one for one, _ in took]), median_ms([one for _, one in took])))
    return max(one for one, _ in found), max(one for _, one in found)


def _page(engine: sa.Engine, who: Principal, wanted: Filter) -> float:
    """All that the first page of the list asks the database for, in seconds."""
    began = time.monotonic()
    with reading(engine) as conn:
        page = list_sql.listed(conn, wanted, who=who, before=None, limit=SHOWN)
        label_sql.listed(conn, who)
    took = time.monotonic() - began
    if who is NONE and page.runs:
        raise SystemExit("a reader sees what is private to others")
    if who is not NONE and wanted in INDEXED and not page.runs:
        raise SystemExit(f"{who.name} sees no run with {wanted}")
    return took


def _fill(engine: sa.Engine, stored: int) -> None:
    """Runs a minute apart, all private: every hundredth of the team that a reader is in."""
    rows = _rows(stored)
    with engine.begin() as conn:
        for index in sights.indexes:
            index.drop(conn)
        while batch := list(islice(rows, _BATCH)):
            conn.execute(runs.insert(), batch)
            seen = [(name, row) for row in batch for name in sight.names_for(row)]
            same = sight.COLUMNS
            conn.execute(
                sights.insert(),
                [{"reader": name, "run_id": row["id"], **{key: row[key] for key in same}} for name, row in seen],
            )
            for row in batch[:200]:
                label_sql.add(conn, row)
        for index in sights.indexes:
            index.create(conn)


def _rows(stored: int) -> Iterator[dict[str, Any]]:
    for number in range(stored):
        is_ours = number % 100 == 0
        turn = number // 100 if is_ours else number
        lab = f"lab{number // 3 % LABS:02}"
        at = _BEGIN + timedelta(minutes=number)
        yield {
            **{"id": number + 1, "key": f"{lab}/run-{number:07}", "at": at, "host": lab},
            **{"board": f"board{turn // 5 % BOARDS}", "test": f"Functional.test{turn % TESTS:02}"},
            **{"spec": "default", "status": ("PASS", "PASS", "PASS", "FAIL", "ERROR")[turn // 7 % 5]},
            **{"build_number": "1", "kernel_version": "6.1", "toolchain": "arm", "request": f"request-{number}"},
            **{"campaign": f"campaign-{number // 500}", "passed": 1, "failed": 0, "errors": 0, "skipped": 0},
            **{"sha256": "0" * 64, "size": 1, "uploaded_at": at, "uploaded_by": lab, "started_at": at},
            **{"duration_ms": 1000, "private": True},
            **{"team": "kernel-team" if is_ours else "others", "requester": "ann" if is_ours else "bob"},
        }
