"""SQL on what a caller may see of requests: `network/permissions.py`'s rules for private ones, as a condition.

A request concerns the labs whose boards serve its lane, and those that had it or were asked; tests/hub/test_sight.py
holds the condition to the table.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.schema import approvals, attempts, binaries, labs, live, offers, requests, tests, uploads
from fuego_jenkins_remote.hub.statements.matches import labs_of_lane
from fuego_jenkins_remote.network.permissions import Level, at_least

_ANYBODY = requests.c.private == sa.false()


def seen_by(caller: Caller | None) -> sa.ColumnElement[bool]:
    """The condition on `requests`; None: somebody without a token, where a hub is public. It is never NULL."""
    if caller is None:
        return _ANYBODY
    if caller.kind == "lab":
        return sa.or_(_ANYBODY, _concerns([caller.name]))
    teams = [one.team for one in caller.teams]
    kept = [one.team for one in caller.teams if at_least(one.level, Level.MAINTAINER)]
    theirs = [_concerns(sa.select(labs.c.host).where(labs.c.team.in_(kept)))] if kept else []
    return sa.or_(_ANYBODY, requests.c.requester == caller.name, requests.c.team.in_(teams), *theirs)


def _concerns(hosts: list[str] | sa.Select[str]) -> sa.ColumnElement[bool]:
    """Whether one of these labs may be given the request, had it, or was asked."""
    serves = labs_of_lane(requests.c.lane_id).where(offers.c.host.in_(hosts)).exists()
    had = sa.exists().where(attempts.c.request_id == requests.c.id, attempts.c.host.in_(hosts))
    asked = sa.exists().where(approvals.c.request_id == requests.c.id, approvals.c.host.in_(hosts))
    return sa.or_(serves.correlate(requests), had.correlate(requests), asked.correlate(requests))


def labs_of(conn: sa.Connection, request_id: str, lane_id: int) -> Mapping[str, str]:
    """The labs that a request concerns, each with its team."""
    hosts = sa.union(
        labs_of_lane(lane_id),
        sa.select(attempts.c.host).where(attempts.c.request_id == request_id),
        sa.select(approvals.c.host).where(approvals.c.request_id == request_id),
    ).subquery()
    query = sa.select(labs.c.host, labs.c.team).where(labs.c.host.in_(sa.select(hosts.c.host))).order_by(labs.c.host)
    return {row.host: row.team for row in conn.execute(query)}


def version_for(conn: sa.Connection, caller: Caller | None, request_id: str) -> int | None:
    """Only the version: what a waiting reader asks again and again."""
    query = sa.select(requests.c.version).where(requests.c.id == request_id, seen_by(caller))
    return conn.execute(query).scalar_one_or_none()


def sees(conn: sa.Connection, caller: Caller | None, request_id: str) -> bool:
    """Whether there is such a request for the caller."""
    return version_for(conn, caller, request_id) is not None


def hidden_on_boards(conn: sa.Connection, caller: Caller | None) -> set[str]:
    """The requests that have a board now and are not for the caller's eyes."""
    query = sa.select(requests.c.id).join(attempts, attempts.c.request_id == requests.c.id)
    return set(conn.execute(query.where(live, requests.c.private == sa.true(), ~seen_by(caller))).scalars())


def sees_package(conn: sa.Connection, caller: Caller, sha256: str) -> bool:
    """Whether the caller has brought the package, or sees a request, a stored test or binaries that use it."""
    brought = sa.exists().where(
        uploads.c.sha256 == sha256, uploads.c.kind == caller.kind, uploads.c.name == caller.name
    )
    used = sa.exists().where(requests.c.package == sha256, seen_by(caller))
    named = [sa.exists().where(table.c.sha256 == sha256, stored_seen_by(table, caller)) for table in (tests, binaries)]
    return bool(conn.execute(sa.select(sa.or_(brought, used, *named))).scalar_one())


def stored_seen_by(table: sa.Table, caller: Caller | None) -> sa.ColumnElement[bool]:
    """The condition on `tests` or `binaries`: private ones are for their team, its labs, and who has brought them."""
    anybody = table.c.private == sa.false()
    if caller is None:
        return anybody
    if caller.kind == "lab":
        return sa.or_(anybody, table.c.team.in_(sa.select(labs.c.team).where(labs.c.host == caller.name)))
    teams = [one.team for one in caller.teams]
    return sa.or_(anybody, table.c.uploaded_by == caller.name, table.c.team.in_(teams))
