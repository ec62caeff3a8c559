"""What is asked of vision reads indexes, whoever asks; an older database keeps what is in it, for who may see it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from fuego_jenkins_remote.service import engine as engine_module
from fuego_jenkins_remote.service.engine import migrate, open_engine, reading
from fuego_jenkins_remote.service.signins import Principal
from fuego_jenkins_remote.vision import admin
from fuego_jenkins_remote.vision.records import Cursor, Filter, Viewer
from fuego_jenkins_remote.vision.statements import cases as case_sql
from fuego_jenkins_remote.vision.statements import labels as label_sql
from fuego_jenkins_remote.vision.statements import lists as list_sql
from fuego_jenkins_remote.vision.statements import runs as run_sql
from fuego_jenkins_remote.vision.statements import sight

READERS = [
    None,
    Principal(kind="read", name="tim"),
    Viewer(kind="read", name="tim", teams=("a", "b")),
    Principal(kind="submit", name="*"),
]
OWN_INDEX = [
    ({}, "sights_at (reader=?"),
    ({"test": "t"}, "sights_test (reader=? AND test=?"),
    ({"host": "h"}, "sights_host (reader=? AND host=?"),
    ({"board": "b"}, "sights_board (reader=? AND board=?"),
    ({"host": "h", "board": "b"}, "sights_host_board (reader=? AND host=? AND board=?"),
    ({"spec": "s"}, "sights_spec (reader=? AND spec=?"),
    ({"status": "FAIL"}, "sights_status (reader=? AND status=?"),
    ({"test": "t", "status": "FAIL"}, "sights_test_status (reader=? AND test=? AND status=?"),
    ({"test": "t", "board": "b"}, "sights_test_board (reader=? AND test=? AND board=?"),
    ({"request": "r"}, "sights_request (reader=? AND request=?"),
    ({"campaign": "c"}, "sights_campaign (reader=? AND campaign=?"),
]
IN_PART = [
    ({"host": "h", "board": "b", "test": "t", "status": "FAIL"}, "sights_test_board (reader=? AND test=? AND board=?"),
    ({"spec": "s", "status": "FAIL"}, "sights_spec (reader=? AND spec=?"),
    ({"host": "h", "status": "FAIL"}, "sights_host (reader=? AND host=?"),
    ({"campaign": "c", "test": "t"}, "sights_campaign (reader=? AND campaign=?"),
]
BOUND = {"sights", "runs", "cases", "labels", "members"}


def plan_of(world: Any, query: sa.Executable) -> list[str]:
    compiled = query.compile(world.engine, compile_kwargs={"literal_binds": True})  # type: ignore[attr-defined]
    with world.engine.connect() as conn:
        return [str(row[3]) for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")]


def looks_at(plan: Sequence[str], table: str) -> list[str]:
    return [step for step in plan if step.startswith((f"SEARCH {table} ", f"SCAN {table}"))]


def assert_bounded(plan: Sequence[str]) -> None:
    """No table is read as a whole; what is scanned and sorted is what looks with a limit have given."""
    assert not [step for step in plan if step.startswith("SCAN") and step.split()[1] in BOUND], plan


@pytest.mark.parametrize(("given", "index"), OWN_INDEX, ids=str)
@pytest.mark.parametrize("cursor", [False, True])
@pytest.mark.parametrize("who", READERS, ids=str)
def test_a_list_looks_once_into_an_index_for_each_name(
    world: Any, given: dict[str, str], index: str, cursor: bool, who: Principal | None
) -> None:
    place = Cursor(at=world.now, number=5) if cursor else None
    names = sight.names_of(who)
    plan = plan_of(world, list_sql.select(Filter(**given), names=names, before=place, limit=50))
    there = "(at,run_id)<(?,?)" if cursor else ""
    looks = looks_at(plan, "sights")

    assert len(looks) == len(names)
    assert all(f"COVERING INDEX {index}" in look and there in look for look in looks), plan
    assert looks_at(plan, "runs") == ["SEARCH runs USING INTEGER PRIMARY KEY (rowid=?)"]
    assert_bounded(plan)


@pytest.mark.parametrize(("given", "index"), IN_PART, ids=str)
@pytest.mark.parametrize("who", READERS, ids=str)
def test_filters_without_an_index_of_their_own_use_that_of_a_part(
    world: Any, given: dict[str, str], index: str, who: Principal | None
) -> None:
    names = sight.names_of(who)
    for query in (
        list_sql.select(Filter(**given), names=names, before=None, limit=50),
        list_sql.select_ends(Filter(**given), names=names, before=None),
    ):
        plan = plan_of(world, query)
        looks = looks_at(plan, "sights")
        assert len(looks) == len(names)
        assert all(index in look for look in looks), plan
        assert_bounded(plan)


@pytest.mark.parametrize("who", READERS, ids=str)
def test_a_cases_history_looks_at_a_bounded_number_of_runs(world: Any, who: Principal | None) -> None:
    plan = plan_of(world, case_sql.select_history(sight.names_of(who), "t", "default", "c"))

    assert all("COVERING INDEX sights_test (reader=? AND test=?)" in look for look in looks_at(plan, "sights")), plan
    assert any("cases_name (run_id=? AND test_set=? AND name=?)" in look for look in looks_at(plan, "cases")), plan
    assert_bounded(plan)


@pytest.mark.parametrize("who", READERS, ids=str)
def test_names_for_forms_are_read_in_order_up_to_those_that_are_shown(world: Any, who: Principal | None) -> None:
    plan = plan_of(world, label_sql.select(sight.names_of(who), "test"))

    assert all("(reader=? AND kind=?)" in look for look in looks_at(plan, "labels")), plan
    assert_bounded(plan)


def test_a_run_is_found_by_its_key_and_the_names_of_who_asks(world: Any) -> None:
    steps: list[str] = []

    def explain(_conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps.extend(str(row[3]) for row in cursor.fetchall())

    sa.event.listen(world.engine, "before_cursor_execute", explain)
    with reading(world.engine) as conn:
        run_sql.find_for(conn, READERS[2], "demolab/run-0001")
        label_sql.known_tests(conn, READERS[2], ["Functional.x", "Benchmark.x"])

    assert any("(key=?)" in step for step in steps), steps
    assert any("(run_id=? AND reader=?)" in step for step in steps), steps
    assert any("(reader=? AND kind=? AND name=?)" in step for step in steps), steps
    assert_bounded(steps)


def _run(number: int, **values: object) -> str:
    """A row of ``runs`` as version 4 of the tables had them."""
    now = "2026-11-23T10:00:00.000000+00:00"
    row: dict[str, object] = {
        "id": number,
        "key": f"demolab/run-{number:04}",
        **{"at": now, "host": "demolab", "board": "bbb", "test": f"Functional.t{number}", "spec": "default"},
        **{"status": "PASS", "build_number": "1", "kernel_version": "6", "toolchain": "", "passed": 1, "failed": 0},
        **{"errors": 0, "skipped": 0, "sha256": "0" * 64, "size": 1, "uploaded_at": now, "uploaded_by": "demolab"},
        **values,
    }
    return f"INSERT INTO runs ({', '.join(row)}) VALUES ({', '.join(repr(value) for value in row.values())})"


def test_an_older_database_keeps_its_runs_for_who_may_see_them(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "vision.sqlite")
    config = engine_module._alembic_config(admin.PACKAGE)
    with engine.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0004")
        for statement in (
            _run(1),
            _run(2, private=1, team="annslab", requester="ann"),
            _run(3, private=1),
            _run(4, private=1, team="demolab", requester="*"),
            "INSERT INTO labels VALUES ('test', 'Functional.t1')",
            *(f"INSERT INTO private_labels VALUES ('{who}', 'test', 'Functional.t2')" for who in ("annslab", "ann")),
        ):
            conn.exec_driver_sql(statement)
    migrate(engine, admin.PACKAGE)

    def seen(who: Principal | None) -> tuple[list[int], list[str]]:
        with reading(engine) as conn:
            page = list_sql.listed(conn, Filter(host="demolab"), who=who, before=None, limit=9)
            return [run.number for run in page.runs], label_sql.listed(conn, who)["test"]

    assert seen(None) == ([1], ["Functional.t1"])
    assert seen(Principal(kind="read", name="bob")) == ([1], ["Functional.t1"])
    assert seen(Principal(kind="read", name="*")) == ([1], ["Functional.t1"])
    assert seen(Viewer(kind="read", name="bob", teams=("annslab",))) == ([2, 1], ["Functional.t1", "Functional.t2"])
    assert seen(Principal(kind="submit", name="demolab"))[0] == [4, 3, 2, 1]
    assert seen(Principal(kind="submit", name="*")) == ([4, 3, 2, 1], ["Functional.t1", "Functional.t2"])
    engine.dispose()
