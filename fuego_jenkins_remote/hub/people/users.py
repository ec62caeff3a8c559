"""Users and their places in teams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.fuego.errors import BadName
from fuego_jenkins_remote.fuego.names import check_team_name, check_user_name
from fuego_jenkins_remote.hub import audit
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown, Refused
from fuego_jenkins_remote.hub.people.teams import have_team
from fuego_jenkins_remote.hub.people.values import User
from fuego_jenkins_remote.hub.records import Caller, Membership
from fuego_jenkins_remote.hub.rights import require
from fuego_jenkins_remote.hub.schema import tokens
from fuego_jenkins_remote.hub.statements import people as sql
from fuego_jenkins_remote.hub.statements import teams as team_sql
from fuego_jenkins_remote.network.permissions import Action, Level
from fuego_jenkins_remote.service.tokens import add_token


def parse_membership(text: str) -> Membership:
    """Read `TEAM` (as a member) or `TEAM:LEVEL`; raises BadName."""
    team, colon, level = text.partition(":")
    if colon and level not in set(Level):
        raise BadName(f"{text!r}: the level is one of {', '.join(Level)}")
    return Membership(team=check_team_name(team), level=Level(level or Level.MEMBER))


def add_user(
    conn: sa.Connection,
    name: str,
    *,
    teams: Sequence[Membership],
    email: str,
    notify: Sequence[str],
    now: datetime,
    network_admin: bool = False,
) -> str:
    """Add a user, and the teams that are not there yet; gives the secret of the user's first token."""
    check_user_name(name)
    if sql.user_exists(conn, name):
        raise Conflict(f"there is a user {name} already")
    if len({membership.team for membership in teams}) < len(teams):
        raise Refused("a team is there twice")
    sql.insert_user(conn, name=name, email=email, notify=notify, now=now)
    if network_admin:
        team_sql.change_user(conn, name, network_admin=True)
    for position, membership in enumerate(teams):
        have_team(conn, membership.team)
        sql.insert_membership(conn, name, membership.team, membership.level, position)
    return add_token(conn, tokens, kind="user", owner=name, now=now).secret


@dataclass(frozen=True, kw_only=True)
class UserChange:
    """What is to be different with a user; None: as it is."""

    email: str | None = None
    notify: Sequence[str] | None = None
    network_admin: bool | None = None
    disabled: bool | None = None


def change_user(change: Change, caller: Caller | None, name: str, wanted: UserChange) -> User:
    """Change a user, for the network's admins; None as the caller is the operator.

    Who is shut out keeps name, requests and places in teams, and no token of theirs is good, at once. Raises NotKnown,
    NotYours.
    """
    if caller is not None:
        require(caller, Action.MANAGE_NETWORK, otherwise="users are changed by the network's admins")
    before = team_sql.find_user(change.conn, name)
    if before is None:
        raise NotKnown(f"there is no user {name}")
    values: dict[str, object] = {}
    if wanted.email is not None and wanted.email != before.email:
        values["email"] = wanted.email
    if wanted.notify is not None and tuple(wanted.notify) != before.notify:
        values["notify"] = list(wanted.notify)
    if wanted.network_admin is not None and wanted.network_admin != before.network_admin:
        values["network_admin"] = wanted.network_admin
    if wanted.disabled is not None and wanted.disabled != (before.disabled_at is not None):
        values["disabled_at"] = change.at if wanted.disabled else None
    if not values:
        return before
    team_sql.change_user(change.conn, name, **values)
    audit.write(change, caller, "set-user", f"user {name}", ", ".join(_words(values)))
    return team_sql.find_user(change.conn, name) or before


def _words(values: Mapping[str, object]) -> Iterator[str]:
    """What is different, for the audit log. Addresses of chats hold secrets: which they are now is not said."""
    if "email" in values:
        yield f"mail {values['email'] or 'none'}"
    if "notify" in values:
        yield "other addresses for notices"
    if "network_admin" in values:
        yield "admin of the network" if values["network_admin"] else "no admin of the network any more"
    if "disabled_at" in values:
        yield "shut out" if values["disabled_at"] else "let in again"
