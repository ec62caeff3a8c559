"""Which stored tests there are for whom; statements/store.py has it as a condition."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from fuego_jenkins_remote.hub.errors import NotKnown
from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.statements import store as sql
from fuego_jenkins_remote.hub.store.values import Stored, StoredTest
from fuego_jenkins_remote.network.permissions import Thing


def thing(stored: Stored) -> Thing:
    """A stored test, or binaries, as the permissions see it."""
    return Thing(owner=stored.uploaded_by, team=stored.team, private=stored.private)


def versions_for(conn: sa.Connection, caller: Caller | None, name: str) -> Sequence[StoredTest]:
    """The versions of a test that the caller may see, the newest first, and a team's own before everybody's.

    May be none.
    """
    found = sql.versions(conn, caller, name)
    return sorted(found, key=lambda one: (one.key, one.private, one.team), reverse=True)


def find_for(conn: sa.Connection, caller: Caller | None, name: str, version: str = "") -> StoredTest:
    """One version: by VERSION-RELEASE, by VERSION (its newest release), or without either the newest of all.

    Raises NotKnown with the versions that there are for the caller.
    """
    found = versions_for(conn, caller, name)
    if not found:
        raise NotKnown(f"there is no test {name} in the store")
    chosen = [one for one in found if one.label == version] or [one for one in found if version in {"", one.version}]
    if not chosen:
        there = ", ".join(dict.fromkeys(one.label for one in found[:10]))
        raise NotKnown(f"there is no {name} {version} in the store, but {there}")
    return chosen[0]
