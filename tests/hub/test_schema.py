"""The tables are those of the migrations, and the questions that are asked all the time read indexes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import hub_folders
from fuego_jenkins_remote.hub import admin, boards, records
from fuego_jenkins_remote.hub.schema import metadata
from fuego_jenkins_remote.hub.statements import attempts as attempt_sql
from fuego_jenkins_remote.hub.statements import audit as audit_sql
from fuego_jenkins_remote.hub.statements import boards as board_sql
from fuego_jenkins_remote.hub.statements import campaigns as campaign_sql
from fuego_jenkins_remote.hub.statements import lanes as lane_sql
from fuego_jenkins_remote.hub.statements import notices as notice_sql
from fuego_jenkins_remote.hub.statements import requests as request_sql
from fuego_jenkins_remote.hub.statements import sight as sight_sql
from fuego_jenkins_remote.hub.statements import standing as standing_sql
from fuego_jenkins_remote.hub.statements import subscriptions as subscription_sql
from fuego_jenkins_remote.network.permissions import Level
from fuego_jenkins_remote.network.states import State
from fuego_jenkins_remote.service import engine as engine_module
from fuego_jenkins_remote.service.engine import NotMigrated, migrate, open_engine, reading

from .conftest import World

# That of PostgreSQL's tables is in postgresql/test_setting_up.py; its plans depend on what is in the tables.
pytestmark = pytest.mark.skipif(hub_folders.on_postgresql(), reason="is about SQLite")


ANN = records.Caller(kind="user", name="ann", teams=(records.Membership(team="annslab", level=Level.MAINTAINER),))


def test_the_migrations_make_the_tables_of_the_schema(tmp_path: Path) -> None:
    admin.init_data(tmp_path / "hub")
    engine = admin.open_data(tmp_path / "hub")
    with reading(engine) as conn:
        assert compare_metadata(MigrationContext.configure(conn), metadata) == []
        made = {row[0]: row[1] for row in conn.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql != ''")}
    plain = sa.create_engine("sqlite://")
    with plain.connect() as conn:
        metadata.create_all(conn)
        wanted = {row[0]: row[1] for row in conn.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql != ''")}
    indexes = {name for name, text in wanted.items() if text.startswith(("CREATE INDEX", "CREATE UNIQUE"))}
    assert {name: made.get(name) for name in indexes} == {name: wanted[name] for name in indexes}
    engine.dispose()
    plain.dispose()


def test_setting_up_again_keeps_what_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    admin.init_data(folder)
    engine = admin.open_data(folder)
    admin.add_lab(engine, "demolab")
    engine.dispose()
    admin.init_data(folder)
    engine = admin.open_data(folder)
    with reading(engine) as conn:
        assert conn.exec_driver_sql("SELECT host FROM labs").scalar_one() == "demolab"
    engine.dispose()


def _waiting(request_id: str, state: str, *, held: int, now: str) -> list[str]:
    texts = ("selector", "test", "spec", "phases", "notes", "status", "run_key", "run_url", "reason", "fingerprint")
    numbers = ("version", "call_part", "retries", "retries_left", "attempt", "spread", "cancel_requested")
    values = {
        "id": request_id,
        "state": state,
        "call_id": f"call-{request_id}",
        "requester": "ann",
        "team": "demolab",
        "lane_id": 1,
        "held": held,
        "priority": 50,
        "timeout": 600,
        "variables": "{}",
        "options": "{}",
        "created_at": now,
        "updated_at": now,
        **dict.fromkeys(texts, ""),
        **dict.fromkeys(numbers, 0),
    }
    said = ", ".join(repr(value) for value in values.values())
    return [f"INSERT INTO requests ({', '.join(values)}) VALUES ({said})"]


def test_an_older_database_keeps_what_is_in_it(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "hub.sqlite")
    config = engine_module._alembic_config(admin.PACKAGE)
    with engine.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0001")
    now = "2026-11-23T10:00:00.000000+00:00"
    with engine.begin() as conn:
        for statement in (
            "INSERT INTO teams VALUES ('demolab')",
            f"INSERT INTO users VALUES ('ann', '', '[]', '{now}')",
            f"INSERT INTO labs VALUES ('demolab', 'demolab', '[]', '{now}')",
            "INSERT INTO boards (id, host, name, facts, labels, description, open_to, online, updated_at, last_seen) "
            f"VALUES (1, 'demolab', 'qemu', '{{}}', '[]', '', '[]', 1, '{now}', '{now}')",
            "INSERT INTO lanes (id, selector, team) VALUES (1, 'demolab:qemu', 'demolab')",
            "INSERT INTO board_lane VALUES (1, 1, 1)",
            *_waiting("r1", "pending", held=0, now=now),
            *_waiting("r2", "pending", held=1, now=now),
            f"INSERT INTO approvals VALUES ('r2', 'demolab', 'waiting', '', 'demolab', '{now}')",
        ):
            conn.exec_driver_sql(statement)
    migrate(engine, admin.PACKAGE)
    with reading(engine) as conn:
        [board] = boards.listed(conn)
        assert (board.up, board.health_since) == (True, board.updated_at)
        assert [str(board) for board in board_sql.of_lane(conn, 1)] == ["demolab:qemu"]
        [queue] = lane_sql.queues_of(conn, lane_sql.filled_selectors(conn, [board.id])[board.id], None)
        assert (queue.team, queue.head, queue.answers) == ("demolab", "r1", "")
        assert request_sql.find(conn, "r2").lane_id != request_sql.find(conn, "r1").lane_id  # type: ignore[union-attr]
    engine.dispose()


def test_only_its_owner_looks_into_the_data(tmp_path: Path) -> None:
    admin.init_data(tmp_path / "hub")
    assert (tmp_path / "hub").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_not_set_up_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotMigrated, match="ftc hub init"):
        admin.open_data(tmp_path)


def plan(conn: sa.Connection, query: sa.Select[Any]) -> list[str]:
    hub_folders.about_sqlite()
    text = query.compile(conn, compile_kwargs={"literal_binds": True})
    return [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]


def test_a_claim_looks_once_into_the_index_of_waiting_requests_for_each_lane(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    world.put(ann, "demolab:one")
    with world.hub.reading() as conn:
        board = boards.find(conn, "demolab", "one")
        steps = Plans()
        sa.event.listen(world.hub.engine, "before_cursor_execute", steps)
        lane_sql.first_of_each(conn, board, [1], world.clock(), limit=60, request_id=None)
    assert any("SEARCH requests USING INDEX requests_pending (lane_id=?)" in step for step in steps), steps
    assert not any(step.startswith("SCAN requests") for step in steps), steps
    assert not any("TEMP B-TREE" in step for step in steps), steps


def test_a_claim_reads_no_queue_and_no_lane_that_is_empty(world: World) -> None:
    steps = Plans()
    sa.event.listen(world.hub.engine, "before_cursor_execute", steps)
    with world.hub.reading() as conn:
        lane_sql.filled_selectors(conn, [1, 2])
        lane_sql.queues_of(conn, [1, 2], None)
        lane_sql.queues_of(conn, [1, 2], {"demolab"})
        lane_sql.lanes_of(conn, [1, 2])
    for wanted in ("(board_id=?)", "queues_filled (selector_id=?", "queues_filled (selector_id=? AND team=?)"):
        assert any(wanted in step for step in steps), (wanted, steps)
    assert any("lanes_filled (queue_id=? AND top>?)" in step for step in steps), steps
    assert not any(step.startswith("SCAN") for step in steps), steps


class Plans(list[str]):
    """How the database answers what a connection is asked."""

    def __call__(self, conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        self += [f"{row[3]}" for row in cursor.fetchall()]


class Recorded(list[str]):
    """What a connection was asked."""

    def __call__(self, conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        self += [f"{row[3]}" for row in cursor.fetchall() if "requests" in row[3] or "attempts" in row[3]]


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda conn: request_sql.past_deadline(conn, datetime(2026, 1, 1, tzinfo=UTC), 5), "requests_deadline"),
        (lambda conn: lane_sql.held_ids(conn, 1), "requests_held"),
        (lambda conn: request_sql.listed(conn, None, request_sql.Filter(state=State.RUNNING), 5), "requests_by_state"),
        (lambda conn: request_sql.listed(conn, None, request_sql.Filter(state=State.PENDING), 5), "requests_waiting"),
        (lambda conn: request_sql.listed(conn, None, request_sql.Filter(requester="a"), 5), "requests_by_requester"),
        (lambda conn: request_sql.counts(conn, None, [State.RUNNING]), "requests_by_state"),
        (lambda conn: campaign_sql.version_of(conn, "c"), "requests_by_campaign"),
        (lambda conn: campaign_sql.members(conn, "c"), "requests_by_campaign"),
        (lambda conn: campaign_sql.goes_on(conn, "c"), "requests_by_campaign"),
        (lambda conn: attempt_sql.overdue(conn, datetime(2026, 1, 1, tzinfo=UTC), 5), "attempts_due"),
        (lambda conn: attempt_sql.stops(conn, "demolab"), "attempts_to_stop"),
        (lambda conn: request_sql.counts(conn, ANN, [State.PENDING]), "requests_private"),
        (lambda conn: sight_sql.hidden_on_boards(conn, ANN), "attempts_live"),
        (lambda conn: sight_sql.sees_package(conn, ANN, "0" * 64), "requests_by_package"),
        (lambda conn: attempt_sql.of_claim(conn, "demolab", "claim-0001"), "attempts_by_claim"),
    ],
)
def test_what_is_asked_all_the_time_reads_an_index(world: World, ask: Any, index: str) -> None:
    steps = Recorded()
    sa.event.listen(world.hub.engine, "before_cursor_execute", steps)
    with world.hub.reading() as conn:
        ask(conn)
    assert any(index in step for step in steps), steps
    assert not any("TEMP B-TREE" in step for step in steps), steps


@pytest.mark.parametrize(
    ("teams", "wanted", "index"),
    [
        (None, audit_sql.Filter(), "SCAN audit"),  # by its id, from the newest on, up to the limit
        (["annslab", "demolab"], audit_sql.Filter(), "audit_by_team"),
        (None, audit_sql.Filter(name="ann"), "audit_by_name"),
        (None, audit_sql.Filter(thing="user ann"), "audit_by_thing"),
    ],
)
def test_the_audit_log_is_read_from_its_newest_end(
    world: World, teams: list[str] | None, wanted: audit_sql.Filter, index: str
) -> None:
    steps: list[str] = []

    def explain(_conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps.extend(row[3] for row in cursor.fetchall())

    sa.event.listen(world.hub.engine, "before_cursor_execute", explain)
    with world.hub.reading() as conn:
        audit_sql.listed(conn, ANN, teams, wanted)
    assert any(index in step for step in steps), steps
    # What is sorted is what each look has found, no more than the limit: the looks themselves are in order.
    assert sum("TEMP B-TREE" in step for step in steps) <= len(teams or ["all"]), steps


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (campaign_sql.Filter(requester="ann"), "campaigns_by_requester"),
        (campaign_sql.Filter(team="annslab"), "campaigns_by_team"),
        (campaign_sql.Filter(open=True), "campaigns_open"),
    ],
)
def test_lists_of_campaigns_read_an_index(
    world: World, ann: records.Caller, wanted: campaign_sql.Filter, index: str
) -> None:
    steps: list[str] = []

    def explain(_conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps.extend(row[3] for row in cursor.fetchall())

    sa.event.listen(world.hub.engine, "before_cursor_execute", explain)
    with world.hub.reading() as conn:
        campaign_sql.listed(conn, ann, wanted, 10)
    assert any(index in step for step in steps), steps
    assert not any("TEMP B-TREE" in step for step in steps), steps


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda conn: request_sql.asked_of(conn, "demolab", 5), "approvals_asked"),
        (lambda conn: request_sql.to_remind(conn, datetime(2026, 1, 1, tzinfo=UTC), 5), "approvals_to_remind"),
        (lambda conn: notice_sql.untold_events(conn, 5), "events_untold"),
        (lambda conn: notice_sql.due_channels(conn, datetime(2026, 1, 1, tzinfo=UTC), 5), "channels_due"),
        (notice_sql.next_due, "channels_due"),
        (lambda conn: notice_sql.waiting(conn, 1, 5), "notices_waiting"),
        (lambda conn: notice_sql.open_of(conn, 1), "messages_open"),
        (lambda conn: notice_sql.events_in(conn, "msg_1"), "notices_by_message"),
        (lambda conn: notice_sql.counts_of(conn, "20261123-1"), "events_by_request"),
        (lambda conn: notice_sql.failing_channels(conn, 5), "channels_failing"),
        (lambda conn: subscription_sql.of_anchors(conn, ["user ann", "test"]), "subscriptions_by_anchor"),
        (lambda conn: standing_sql.of_hosts(conn, ["demolab"]), "standing_approvals"),
    ],
)
def test_what_is_asked_for_each_notice_reads_an_index(world: World, ask: Any, index: str) -> None:
    steps: list[str] = []

    def look(_conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps.extend(str(row[3]) for row in cursor.fetchall())

    sa.event.listen(world.hub.engine, "before_cursor_execute", look)
    with world.hub.reading() as conn:
        ask(conn)
    assert any(index in step for step in steps), steps
    assert not any(step.startswith("SCAN") and "INDEX" not in step for step in steps), steps
