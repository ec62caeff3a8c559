"""Users, teams, labs and their tokens, as the hub's admin makes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.fuego.names import check_host_name, check_user_name
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown, Refused
from fuego_jenkins_remote.hub.records import Caller, Membership
from fuego_jenkins_remote.hub.schema import tokens
from fuego_jenkins_remote.hub.statements import people as sql
from fuego_jenkins_remote.network.permissions import Level, Scope
from fuego_jenkins_remote.service.tokens import add_token, find_token


def caller_of(conn: sa.Connection, secret: str, now: datetime) -> Caller | None:
    """Who a token speaks for; None for one that is not (or no longer) good."""
    token = find_token(conn, tokens, secret, now)
    if token is None:
        return None
    if token.kind == "user":
        return replace(sql.caller(conn, token.owner), scope=Scope(token.scope or Scope.ADMIN))
    lab = sql.find_lab(conn, token.owner)
    if token.kind != "lab" or lab is None:
        return None
    return Caller(kind="lab", name=lab.host, teams=(Membership(team=lab.team, level=Level.MEMBER),))


def parse_membership(text: str) -> Membership:
    """Read `TEAM` (as a member) or `TEAM:LEVEL`; raises Refused."""
    team, colon, level = text.partition(":")
    if colon and level not in set(Level):
        raise Refused(f"{text!r}: the level is one of {', '.join(Level)}")
    return Membership(team=check_host_name(team), level=Level(level or Level.MEMBER))


def add_user(
    conn: sa.Connection,
    name: str,
    *,
    teams: Sequence[Membership],
    email: str,
    notify: Sequence[str],
    now: datetime,
) -> str:
    """Add a user, and the teams that are not there yet; gives the secret of the user's first token."""
    check_user_name(name)
    if sql.user_exists(conn, name):
        raise Conflict(f"there is a user {name} already")
    if len({membership.team for membership in teams}) < len(teams):
        raise Refused("a team is there twice")
    sql.insert_user(conn, name=name, email=email, notify=notify, now=now)
    for position, membership in enumerate(teams):
        _have_team(conn, membership.team)
        sql.insert_membership(conn, name, membership.team, membership.level, position)
    return add_token(conn, tokens, kind="user", owner=name, now=now).secret


def add_lab(conn: sa.Connection, host: str, *, notify: Sequence[str], now: datetime) -> str:
    """Add a lab, and a team of the same name for its people; gives the secret of the lab's first token."""
    check_host_name(host)
    if sql.find_lab(conn, host) is not None:
        raise Conflict(f"there is a lab {host} already")
    _have_team(conn, host)
    sql.insert_lab(conn, host=host, team=host, notify=notify, now=now)
    return add_token(conn, tokens, kind="lab", owner=host, now=now).secret


def more_token(
    conn: sa.Connection, kind: str, owner: str, *, description: str, expires_at: datetime | None, now: datetime
) -> str:
    """Another token for a user or a lab that is there; gives its secret."""
    known = {"user": sql.user_exists(conn, owner), "lab": sql.find_lab(conn, owner) is not None}
    if kind not in known:
        raise Refused(f"a token is for a user or for a lab, not for a {kind!r}")
    if not known[kind]:
        raise NotKnown(f"there is no {kind} {owner}")
    token = add_token(conn, tokens, kind=kind, owner=owner, now=now, description=description, expires_at=expires_at)
    return token.secret


def _have_team(conn: sa.Connection, name: str) -> None:
    if not sql.team_exists(conn, name):
        sql.insert_team(conn, name)
