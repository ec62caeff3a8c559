"""Whoever asks, and with whatever filters: lists, histories, names and single runs show what is there for them alone.

The rule is said here once more, in its own words, and held against each way to ask; runs and readers are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuego_jenkins_remote.service.signins import Principal
from fuego_jenkins_remote.vision.records import Cursor, Filter, NewRun, Summary, Viewer
from fuego_jenkins_remote.vision.schema import metadata
from fuego_jenkins_remote.vision.statements import cases as case_sql
from fuego_jenkins_remote.vision.statements import labels as label_sql
from fuego_jenkins_remote.vision.statements import lists as list_sql
from fuego_jenkins_remote.vision.statements import runs as run_sql

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NAMES = ("ann", "bob", "annslab", "demolab", "*", "")
"""Of users, teams and labs: one name may be of several."""

TESTS, BOARDS, STATUSES = ("Functional.a", "Functional.b"), ("x", "y"), ("PASS", "FAIL")

drawn_runs = st.lists(
    st.fixed_dictionaries(
        {
            "private": st.booleans(),
            "host": st.sampled_from(["demolab", "annslab"]),
            "team": st.sampled_from(NAMES),
            "requester": st.sampled_from(NAMES),
            "test": st.sampled_from(TESTS),
            "board": st.sampled_from(BOARDS),
            "status": st.sampled_from(STATUSES),
            "minutes": st.integers(0, 5),
        }
    ),
    max_size=15,
)
drawn_readers = st.one_of(
    st.none(),
    st.builds(
        Viewer,
        kind=st.just("read"),
        name=st.sampled_from([name for name in NAMES if name]),
        teams=st.lists(st.sampled_from(["annslab", "demolab", "others"]), unique=True).map(tuple),
    ),
    st.builds(Viewer, kind=st.just("submit"), name=st.sampled_from(["demolab", "annslab", "otherlab", "*"])),
)
drawn_filters = st.sampled_from(
    [
        Filter(),
        Filter(test="Functional.a"),
        Filter(host="demolab", board="x"),
        Filter(since=NOW - timedelta(minutes=2)),
        # These have no index of their own.
        Filter(host="demolab", test="Functional.a"),
        Filter(host="demolab", status="PASS"),
        Filter(board="x", status="PASS"),
        Filter(test="Functional.a", board="x", status="PASS", since=NOW - timedelta(minutes=4)),
    ]
)


def is_there(run: Mapping[str, Any], who: Principal | None) -> bool:
    """What docs/security.md says."""
    if not run["private"]:
        return True
    if who is None:
        return False
    if who.kind == "submit" and who.name == "*":
        return True
    teams = who.teams if isinstance(who, Viewer) else ()
    names = {who.name, *teams} - {"*", ""}
    return bool(names & {run["host"], run["team"], run["requester"]})


def fits(run: Mapping[str, Any], wanted: Filter) -> bool:
    given = {name: getattr(wanted, name) for name in ("test", "board", "status", "host")}
    return all(value in (None, run[name]) for name, value in given.items()) and (
        wanted.since is None or run["at"] >= wanted.since
    )


@contextmanager
def stored(drawn: list[dict[str, Any]]) -> Iterator[tuple[sa.Connection, list[dict[str, Any]]]]:
    """The runs in a database of their own, and their rows."""
    same = {"spec": "s", "build_number": "1", "kernel_version": "6", "toolchain": "", "sha256": "0" * 64, "size": 1}
    counts = {"passed": 1, "failed": 0, "errors": 0, "skipped": 0}
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    rows = []
    with engine.begin() as conn:
        for number, run in enumerate(drawn, start=1):
            at = NOW - timedelta(minutes=run["minutes"])
            values = {name: value for name, value in run.items() if name != "minutes"}
            row = {**values, **same, **counts, "key": f"{run['host']}/run-{number:04}", "at": at, "uploaded_at": at}
            cases = [{"position": 0, "test_set": "default", "name": "c", "status": run["status"]}]
            new = {**row, "uploaded_by": run["host"], "request": None, "campaign": None}
            run_sql.add(conn, NewRun(run=new, run_json="{}", files=[], cases=cases, measurements=[]))
            rows.append({**row, "id": number})
        yield conn, sorted(rows, key=lambda row: (row["at"], row["id"]), reverse=True)
    engine.dispose()


def whole_list(conn: sa.Connection, wanted: Filter, who: Principal | None) -> list[Summary]:
    """A list, page by page; it has an end."""
    found: list[Summary] = []
    before: Cursor | None = None
    for _ in range(100):
        page = list_sql.listed(conn, wanted, who=who, before=before, limit=2)
        assert len(page.runs) <= 2
        found += page.runs
        before = page.before
        if before is None:
            return found
    raise AssertionError("the list has no end")


@pytest.mark.parametrize("looked_at", [1, 10_000])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=drawn_runs, who=drawn_readers, wanted=drawn_filters)
def test_a_list_has_what_is_there_and_fits_in_order_and_once(
    monkeypatch: pytest.MonkeyPatch,
    looked_at: int,
    drawn: list[dict[str, Any]],
    who: Principal | None,
    wanted: Filter,
) -> None:
    """Also where a page looks at next to nothing."""
    monkeypatch.setattr(list_sql, "LOOKED_AT", looked_at)
    monkeypatch.setattr(list_sql, "_LEAST", 1)
    with stored(drawn) as (conn, rows):
        expected = [row["key"] for row in rows if is_there(row, who) and fits(row, wanted)]
        assert [run.key for run in whole_list(conn, wanted, who)] == expected


@settings(max_examples=60, deadline=None)
@given(drawn=drawn_runs, who=drawn_readers)
def test_single_runs_histories_and_names_are_of_what_is_there(
    drawn: list[dict[str, Any]], who: Principal | None
) -> None:
    with stored(drawn) as (conn, rows):
        there = [row for row in rows if is_there(row, who)]
        found = [row["key"] for row in rows if run_sql.find_for(conn, who, row["key"]) is not None]
        assert found == [row["key"] for row in there]
        for test in TESTS:
            history = case_sql.history(conn, who, test, "default", "c")
            assert [one.run.key for one in history] == [row["key"] for row in there if row["test"] == test]
        tests = sorted({row["test"] for row in there})
        assert label_sql.known_tests(conn, who, TESTS) == tests
        names = label_sql.listed(conn, who)
        assert names["test"] == tests
        assert names["board"] == sorted({row["board"] for row in there})
        assert names["host"] == sorted({row["host"] for row in there})
