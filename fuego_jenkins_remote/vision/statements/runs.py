"""Single runs, and what only their own pages need."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.service.signins import Principal
from fuego_jenkins_remote.vision.records import NewRun, Summary
from fuego_jenkins_remote.vision.schema import cases, documents, measurements, runs
from fuego_jenkins_remote.vision.statements import labels as label_sql
from fuego_jenkins_remote.vision.statements import sight


def find(conn: sa.Connection, key: str) -> Summary | None:
    """Find a run by its key, whoever may see it."""
    return _found(conn, sa.select(runs).where(runs.c.key == key))


def find_for(conn: sa.Connection, who: Principal | None, key: str) -> Summary | None:
    """Find a run by its key, if it is there for ``who``."""
    return _found(conn, sa.select(runs).where(runs.c.key == key, sight.seen_by(who)))


def _found(conn: sa.Connection, query: sa.Select[Any]) -> Summary | None:
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else summary_of(row)


def document(conn: sa.Connection, number: int) -> tuple[str, list[dict[str, Any]]]:
    """Give a run's run.json and the files of its package (name, size)."""
    row = conn.execute(sa.select(documents).where(documents.c.run_id == number)).mappings().one()
    return row["run_json"], row["files"]


def add(conn: sa.Connection, new: NewRun) -> None:
    """Store a run with all that belongs to it; the key must not be there yet."""
    number = conn.execute(runs.insert().values(**new.run).returning(runs.c.id)).scalar_one()
    conn.execute(documents.insert().values(run_id=number, run_json=new.run_json, files=list(new.files)))
    if new.cases:
        conn.execute(cases.insert(), [{"run_id": number, **row} for row in new.cases])
    if new.measurements:
        conn.execute(measurements.insert(), [{"run_id": number, **row} for row in new.measurements])
    sight.add(conn, number, new.run)
    label_sql.add(conn, new.run)


def summary_of(row: sa.RowMapping) -> Summary:
    """A run as lists show it, from its row in ``runs``."""
    same = (
        "at", "key", "host", "board", "test", "spec", "status", "build_number", "started_at", "duration_ms",
        "kernel_version", "toolchain", "request", "campaign", "sha256", "size", "uploaded_at", "uploaded_by",
        "private",
    )  # fmt: skip
    counts = {"PASS": row["passed"], "FAIL": row["failed"], "ERROR": row["errors"], "SKIP": row["skipped"]}
    return Summary(number=row["id"], counts=counts, **{name: row[name] for name in same})
