"""How a test case went before."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.service.signins import Principal
from fuego_jenkins_remote.vision.records import CaseResult, Filter
from fuego_jenkins_remote.vision.schema import cases, measurements, runs
from fuego_jenkins_remote.vision.statements import lists as list_sql
from fuego_jenkins_remote.vision.statements.runs import summary_of
from fuego_jenkins_remote.vision.statements.sight import names_of

_HISTORY_RUNS = 200
_MEASURES = 20
_LONGEST = 300


def select_history(names: list[str], test: str, test_set: str, case: str) -> sa.Select[Any]:
    """The statement of a case's history: how it went in the newest 200 runs of its test that these names see."""
    newest = list_sql.pick(Filter(test=test), names=names, before=None, limit=_HISTORY_RUNS)
    return (
        sa.select(runs, cases.c.position.label("case_position"), cases.c.status.label("case_status"))
        .join(cases, cases.c.run_id == runs.c.id)
        .where(runs.c.id.in_(newest), cases.c.test_set == test_set, cases.c.name == case)
        .order_by(runs.c.at.desc(), runs.c.id.desc())
    )


def history(conn: sa.Connection, who: Principal | None, test: str, test_set: str, case: str) -> list[CaseResult]:
    """Give how a case went in the newest runs of its test that ``who`` sees, newest first."""
    rows = conn.execute(select_history(names_of(who), test, test_set, case)).mappings().all()
    return [
        CaseResult(
            run=summary_of(row), status=row["case_status"], measures=_measures(conn, row["id"], row["case_position"])
        )
        for row in rows
    ]


def _measures(conn: sa.Connection, number: int, position: int) -> list[tuple[str, float | None, str, str]]:
    table = measurements.c
    query = (
        sa.select(sa.func.substr(table.name, 1, _LONGEST).label("name"), table.measure, table.unit, table.status)
        .where(table.run_id == number, table.case_position == position)
        .order_by(table.position)
        .limit(_MEASURES)
    )
    return [(row.name, row.measure, row.unit, row.status) for row in conn.execute(query)]
