"""All of vision's SQL: plain functions of a connection, rows in and values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.service.signins import Principal
from fuego_jenkins_remote.vision.schema import cases, documents, labels, measurements, private_labels, runs

Row = Mapping[str, Any]

LABEL_KINDS = ("test", "host", "board", "spec")
_LABELS_SHOWN = 1000
_HISTORY_RUNS = 200


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


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """A place in a list: the last run that was shown."""

    at: datetime
    number: int


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
    """How a case went in one run; ``measures`` holds (name, value, unit, status)."""

    run: Summary
    status: str
    measures: Sequence[tuple[str, float | None, str, str]] = field(default=())


def seen_by(who: Principal | None) -> sa.ColumnElement[bool]:
    """The condition on ``runs``: a private one is there for who has a token in the name of its lab, team or requester.

    None is somebody without a token, where vision is public. A token that brings runs of any lab sees them all.
    """
    everybodys = runs.c.private == sa.false()
    if who is None:
        return everybodys
    if _sees_all(who):
        return sa.true()
    return sa.or_(everybodys, runs.c.host == who.name, runs.c.team == who.name, runs.c.requester == who.name)


def _sees_all(who: Principal) -> bool:
    return who.kind == "submit" and who.name == "*"


def select_runs(wanted: Filter, *, who: Principal | None, before: Cursor | None, limit: int) -> sa.Select[Any]:
    """The statement of a list, newest first; apart from ``list_runs`` so that its plan can be looked at."""
    query = sa.select(runs).where(seen_by(who)).order_by(runs.c.at.desc(), runs.c.id.desc()).limit(limit)
    for column in ("test", "host", "board", "spec", "status", "request", "campaign"):
        value = getattr(wanted, column)
        if value is not None:
            query = query.where(runs.c[column] == value)
    if wanted.since is not None:
        query = query.where(runs.c.at >= wanted.since)
    if before is not None:
        place = sa.tuple_(sa.literal(before.at, runs.c.at.type), sa.literal(before.number))
        query = query.where(sa.tuple_(runs.c.at, runs.c.id) < place)
    return query


def list_runs(
    conn: sa.Connection, wanted: Filter, *, who: Principal | None, before: Cursor | None, limit: int
) -> list[Summary]:
    """Give at most ``limit`` of the runs that are there for ``who``, newest first, those after ``before``."""
    query = select_runs(wanted, who=who, before=before, limit=limit)
    return [_summary(row) for row in conn.execute(query).mappings()]


def find_run(conn: sa.Connection, key: str) -> Summary | None:
    """Find a run by its key, whoever may see it."""
    return _found(conn, sa.select(runs).where(runs.c.key == key))


def find_run_for(conn: sa.Connection, who: Principal | None, key: str) -> Summary | None:
    """Find a run by its key, if it is there for ``who``."""
    return _found(conn, sa.select(runs).where(runs.c.key == key, seen_by(who)))


def _found(conn: sa.Connection, query: sa.Select[Any]) -> Summary | None:
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else _summary(row)


def find_document(conn: sa.Connection, number: int) -> tuple[str, list[dict[str, Any]]]:
    """Give a run's run.json and the files of its package (name, size)."""
    row = conn.execute(sa.select(documents).where(documents.c.run_id == number)).mappings().one()
    return row["run_json"], row["files"]


def add_run(conn: sa.Connection, new: NewRun) -> None:
    """Store a run with all that belongs to it; the key must not be there yet."""
    number = conn.execute(runs.insert().values(**new.run).returning(runs.c.id)).scalar_one()
    conn.execute(documents.insert().values(run_id=number, run_json=new.run_json, files=list(new.files)))
    if new.cases:
        conn.execute(cases.insert(), [{"run_id": number, **row} for row in new.cases])
    if new.measurements:
        conn.execute(measurements.insert(), [{"run_id": number, **row} for row in new.measurements])
    for kind in LABEL_KINDS:
        if new.run[kind]:
            _add_label(conn, new.run, kind)


