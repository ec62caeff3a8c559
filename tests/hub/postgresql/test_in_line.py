"""Transactions in line on PostgreSQL: the claims of one process share commits, and none takes what another one has."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

import hub_folders
from fuego_jenkins_remote.hub.schema import teams
from fuego_jenkins_remote.service.commits import SharedCommits
from fuego_jenkins_remote.service.engine import open_engine, reading
from fuego_jenkins_remote.service.postgresql import is_gone
from until import until


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    hub_folders.init(tmp_path / "hub")
    engine = open_engine((tmp_path / "hub" / "database").read_text())
    yield engine
    engine.dispose()


def stored(engine: sa.Engine) -> list[str]:
    with reading(engine) as conn:
        return list(conn.execute(sa.select(teams.c.name).order_by(teams.c.name)).scalars())


class Together:
    """Some transactions that come while the first one is at work."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine, self.commits = engine, SharedCommits(8)
        self.begun, self.go_on = threading.Event(), threading.Event()

    def first(self, name: str) -> None:
        with self.commits.begin(self.engine, 60) as conn:
            conn.execute(teams.insert().values(name=name))
            self.begun.set()
            assert self.go_on.wait(60)

    def other(self, *statements: str) -> None:
        with self.commits.begin(self.engine, 60) as conn:
            for statement in statements:
                conn.exec_driver_sql(statement)

    def run(self, *others: str) -> list[Future[None]]:
        """The first, and one for each of these statements."""
        with ThreadPoolExecutor(9) as pool:
            made = [pool.submit(self.first, "first")]
            assert self.begun.wait(60)
            for number, statement in enumerate(others, 1):
                made.append(pool.submit(self.other, statement))
                until(lambda number=number: len(self.commits.line._waiting) == number)
            self.go_on.set()
        return made


def test_those_that_wait_share_a_commit_and_one_fails_alone(engine: sa.Engine) -> None:
    commits = 0

    def counted(_conn: object) -> None:
        nonlocal commits
        commits += 1

    sa.event.listen(engine, "commit", counted)
    made = Together(engine).run(
        "INSERT INTO teams (name) VALUES ('second')",
        "INSERT INTO teams (name) VALUES ('second')",
        "INSERT INTO teams (name) VALUES ('third')",
    )
    assert [type(one.exception()) for one in made] == [type(None), type(None), sa.exc.IntegrityError, type(None)]
    assert (stored(engine), commits) == (["first", "second", "third"], 1)


def test_the_first_may_fail_alone_too(engine: sa.Engine) -> None:
    together = Together(engine)
    with pytest.raises(sa.exc.DataError):
        together.other("INSERT INTO teams (name) VALUES ('never')", "SELECT 1 / 0")
    together.other("INSERT INTO teams (name) VALUES ('later')")
    assert stored(engine) == ["later"]


def test_where_the_connection_dies_all_of_a_commit_are_told_to_come_again(engine: sa.Engine) -> None:
    together = Together(engine)
    made = together.run("SELECT pg_terminate_backend(pg_backend_pid())")
    errors = [one.exception() for one in made]
    assert all(error is not None and is_gone(error) for error in errors)
    assert stored(engine) == []
    together.other("INSERT INTO teams (name) VALUES ('later')")
    assert stored(engine) == ["later"]
