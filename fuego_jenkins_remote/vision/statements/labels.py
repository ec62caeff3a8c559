"""The names that runs have: of tests, hosts, boards and specs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.service.signins import Principal
from fuego_jenkins_remote.vision.records import Row
from fuego_jenkins_remote.vision.schema import labels, private_labels
from fuego_jenkins_remote.vision.statements.sight import names_of, sees_all

KINDS = ("test", "host", "board", "spec")
_SHOWN = 1000


def add(conn: sa.Connection, run: Row) -> None:
    """Keep the names of a run, each once for whoever sees them."""
    for kind in KINDS:
        if run[kind]:
            _add_label(conn, run, kind)


def _add_label(conn: sa.Connection, run: Row, kind: str) -> None:
    name = run[kind]
    if not run["private"]:
        _add_once(conn, labels, kind=kind, name=name)
        return
    for seer in {run["host"], run["team"], run["requester"]} - {""}:
        _add_once(conn, private_labels, seen_by=seer, kind=kind, name=name)


def _add_once(conn: sa.Connection, table: sa.Table, **row: str) -> None:
    there = sa.exists().where(*(table.c[column] == value for column, value in row.items()))
    once = sa.select(*(sa.literal(value) for value in row.values())).where(~there)
    conn.execute(table.insert().from_select(list(row), once))


def listed(conn: sa.Connection, who: Principal | None) -> dict[str, list[str]]:
    """Give the names by kind (test, host, board, spec) that ``who`` sees, at most a thousand each, sorted."""
    found = {}
    for kind in KINDS:
        names = _names(who, kind).subquery()
        query = sa.select(names.c.name).order_by(names.c.name).limit(_SHOWN)
        found[kind] = list(conn.execute(query).scalars())
    return found


def _names(who: Principal | None, kind: str) -> sa.CompoundSelect[Any] | sa.Select[Any]:
    """The names of a kind in the runs that are there for ``who``, each once."""
    of_all = sa.select(labels.c.name).where(labels.c.kind == kind)
    if who is None:
        return of_all
    own = sa.select(private_labels.c.name).where(private_labels.c.kind == kind)
    return sa.union(of_all, own if sees_all(who) else own.where(private_labels.c.seen_by.in_(names_of(who))))


def known_tests(conn: sa.Connection, who: Principal | None, names: Sequence[str]) -> list[str]:
    """Give those of the names that are tests of which there is a run for ``who``."""
    tests = _names(who, "test").subquery()
    query = sa.select(tests.c.name).where(tests.c.name.in_(names)).order_by(tests.c.name)
    return list(conn.execute(query).scalars())
