"""Where a hub's data folder says that its data are in PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import hub_folders
from fuego_jenkins_remote.hub import admin
from fuego_jenkins_remote.hub.errors import Conflict
from fuego_jenkins_remote.hub.schema import metadata
from fuego_jenkins_remote.service.engine import NotMigrated, migrate, open_engine, reading
from fuego_jenkins_remote.service.postgresql import BadDatabase, NoDatabase, has_password


def test_the_migrations_make_the_tables_of_the_schema() -> None:
    engine = open_engine(hub_folders.new_database())
    migrate(engine, admin.PACKAGE)
    migrate(engine, admin.PACKAGE)
    with reading(engine) as conn:
        assert compare_metadata(MigrationContext.configure(conn), metadata) == []
    engine.dispose()


def test_the_folder_remembers_its_database_for_its_owner_alone(tmp_path: Path) -> None:
    url = hub_folders.new_database()
    admin.init_data(tmp_path / "hub", url)
    file = tmp_path / "hub" / "database"
    assert (file.read_text(), file.stat().st_mode & 0o777) == (f"{url}\n", 0o600)
    assert not (tmp_path / "hub" / "hub.sqlite").exists()


def test_setting_up_again_needs_no_address_and_keeps_what_is_there(tmp_path: Path) -> None:
    admin.init_data(tmp_path / "hub", hub_folders.new_database())
    engine = admin.open_data(tmp_path / "hub")
    admin.add_lab(engine, "demolab")
    engine.dispose()
    admin.init_data(tmp_path / "hub")
    engine = admin.open_data(tmp_path / "hub")
    with reading(engine) as conn:
        assert conn.exec_driver_sql("SELECT host FROM labs").scalar_one() == "demolab"
    engine.dispose()


def test_a_folder_with_data_in_sqlite_does_not_lose_them(tmp_path: Path) -> None:
    admin.init_data(tmp_path / "hub")
    with pytest.raises(Conflict, match="has its data in SQLite"):
        admin.init_data(tmp_path / "hub", hub_folders.new_database())
    assert admin.address_of(tmp_path / "hub") is None


def test_a_database_that_is_not_set_up_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "database").write_text(hub_folders.new_database())
    with pytest.raises(NotMigrated, match="ftc hub init"):
        admin.open_data(tmp_path)


def test_a_database_that_is_not_there_is_said_and_not_remembered(tmp_path: Path) -> None:
    with pytest.raises(NoDatabase, match="does not exist"):
        admin.init_data(tmp_path / "hub", hub_folders.server().url("nowhere"))
    assert admin.address_of(tmp_path / "hub") is None


@pytest.mark.parametrize("url", ["", "mysql://h/db", "hub.sqlite", "postgresql://[/x"])
def test_what_is_no_address_is_refused_without_a_word_of_it(url: str, tmp_path: Path) -> None:
    with pytest.raises(BadDatabase) as refused:
        admin.init_data(tmp_path / "hub", url)
    assert not url or url not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("postgresql://hub:geheim@db/fuego", True),
        ("postgresql://hub@db/fuego?password=geheim", True),
        ("postgresql://db/fuego?sslmode=require&password=geheim", True),
        ("postgresql://hub@db/fuego?passfile=/etc/pass", False),
        ("postgresql:///fuego?host=/run/postgresql", False),
    ],
)
def test_an_address_with_a_password_is_known(url: str, found: bool) -> None:
    assert has_password(url) is found


def test_a_connection_speaks_utc_and_waits_for_nothing_for_ever(tmp_path: Path) -> None:
    hub_folders.init(tmp_path / "hub")
    engine = admin.open_data(tmp_path / "hub")
    with engine.connect() as conn:
        said = {
            name: conn.exec_driver_sql(f"SHOW {name}").scalar_one()
            for name in ("timezone", "lock_timeout", "statement_timeout", "default_transaction_isolation")
        }
    engine.dispose()
    assert said == {
        "timezone": "UTC",
        "lock_timeout": "10s",
        "statement_timeout": "30s",
        "default_transaction_isolation": "read committed",
    }


def test_a_reader_sees_one_moment(tmp_path: Path) -> None:
    hub_folders.init(tmp_path / "hub")
    engine = admin.open_data(tmp_path / "hub")
    with reading(engine) as conn:
        before = conn.exec_driver_sql("SELECT count(*) FROM teams").scalar_one()
        with engine.begin() as other:
            other.exec_driver_sql("INSERT INTO teams (name) VALUES ('demolab')")
        assert conn.exec_driver_sql("SELECT count(*) FROM teams").scalar_one() == before
    engine.dispose()
