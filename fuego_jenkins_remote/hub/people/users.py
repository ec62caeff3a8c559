"""Users and their places in teams."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.fuego.names import check_host_name, check_user_name
from fuego_jenkins_remote.hub.errors import Conflict, Refused
from fuego_jenkins_remote.hub.people.teams import have_team
from fuego_jenkins_remote.hub.records import Membership
from fuego_jenkins_remote.hub.schema import tokens
from fuego_jenkins_remote.hub.statements import people as sql
from fuego_jenkins_remote.network.permissions import Level
from fuego_jenkins_remote.service.tokens import add_token


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
        have_team(conn, membership.team)
        sql.insert_membership(conn, name, membership.team, membership.level, position)
    return add_token(conn, tokens, kind="user", owner=name, now=now).secret
