"""Transactions that share a commit: each may fail alone, and none is confirmed before it is on the disk."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from fuego_jenkins_remote.service.commits import NotWritten, SharedCommits
from fuego_jenkins_remote.service.engine import open_engine, reading

metadata = sa.MetaData()
events = sa.Table("events", metadata, sa.Column("id", sa.Integer, primary_key=True))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_engine(tmp_path / "data.sqlite")
    with engine.begin() as conn:
        metadata.create_all(conn)
    yield engine
    engine.dispose()


def stored(engine: sa.Engine) -> list[int]:
    with reading(engine) as conn:
        return list(conn.execute(sa.select(events.c.id).order_by(events.c.id)).scalars())


def add(commits: SharedCommits, engine: sa.Engine, number: int) -> None:
    with commits.begin(engine, 60) as conn:
        conn.execute(events.insert().values(id=number))


def test_who_comes_alone_is_stored_at_once(engine: sa.Engine) -> None:
    add(SharedCommits(), engine, 1)
    assert stored(engine) == [1]


def test_those_that_wait_share_a_commit(engine: sa.Engine) -> None:
    commits, count, begun, go_on = SharedCommits(), 0, threading.Event(), threading.Event()

    def counted(_conn: object) -> None:
        nonlocal count
        count += 1

    sa.event.listen(engine, "commit", counted)

    def first() -> None:
        with commits.begin(engine, 60) as conn:
            conn.execute(events.insert().values(id=0))
            begun.set()
            assert go_on.wait(90)

    with ThreadPoolExecutor(9) as pool:
        made = [pool.submit(first)]
        assert begun.wait(90)
        made += [pool.submit(add, commits, engine, number) for number in range(1, 9)]
        while len(commits.line._waiting) < 8:
            pass
        go_on.set()
        for one in made:
            one.result()
    assert (stored(engine), count) == (list(range(9)), 1)


def test_nobody_is_told_before_the_commit(engine: sa.Engine) -> None:
    commits = SharedCommits()

    def add_and_look(number: int) -> bool:
        add(commits, engine, number)
        return number in stored(engine)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(add_and_look, range(200)))


def test_one_fails_alone(engine: sa.Engine) -> None:
    commits = SharedCommits()

    def add_or_fail(number: int) -> None:
        with commits.begin(engine, 60) as conn:
            conn.execute(events.insert().values(id=number))
            if number % 3 == 0:
                raise ZeroDivisionError

    with ThreadPoolExecutor(8) as pool:
        made = [pool.submit(add_or_fail, number) for number in range(90)]
        failed = [number for number, one in enumerate(made) if isinstance(one.exception(), ZeroDivisionError)]
    assert failed == list(range(0, 90, 3))
    assert stored(engine) == [number for number in range(90) if number % 3]


def test_a_transaction_that_the_database_has_ended_is_not_said_to_be_stored(engine: sa.Engine) -> None:
    """As on a full disk, when SQLite takes everything back by itself."""
    commits, begun, go_on = SharedCommits(), threading.Event(), threading.Event()

    def first() -> None:
        with commits.begin(engine, 60) as conn:
            conn.execute(events.insert().values(id=1))
            begun.set()
            assert go_on.wait(90)

    def second() -> None:
        with commits.begin(engine, 60) as conn:
            conn.exec_driver_sql("ROLLBACK")

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(first)
        assert begun.wait(90)
        other = pool.submit(second)
        while len(commits.line._waiting) < 1:
            pass
        go_on.set()
        assert isinstance(one.exception(), NotWritten)
        assert other.exception() is not None
    assert stored(engine) == []
    add(commits, engine, 2)
    assert stored(engine) == [2]
