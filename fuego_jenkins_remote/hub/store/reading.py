"""The store as it is read: lists with a search, and all about one test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from fuego_jenkins_remote.hub.errors import NotKnown
from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.statements import store as sql
from fuego_jenkins_remote.hub.store import sight
from fuego_jenkins_remote.hub.store.putting import normal, normal_tag
from fuego_jenkins_remote.hub.store.values import LastRun, StoredBinary, StoredTest

MAX_WORDS = 6
"""Words of a search."""

_BOARDS = 200


@dataclass(frozen=True, kw_only=True)
class Everything:
    """A test with all its versions, the newest first, its binaries, and where it ran last with which result."""

    name: str
    versions: Sequence[StoredTest]
    binaries: Sequence[StoredBinary]
    runs: Sequence[LastRun]


def listed(
    conn: sa.Connection,
    caller: Caller | None,
    *,
    text: str = "",
    tag: str = "",
    after: str = "",
    limit: int,
) -> list[StoredTest]:
    """At most `limit` tests in their newest versions, by name: with all words of `text`, with this tag.

    `after` is a test's `cursor`.
    """
    name, _, space = after.partition("/")
    wanted = sql.Filter(
        words=normal(text).split()[:MAX_WORDS],
        tag=normal_tag(tag) or None,
        after=(name, space) if after else None,
    )
    return sql.listed(conn, caller, wanted, limit)


def cursor(test: StoredTest) -> str:
    """Where a list goes on after this test."""
    return f"{test.name}/{sql.space_of(test.team, private=test.private)}"


def everything(conn: sa.Connection, caller: Caller | None, name: str) -> Everything:
    """All about a test, also one that only ran and is not stored; raises NotKnown for one that nobody has heard of."""
    found = Everything(
        name=name,
        versions=sight.versions_for(conn, caller, name),
        binaries=sql.binaries_of(conn, caller, name),
        runs=sql.last_runs(conn, caller, name, _BOARDS),
    )
    if not (found.versions or found.binaries or found.runs):
        raise NotKnown(f"there is no test {name} in the store, and none ran")
    return found
