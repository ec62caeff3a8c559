"""SQL on the test store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.schema import binaries, newest_tests, requests, test_tags, tests
from fuego_jenkins_remote.hub.statements.sight import seen_by, stored_seen_by
from fuego_jenkins_remote.hub.store.values import LastRun, StoredBinary, StoredTest
from fuego_jenkins_remote.network.states import FINAL, State

_TEST = [column for column in tests.c if column.name not in {"space", "words"}]
_BINARY = [column for column in binaries.c if column.name != "space"]
_LOOKED_AT = 1000
_ESCAPE = "!"


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What a list of tests is narrowed to: all of these words, this tag, what comes after NAME/SPACE."""

    words: Sequence[str] = ()
    tag: str | None = None
    after: tuple[str, str] | None = None


def listed(conn: sa.Connection, caller: Caller | None, wanted: Filter, limit: int) -> list[StoredTest]:
    """At most `limit` tests that the caller may see, each in its newest version, by name."""
    query = sa.select(*_TEST).where(newest_tests, stored_seen_by(tests, caller))
    for word in wanted.words:
        query = query.where(tests.c.words.like(f"%{_escaped(word)}%", escape=_ESCAPE))
    if wanted.tag is not None:
        query = query.where(tests.c.id.in_(sa.select(test_tags.c.test_id).where(test_tags.c.tag == wanted.tag)))
    if wanted.after is not None:
        name, space = wanted.after
        query = query.where(sa.or_(tests.c.name > name, sa.and_(tests.c.name == name, tests.c.space > space)))
    query = query.order_by(tests.c.name, tests.c.space).limit(limit)
    return [_test(row) for row in conn.execute(query).mappings()]


def versions(conn: sa.Connection, caller: Caller | None, name: str) -> list[StoredTest]:
    """All versions of a test that the caller may see, in no order."""
    query = sa.select(*_TEST).where(tests.c.name == name, stored_seen_by(tests, caller))
    return [_test(row) for row in conn.execute(query).mappings()]


def find(conn: sa.Connection, name: str, label: str, space: str) -> StoredTest | None:
    """One version in a space (a team's own, or everybody's)."""
    query = sa.select(*_TEST).where(tests.c.name == name, tests.c.label == label, tests.c.space == space)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else _test(row)


def team_of_name(conn: sa.Connection, name: str) -> str | None:
    """Whose test everybody sees under this name; none: nobody's yet."""
    query = sa.select(tests.c.team).where(tests.c.name == name, tests.c.space == "").order_by(tests.c.id).limit(1)
    return conn.execute(query).scalar_one_or_none()


def insert(conn: sa.Connection, values: dict[str, Any], tags: Sequence[str]) -> None:
    """Add a version; which one is the newest is said anew."""
    new = conn.execute(tests.insert().values(newest=False, tags=list(tags), **values).returning(tests.c.id))
    test_id = new.scalar_one()
    if tags:
        conn.execute(test_tags.insert(), [{"tag": tag, "test_id": test_id} for tag in tags])
    _say_newest(conn, values["name"], values["space"])


def delete(conn: sa.Connection, test: StoredTest) -> bool:
    """Remove a version; False where it was gone already."""
    conn.execute(test_tags.delete().where(test_tags.c.test_id == test.id))
    gone = conn.execute(tests.delete().where(tests.c.id == test.id)).rowcount == 1
    _say_newest(conn, test.name, space_of(test.team, private=test.private))
    return gone


def space_of(team: str, *, private: bool) -> str:
    """Where a name is one of a kind: in the team of a private thing, else in the network."""
    return team if private else ""


def _say_newest(conn: sa.Connection, name: str, space: str) -> None:
    where = (tests.c.name == name) & (tests.c.space == space)
    # Written before it is read: who changes another version of it at this moment waits here, and then reads both.
    conn.execute(tests.update().where(where).values(newest=False))
    found = [_test(row) for row in conn.execute(sa.select(*_TEST).where(where)).mappings()]
    if found:
        newest = max(found, key=lambda one: (one.key, one.id))
        conn.execute(tests.update().where(where).values(newest=tests.c.id == newest.id))


def find_binary(conn: sa.Connection, name: str, toolchain: str, space: str) -> StoredBinary | None:
    """The binaries of a test for a toolchain."""
    query = sa.select(*_BINARY).where(
        binaries.c.name == name, binaries.c.toolchain == toolchain, binaries.c.space == space
    )
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else StoredBinary(**row)


def binaries_of(conn: sa.Connection, caller: Caller | None, name: str) -> list[StoredBinary]:
    """All binaries of a test that the caller may see, by toolchain."""
    query = sa.select(*_BINARY).where(binaries.c.name == name, stored_seen_by(binaries, caller))
    query = query.order_by(binaries.c.toolchain, binaries.c.space)
    return [StoredBinary(**row) for row in conn.execute(query).mappings()]


def insert_binary(conn: sa.Connection, values: dict[str, Any]) -> None:
    """Add binaries."""
    conn.execute(binaries.insert().values(values))


def update_binary(conn: sa.Connection, old: StoredBinary, values: dict[str, Any]) -> bool:
    """Put others in their place; False where somebody else has."""
    where = (binaries.c.id == old.id) & (binaries.c.sha256 == old.sha256)
    return conn.execute(binaries.update().where(where).values(values)).rowcount == 1


def live_requests_with(conn: sa.Connection, caller: Caller, sha256: str, limit: int) -> list[str]:
    """Some of the requests that have not ended and bring this package, of those that the caller may see."""
    query = sa.select(requests.c.id).where(
        requests.c.package == sha256, requests.c.state.not_in(list(FINAL)), seen_by(caller)
    )
    return list(conn.execute(query.order_by(requests.c.id).limit(limit)).scalars())


def last_runs(conn: sa.Connection, caller: Caller | None, name: str, limit: int) -> list[LastRun]:
    """What the test last did on each of at most `limit` boards, among its newest requests that the caller may see."""
    query = sa.select(
        requests.c.id,
        requests.c.host,
        requests.c.board,
        requests.c.state,
        requests.c.status,
        requests.c.package,
        requests.c.git,
        requests.c.run_url,
        requests.c.ended_at,
    )
    newest = query.where(requests.c.test == name, seen_by(caller)).order_by(requests.c.id.desc()).limit(_LOOKED_AT)
    labels = {one.sha256: one.label for one in versions(conn, caller, name)}
    found: dict[tuple[str, str], LastRun] = {}
    for row in conn.execute(newest):
        if row.board is None or row.ended_at is None or (row.host, row.board) in found or len(found) == limit:
            continue
        found[row.host, row.board] = LastRun(
            host=row.host,
            board=row.board,
            request=row.id,
            state=State(row.state),
            status=row.status,
            source=labels.get(row.package, "package") if row.package else "git" if row.git else "installed",
            run_url=row.run_url,
            at=row.ended_at,
        )
    return [found[place] for place in sorted(found)]


def insert_values(
    *, name: str, sha256: str, size: int, by: str, team: str, private: bool, at: datetime
) -> dict[str, Any]:
    """What tests and binaries have in common, as columns."""
    return {
        "name": name,
        "space": space_of(team, private=private),
        "sha256": sha256,
        "size": size,
        "uploaded_by": by,
        "team": team,
        "private": private,
        "at": at,
    }


def _escaped(word: str) -> str:
    return word.replace(_ESCAPE, _ESCAPE * 2).replace("%", f"{_ESCAPE}%").replace("_", f"{_ESCAPE}_")


def _test(row: sa.RowMapping) -> StoredTest:
    return StoredTest(**{**row, "tags": tuple(row["tags"])})
