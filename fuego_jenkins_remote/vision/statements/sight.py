"""Who sees which run: a private one is there for tokens in the names of its lab, its team and its requester.

Each run stands in the table ``sights`` once for each name that sees it; ``EVERYBODY`` and ``BRINGER`` are no names of
anybody's. Who asks has names, too: the token's, and the teams that the operator has put that reader into. So a list
reads what is there for these names and steps over nothing.
"""

from __future__ import annotations

import sqlalchemy as sa

from fuego_jenkins_remote.service.signins import Principal
from fuego_jenkins_remote.vision.records import Row, teams_of
from fuego_jenkins_remote.vision.schema import runs, sights

EVERYBODY = ""
"""Who sees what is not private, also without a token where vision is public."""

BRINGER = "*"
"""A token that brings runs of any lab: it sees them all."""

COLUMNS = ("at", "test", "host", "board", "spec", "status", "request", "campaign")
"""What is asked for in lists stands beside the names."""


def names_of(who: Principal | None) -> list[str]:
    """All names in which somebody looks, each once."""
    if who is None:
        return [EVERYBODY]
    if who.kind == "submit" and who.name == BRINGER:
        return [EVERYBODY, BRINGER]
    names = [name for name in (who.name, *teams_of(who)) if name not in (EVERYBODY, BRINGER)]
    return list(dict.fromkeys((EVERYBODY, *names)))


def names_for(run: Row) -> list[str]:
    """All names that see a run, each once."""
    if not run["private"]:
        return [EVERYBODY]
    names = (name for name in (run["host"], run["team"], run["requester"]) if name)
    return list(dict.fromkeys((BRINGER, *names)))


def add(conn: sa.Connection, number: int, run: Row) -> None:
    """Write down who sees a new run."""
    same = {name: run[name] for name in COLUMNS}
    conn.execute(sights.insert(), [{"reader": name, "run_id": number, **same} for name in names_for(run)])


def seen_by(who: Principal | None) -> sa.ColumnElement[bool]:
    """The condition on ``runs``, for a run that is asked for by its key; lists start from ``sights``."""
    return sa.exists().where(sights.c.run_id == runs.c.id, sights.c.reader.in_(names_of(who)))
