"""Sessions end by themselves, with their token, and when they are closed; what is used is noted once a minute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from fuego_jenkins_remote.service import tokens as tokens_module
from fuego_jenkins_remote.service.engine import open_engine, reading
from fuego_jenkins_remote.service.sessions import IDLE, LONGEST, form_token, is_form_token, sessions_table
from fuego_jenkins_remote.service.signins import Principal, SignIns

METADATA = sa.MetaData()
TOKENS = tokens_module.tokens_table(METADATA)
SESSIONS = sessions_table(METADATA)


@dataclass
class Place:
    """A database with one token, and the time."""

    engine: sa.Engine
    secret: str = ""
    now: datetime = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

    def doors(self) -> SignIns:
        """As each worker of a service has them."""
        return SignIns(
            self.engine,
            TOKENS,
            SESSIONS,
            clock=lambda: self.now,
            principal=lambda _conn, token: Principal(kind=token.kind, name=token.owner),
        )

    def rows(self, table: sa.Table) -> list[sa.RowMapping]:
        with reading(self.engine) as conn:
            return list(conn.execute(sa.select(table)).mappings())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    engine = open_engine(tmp_path / "some.sqlite")
    METADATA.create_all(engine)
    made = Place(engine=engine)
    with engine.begin() as conn:
        made.secret = tokens_module.add_token(conn, TOKENS, kind="user", owner="ann", now=made.now).secret
    yield made
    engine.dispose()


def test_a_session_speaks_for_its_tokens_owner_on_every_worker(place: Place) -> None:
    session = place.doors().open(place.secret)
    assert session
    found = place.doors().by_session(session)
    assert found
    assert found.name == "ann"
    assert place.doors().open("fuego_uaaaaaaa_" + "x" * 43) is None


def test_nothing_in_the_database_opens_a_session(place: Place) -> None:
    session = place.doors().open(place.secret)
    [row] = place.rows(SESSIONS)
    assert session not in map(str, row.values())
    for value in (row["digest"], form_token(str(session)), "", "é" * 43):
        assert place.doors().by_session(value) is None
    assert is_form_token(str(session), form_token(str(session)))
    assert not is_form_token(str(session), row["digest"])


def test_a_revoked_token_ends_its_sessions_at_once(place: Place) -> None:
    session = place.doors().open(place.secret)
    assert session
    with place.engine.begin() as conn:
        tokens_module.revoke_token(conn, TOKENS, place.rows(TOKENS)[0]["prefix"], place.now)
    assert place.doors().by_session(session) is None


def test_a_closed_session_is_over(place: Place) -> None:
    doors = place.doors()
    session = doors.open(place.secret)
    assert session
    doors.close(session)
    assert doors.by_session(session) is None


def test_a_browser_that_is_not_heard_of_is_signed_out_and_one_that_is_goes_on_for_a_day(place: Place) -> None:
    doors = place.doors()
    idle, used = doors.open(place.secret), doors.open(place.secret)
    assert idle
    assert used
    start = place.now
    while place.now < start + LONGEST - IDLE:
        place.now += IDLE - timedelta(minutes=1)
        assert doors.by_session(used)
        doors.write_used()
    assert doors.by_session(idle) is None
    place.now = start + LONGEST
    assert doors.by_session(used) is None
    doors.open(place.secret)
    assert len(place.rows(SESSIONS)) == 1, "those that are over are removed"


def test_the_last_use_of_a_token_is_written_once_a_minute(place: Place) -> None:
    doors = place.doors()
    first = place.now
    for seconds in (0, 1, 30, 59):
        place.now = first + timedelta(seconds=seconds)
        assert doors.by_token(place.secret)
        doors.write_used()
    assert place.rows(TOKENS)[0]["last_used_at"] == first
    place.now = first + timedelta(seconds=61)
    doors.by_token(place.secret)
    assert place.rows(TOKENS)[0]["last_used_at"] == first, "not in the way of the call"
    doors.write_used()
    assert place.rows(TOKENS)[0]["last_used_at"] == place.now


def test_a_token_that_is_not_good_leaves_no_trace(place: Place) -> None:
    doors = place.doors()
    doors.by_token(place.secret[:-1] + ("a" if place.secret[-1] != "a" else "b"))
    doors.write_used()
    assert place.rows(TOKENS)[0]["last_used_at"] is None
