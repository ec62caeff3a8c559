"""The database: durable, strict with times, one writer at a time without half-way failures."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from fuego_jenkins_remote.service.engine import (
    NotMigrated,
    UtcDateTime,
    check_migrated,
    migrate,
    open_engine,
    reading,
)
from fuego_jenkins_remote.vision.schema import metadata as vision_schema

VISION = "fuego_jenkins_remote.vision"
metadata = sa.MetaData()
events = sa.Table("events", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("at", UtcDateTime))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_engine(tmp_path / "data ä.sqlite")
    with engine.begin() as conn:
        metadata.create_all(conn)
    yield engine
    engine.dispose()


def test_the_file_is_opened_durably(engine: sa.Engine) -> None:
    with reading(engine) as conn:
        assert conn.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
        assert conn.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 10_000


def test_a_time_comes_back_in_utc(engine: sa.Engine) -> None:
    there = datetime(2026, 11, 23, 21, 0, tzinfo=timezone(timedelta(hours=9)))
    with engine.begin() as conn:
        conn.execute(events.insert().values(at=there))
        found = conn.execute(sa.select(events.c.at)).scalar_one()

    assert found == there
    assert found.utcoffset() == timedelta(0)


def test_a_naive_time_is_refused(engine: sa.Engine) -> None:
    with engine.begin() as conn, pytest.raises(sa.exc.StatementError, match="without its offset"):
        conn.execute(events.insert().values(at=datetime(2026, 11, 23)))  # noqa: DTZ001


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_times_sort_as_text_as_they_do_as_times(one: datetime, other: datetime) -> None:
    kind = UtcDateTime()
    dialect = sqlite.dialect()
    first, second = kind.process_bind_param(one, dialect), kind.process_bind_param(other, dialect)

    assert (first < second) == (one < other)
    assert kind.process_result_value(first, dialect) == one


def test_elsewhere_a_time_is_the_databases_own() -> None:
    assert "TIMESTAMP WITH TIME ZONE" in str(sa.schema.CreateTable(events).compile(dialect=postgresql.dialect()))


def test_who_reads_first_and_writes_later_is_not_thrown_out(engine: sa.Engine) -> None:
    """Two of them at once: with plain BEGIN one would fail with 'database is locked'."""
    both = threading.Barrier(2, timeout=90)

    def count_and_add() -> None:
        both.wait()
        with engine.begin() as conn:
            number = conn.execute(sa.select(sa.func.count()).select_from(events)).scalar_one()
            conn.execute(events.insert().values(id=number + 1))

    threads = [threading.Thread(target=count_and_add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as conn:
        assert list(conn.execute(sa.select(events.c.id)).scalars()) == [1, 2]


def test_a_reader_goes_on_while_somebody_writes(engine: sa.Engine) -> None:
    with engine.begin() as writer:
        writer.execute(events.insert().values(id=1))
        with reading(engine) as reader:
            assert reader.execute(sa.select(sa.func.count()).select_from(events)).scalar_one() == 0


def test_an_error_takes_everything_back(engine: sa.Engine) -> None:
    def add_and_fail() -> None:
        with engine.begin() as conn:
            conn.execute(events.insert().values(id=1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        add_and_fail()
    with reading(engine) as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(events)).scalar_one() == 0


def test_migrations_make_the_schema_and_may_run_again(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "vision.sqlite")
    migrate(engine, VISION)
    migrate(engine, VISION)
    check_migrated(engine, VISION)
    with reading(engine) as conn:
        assert compare_metadata(MigrationContext.configure(conn), vision_schema) == []
    engine.dispose()


def test_a_database_that_is_not_set_up_says_what_to_do(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "vision.sqlite")
    with pytest.raises(NotMigrated, match="ftc vision init"):
        check_migrated(engine, VISION)
    engine.dispose()


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "vision.sqlite")
    migrate(engine, VISION)
    with engine.begin() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NotMigrated, match="newer version"):
        check_migrated(engine, VISION)
    engine.dispose()
