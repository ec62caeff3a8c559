"""Taking runs in: what a package says becomes rows, once for each key.

The order makes a crash harmless: first the package's file (durable), then all rows in one transaction. A crash in
between leaves a file that nobody refers to, and the lab, which got no answer, sends again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.fuego.runs import Measurement, Status, write_run
from fuego_jenkins_remote.service.clock import Clock
from fuego_jenkins_remote.service.engine import reading, writing
from fuego_jenkins_remote.service.problems import Conflict, NotFound, Unprocessable
from fuego_jenkins_remote.service.signins import Principal
from fuego_jenkins_remote.vision.contents import Content, read_package
from fuego_jenkins_remote.vision.records import NewRun, Summary
from fuego_jenkins_remote.vision.showing import LONGEST_ASKED
from fuego_jenkins_remote.vision.statements import runs as run_sql
from fuego_jenkins_remote.vision.store import Incoming, PackageStore

_ATTEMPT = re.compile(r"([0-9]{8}-[0-9]{9}-[a-z0-9]{8})\.[0-9]{1,2}")
_LARGEST = 2**63 - 1


def take_in(
    engine: sa.Engine, store: PackageStore, incoming: Incoming, *, key: str, sha256: str, by: str, clock: Clock
) -> tuple[Summary, bool]:
    """Take a received package in as the run ``key``; gives the run, and whether it is new.

    ``sha256`` is what the sender says it sent. Raises Unprocessable for another digest or no run package, Conflict if
    there is a run of that key with other content.
    """
    if incoming.sha256 != sha256:
        raise Unprocessable("The bytes that came are not those that were sent: the SHA-256 differs.", code="bad-digest")
    with reading(engine) as conn:
        there = _same_or_conflict(run_sql.find(conn, key), sha256)
    if there is not None:
        return there, False
    content = read_package(incoming.written())
    new = make_rows(content, key=key, sha256=sha256, size=incoming.size, by=by, now=clock())
    store.keep(incoming)
    with writing(engine) as conn:
        # Somebody may have been quicker with the same key; from here on nobody else writes.
        there = _same_or_conflict(run_sql.find(conn, key), sha256)
        if there is not None:
            return there, False
        run_sql.add(conn, new)
        added = run_sql.find(conn, key)
    assert added is not None  # noqa: S101 - it was added in this transaction
    return added, True


def _same_or_conflict(there: Summary | None, sha256: str) -> Summary | None:
    if there is not None and there.sha256 != sha256:
        raise Conflict(f"There is a run {there.key} already, with other content; a run never changes.")
    return there


def get_run(conn: sa.Connection, who: Principal | None, key: str) -> Summary:
    """Give a run by its key, or raise NotFound: also for one that is not there for ``who``."""
    found = run_sql.find_for(conn, who, key)
    if found is None:
        raise NotFound(f"There is no run {key} here.")
    return found


def make_rows(content: Content, *, key: str, sha256: str, size: int, by: str, now: datetime) -> NewRun:
    """Make the rows of a run."""
    run = content.run
    host, _, local = key.partition("/")
    started = run.started_at
    counts = run.counts()
    attempt = _ATTEMPT.fullmatch(local)
    row = {
        "key": key,
        "at": now if started is None else min(started, now),
        "host": host,
        "board": run.text("board")[:100],
        "test": run.name[:200],
        "spec": run.text("test_spec")[:100],
        "status": run.status.value,
        "build_number": run.text("build_number")[:40],
        "started_at": started,
        "duration_ms": _fitting(run.duration_ms),
        "kernel_version": run.text("kernel_version")[:200],
        "toolchain": run.text("toolchain")[:200],
        "request": attempt[1] if attempt else run.text("request_id")[:100] or None,
        "campaign": (run.text("campaign") or run.text("batch_id"))[:100] or None,
        "passed": counts[Status.PASS],
        "failed": counts[Status.FAIL],
        "errors": counts[Status.ERROR],
        "skipped": counts[Status.SKIP],
        "sha256": sha256,
        "size": size,
        "uploaded_at": now,
        "uploaded_by": by,
        "private": run.is_private,
        "team": run.text("team")[:100] if run.is_private else "",
        "requester": run.text("requester")[:100] if run.is_private else "",
    }
    numbered = list(enumerate(run.cases()))
    return NewRun(
        run={name: _storable(value) for name, value in row.items()},
        run_json=write_run(run).decode(),
        files=[{"name": name, "size": length} for name, length in content.files],
        cases=[
            {
                "position": at,
                "test_set": _storable(test_set.name)[:LONGEST_ASKED],
                "name": _storable(case.name)[:LONGEST_ASKED],
                "status": case.status.value,
            }
            for at, (test_set, case) in numbered
        ],
        measurements=[row for at, (_, case) in numbered for row in _measurement_rows(at, case.measurements)],
    )


def _measurement_rows(case: int, measurements: tuple[Measurement, ...]) -> Iterator[Mapping[str, Any]]:
    for position, one in enumerate(measurements):
        yield {
            "case_position": case,
            "position": position,
            "name": _storable(one.name)[:LONGEST_ASKED],
            "status": one.status.value,
            "measure": None if one.measure is None else float(one.measure),
            "unit": _storable(one.unit),
        }


def _fitting(number: int | None) -> int | None:
    return number if number is None or 0 <= number <= _LARGEST else None


def _storable(value: Any) -> Any:
    # PostgreSQL's text cannot hold NUL.
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value