def _add_label(conn: sa.Connection, run: Row, kind: str) -> None:
    name = run[kind]
    if not run["private"]:
        _add_once(conn, labels, kind=kind, name=name)
        return
    for seer in {run["host"], run["team"], run["requester"]} - {""}:
        _add_once(conn, private_labels, seen_by=seer, kind=kind, name=name)


def _add_once(conn: sa.Connection, table: sa.Table, **row: str) -> None:
    there = sa.exists().where(*(table.c[column] == value for column, value in row.items()))
    once = sa.select(*(sa.literal(value) for value in row.values())).where(~there)
    conn.execute(table.insert().from_select(list(row), once))


def list_labels(conn: sa.Connection, who: Principal | None) -> dict[str, list[str]]:
    """Give the names by kind (test, host, board, spec) that ``who`` sees, at most a thousand each, sorted."""
    found = {}
    for kind in LABEL_KINDS:
        names = _names(who, kind).subquery()
        query = sa.select(names.c.name).order_by(names.c.name).limit(_LABELS_SHOWN)
        found[kind] = list(conn.execute(query).scalars())
    return found


def _names(who: Principal | None, kind: str) -> sa.CompoundSelect[Any] | sa.Select[Any]:
    """The names of a kind in the runs that are there for ``who``, each once."""
    of_all = sa.select(labels.c.name).where(labels.c.kind == kind)
    if who is None:
        return of_all
    own = sa.select(private_labels.c.name).where(private_labels.c.kind == kind)
    return sa.union(of_all, own if _sees_all(who) else own.where(private_labels.c.seen_by == who.name))


def known_tests(conn: sa.Connection, who: Principal | None, names: Sequence[str]) -> list[str]:
    """Give those of the names that are tests of which there is a run for ``who``."""
    tests = _names(who, "test").subquery()
    query = sa.select(tests.c.name).where(tests.c.name.in_(names)).order_by(tests.c.name)
    return list(conn.execute(query).scalars())


def select_case_history(who: Principal | None, test: str, test_set: str, case: str) -> sa.Select[Any]:
    """The statement of a case's history: how it went in the newest 200 runs of its test that ``who`` sees."""
    newest = (
        sa.select(runs)
        .where(runs.c.test == test, seen_by(who))
        .order_by(runs.c.at.desc(), runs.c.id.desc())
        .limit(_HISTORY_RUNS)
    ).subquery("newest")
    return (
        sa.select(newest, cases.c.position.label("case_position"), cases.c.status.label("case_status"))
        .join(cases, cases.c.run_id == newest.c.id)
        .where(cases.c.test_set == test_set, cases.c.name == case)
        .order_by(newest.c.at.desc(), newest.c.id.desc())
    )


def case_history(conn: sa.Connection, who: Principal | None, test: str, test_set: str, case: str) -> list[CaseResult]:
    """Give how a case went in the newest runs of its test that ``who`` sees, newest first."""
    rows = conn.execute(select_case_history(who, test, test_set, case)).mappings().all()
    return [
        CaseResult(
            run=_summary(row), status=row["case_status"], measures=_measures(conn, row["id"], row["case_position"])
        )
        for row in rows
    ]


def _measures(conn: sa.Connection, number: int, position: int) -> list[tuple[str, float | None, str, str]]:
    table = measurements.c
    query = (
        sa.select(table.name, table.measure, table.unit, table.status)
        .where(table.run_id == number, table.case_position == position)
        .order_by(table.position)
    )
    return [(row.name, row.measure, row.unit, row.status) for row in conn.execute(query)]


def _summary(row: sa.RowMapping) -> Summary:
    same = (
        "at", "key", "host", "board", "test", "spec", "status", "build_number", "started_at", "duration_ms",
        "kernel_version", "toolchain", "request", "campaign", "sha256", "size", "uploaded_at", "uploaded_by",
        "private",
    )  # fmt: skip
    counts = {"PASS": row["passed"], "FAIL": row["failed"], "ERROR": row["errors"], "SKIP": row["skipped"]}
    return Summary(number=row["id"], counts=counts, **{name: row[name] for name in same})
