"""Lists of runs, newest first: what a page costs depends on what it shows and not on how many runs there are.

A list is put together from one look for each name that sees something (see ``sight``), each into an index that is in
order. Filters for which there is no index of their own, as for a spec and a status, are held against what the best one
for a part of them gives, up to so many runs: then a page has fewer runs than were asked for, and says where to go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.service.signins import Principal
from fuego_jenkins_remote.vision.records import Cursor, Filter, Page
from fuego_jenkins_remote.vision.schema import runs, sights
from fuego_jenkins_remote.vision.statements.runs import summary_of
from fuego_jenkins_remote.vision.statements.sight import names_of

LOOKED_AT = 10_000
"""Runs that a page looks at, at most, over all names together."""

_LEAST = 500
_FILTERS = ("test", "host", "board", "spec", "status", "request", "campaign")
_INDEXED = (
    ("request",), ("campaign",), ("test", "board"), ("test", "status"), ("host", "board"), ("board",), ("test",),
    ("spec",), ("host",), ("status",), (),
)  # fmt: skip
"""Filters with an index in ``sights``, those first that leave the fewest runs."""


def listed(conn: sa.Connection, wanted: Filter, *, who: Principal | None, before: Cursor | None, limit: int) -> Page:
    """Give at most ``limit`` of the runs that are there for ``who``, newest first, those after ``before``."""
    names = names_of(who)
    rows = conn.execute(select(wanted, names=names, before=before, limit=limit + 1)).mappings()
    found = [summary_of(row) for row in rows]
    end = None
    if _rest(wanted):
        query = select_ends(wanted, names=names, before=before)
        end = max((Cursor(at=row.at, number=row.run_id) for row in conn.execute(query)), default=None)
        found = [run for run in found if end is None or run.place >= end]
    if len(found) > limit:
        return Page(runs=found[:limit], before=found[limit - 1].place)
    return Page(runs=found, before=end)


def select(wanted: Filter, *, names: list[str], before: Cursor | None, limit: int) -> sa.Select[Any]:
    """The statement of a list; apart from ``listed`` so that its plan can be looked at."""
    picked = pick(wanted, names=names, before=before, limit=limit)
    return sa.select(runs).where(runs.c.id.in_(picked)).order_by(runs.c.at.desc(), runs.c.id.desc()).limit(limit)


def pick(wanted: Filter, *, names: list[str], before: Cursor | None, limit: int) -> sa.Select[Any]:
    """The numbers of a list's runs."""
    looks = [_matching(wanted, name, before, limit=limit, look=look(names)) for name in names]
    every = sa.union(*(sa.select(one.subquery()) for one in looks)).subquery("picked")
    return sa.select(every.c.run_id).order_by(every.c.at.desc(), every.c.run_id.desc()).limit(limit)


def select_ends(wanted: Filter, *, names: list[str], before: Cursor | None) -> sa.CompoundSelect[Any]:
    """Where the looks end that have not come to the end of what is there: the last run that each has looked at."""
    ends = [_look(wanted, name, before).limit(1).offset(look(names) - 1).subquery() for name in names]
    return sa.union_all(*(sa.select(one.c.at, one.c.run_id) for one in ends))


def look(names: list[str]) -> int:
    """How many runs are looked at for each name."""
    return max(LOOKED_AT // len(names), _LEAST)


def _matching(wanted: Filter, name: str, before: Cursor | None, *, limit: int, look: int) -> sa.Select[Any]:
    """The newest places of runs that one name sees and that match."""
    rest = _rest(wanted)
    looked_at = _look(wanted, name, before, rest).limit(look if rest else limit).subquery()
    fits = [looked_at.c[column] == getattr(wanted, column) for column in rest]
    query = sa.select(looked_at.c.at, looked_at.c.run_id).where(*fits)
    return query.order_by(looked_at.c.at.desc(), looked_at.c.run_id.desc()).limit(limit) if rest else query


def _look(wanted: Filter, name: str, before: Cursor | None, more: Sequence[str] = ()) -> sa.Select[Any]:
    """Places of what one name sees, by the filters that have an index, newest first; with more columns of them."""
    own = [sights.c[column] == getattr(wanted, column) for column in _indexed(wanted)]
    query = sa.select(*(sights.c[column] for column in ("at", "run_id", *more))).where(sights.c.reader == name, *own)
    if wanted.since is not None:
        query = query.where(sights.c.at >= wanted.since)
    if before is not None:
        place = sa.tuple_(sa.literal(before.at, sights.c.at.type), sa.literal(before.number))
        query = query.where(sa.tuple_(sights.c.at, sights.c.run_id) < place)
    return query.order_by(sights.c.at.desc(), sights.c.run_id.desc())


def _given(wanted: Filter) -> set[str]:
    return {column for column in _FILTERS if getattr(wanted, column) is not None}


def _indexed(wanted: Filter) -> tuple[str, ...]:
    given = _given(wanted)
    return next(columns for columns in _INDEXED if given.issuperset(columns))


def _rest(wanted: Filter) -> list[str]:
    """The filters that the index does not answer."""
    return sorted(_given(wanted).difference(_indexed(wanted)))
