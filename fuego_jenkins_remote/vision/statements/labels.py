"""The names that runs have: of tests, hosts, boards and specs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.service.signins import Principal
from fuego_jenkins_remote.vision.records import Row
from fuego_jenkins_remote.vision.schema import labels
from fuego_jenkins_remote.vision.statements.sight import names_for, names_of

KINDS = ("test", "host", "board", "spec")
_SHOWN = 1000


def add(conn: sa.Connection, run: Row) -> None:
    """Keep the names of a run, each once for whoever sees them."""
    for reader in names_for(run):
        for kind in KINDS:
            if run[kind]:
                _add_once(conn, reader=reader, kind=kind, name=run[kind])


def _add_once(conn: sa.Connection, **row: str) -> None:
    there = sa.exists().where(*(labels.c[column] == value for column, value in row.items()))
    once = sa.select(*(sa.literal(value) for value in row.values())).where(~there)
    conn.execute(labels.insert().from_select(list(row), once))


def listed(conn: sa.Connection, who: Principal | None) -> dict[str, list[str]]:
    """Give the names by kind (test, host, board, spec) that ``who`` sees, at most a thousand each, sorted."""
    return {kind: list(conn.execute(select(names_of(who), kind)).scalars()) for kind in KINDS}


def select(readers: Sequence[str], kind: str) -> sa.Select[Any]:
    """The statement of a kind's names, each once: of each reader no more are read than are shown."""
    name = labels.c.name
    first = [
        sa.select(name).where(labels.c.reader == one, labels.c.kind == kind).order_by(name).limit(_SHOWN).subquery()
        for one in readers
    ]
    names = sa.union(*(sa.select(one) for one in first)).subquery()
    return sa.select(names.c.name).order_by(names.c.name).limit(_SHOWN)


def known_tests(conn: sa.Connection, who: Principal | None, names: Sequence[str]) -> list[str]:
    """Give those of the names that are tests of which there is a run for ``who``."""
    seen = labels.c.reader.in_(names_of(who)), labels.c.kind == "test", labels.c.name.in_(names)
    return list(conn.execute(sa.select(labels.c.name).where(*seen).distinct().order_by(labels.c.name)).scalars())
