"""Tokens: only a digest is kept, and only a good one finds its owner."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from fuego_jenkins_remote.service.engine import open_engine
from fuego_jenkins_remote.service.tokens import (
    add_token,
    find_token,
    list_tokens,
    matches,
    new_token,
    revoke_token,
    split_prefix,
    tokens_table,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
metadata = sa.MetaData()
table = tokens_table(metadata)


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sa.Connection]:
    engine = open_engine(tmp_path / "tokens.sqlite")
    with engine.begin() as conn:
        metadata.create_all(conn)
        yield conn
    engine.dispose()


def test_a_new_token_is_long_and_its_prefix_tells_its_kind() -> None:
    token = new_token("lab")

    assert token.secret.startswith(f"fuego_{token.prefix}_")
    assert token.prefix.startswith("l")
    assert len(token.secret.rpartition(token.prefix + "_")[2]) == 43
    assert split_prefix(token.secret) == token.prefix
    assert matches(token.secret, token.digest)


def test_two_tokens_are_never_alike() -> None:
    assert len({new_token("user").secret for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "text", ["", "fuego_", "fuego_abcdefgh", "fuego_abcdefgh_short", "x" * 100, "fuego_ABCDEFGH_" + "a" * 43]
)
def test_what_is_no_token_has_no_prefix(text: str) -> None:
    assert split_prefix(text) is None


def test_a_token_finds_its_owner(conn: sa.Connection) -> None:
    token = add_token(conn, table, kind="user", owner="tim", now=NOW, description="laptop")
    found = find_token(conn, table, token.secret, NOW)

    assert found is not None
    assert (found.kind, found.owner, found.description, found.created_at) == ("user", "tim", "laptop", NOW)


def test_the_secret_is_nowhere_in_the_database(conn: sa.Connection) -> None:
    token = add_token(conn, table, kind="user", owner="tim", now=NOW)
    stored = str(conn.execute(sa.select(table)).one())

    assert token.secret not in stored
    assert token.secret.removeprefix(f"fuego_{token.prefix}_") not in stored


def test_the_right_prefix_with_another_secret_finds_nobody(conn: sa.Connection) -> None:
    token = add_token(conn, table, kind="user", owner="tim", now=NOW)

    assert find_token(conn, table, f"fuego_{token.prefix}_{'A' * 43}", NOW) is None


def test_an_expired_token_finds_nobody(conn: sa.Connection) -> None:
    token = add_token(conn, table, kind="user", owner="tim", now=NOW, expires_at=NOW + timedelta(hours=1))

    assert find_token(conn, table, token.secret, NOW + timedelta(minutes=59)) is not None
    assert find_token(conn, table, token.secret, NOW + timedelta(hours=1)) is None


def test_a_revoked_token_finds_nobody(conn: sa.Connection) -> None:
    token = add_token(conn, table, kind="user", owner="tim", now=NOW)

    assert revoke_token(conn, table, token.prefix, NOW)
    assert not revoke_token(conn, table, token.prefix, NOW)
    assert find_token(conn, table, token.secret, NOW) is None
    assert [row.revoked_at for row in list_tokens(conn, table)] == [NOW]


def test_there_are_no_other_kinds() -> None:
    with pytest.raises(ValueError, match="no such kind"):
        new_token("admin")
