"""Teams: who is in them with which level, and whose labs are whose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from fuego_jenkins_remote.fuego.names import check_team_name
from fuego_jenkins_remote.hub import audit
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown
from fuego_jenkins_remote.hub.people.values import LabOf, Member
from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.rights import allowed, require
from fuego_jenkins_remote.hub.statements import people as people_sql
from fuego_jenkins_remote.hub.statements import teams as sql
from fuego_jenkins_remote.network.permissions import Action, Level, Thing


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A team with all that belongs to it."""

    name: str
    description: str
    members: Sequence[Member]
    labs: Sequence[LabOf]


def have_team(conn: sa.Connection, name: str) -> None:
    """Make the team if it is not there."""
    if not people_sql.team_exists(conn, name):
        people_sql.insert_team(conn, name)


def thing(conn: sa.Connection, team: str) -> Thing:
    """A team as the permissions see it: its labs are part of it. Raises NotKnown."""
    if not people_sql.team_exists(conn, team):
        raise NotKnown(f"there is no team {team}")
    return Thing(team=team, labs={lab.host: team for lab in sql.labs_of(conn, team)})


def find_for(conn: sa.Connection, caller: Caller, team: str) -> Whole:
    """A team with its people, for who may see them; raises NotKnown, NotYours."""
    require(
        caller,
        Action.SEE_TEAM,
        thing(conn, team),
        otherwise=f"who is in the team {team} is for its people to see, and for the network's admins",
    )
    return Whole(
        name=team,
        description=sql.description(conn, team) or "",
        members=sql.members(conn, team),
        labs=sql.labs_of(conn, team),
    )


def put(change: Change, caller: Caller, team: str, description: str) -> None:
    """Make a team, for the network's admins, or say what it is about, for its own, too."""
    check_team_name(team)
    there = people_sql.team_exists(change.conn, team)
    if there:
        require(caller, Action.MANAGE_TEAM, thing(change.conn, team), otherwise=_admins_only(team))
    else:
        require(caller, Action.MANAGE_NETWORK, otherwise="a team is made by the network's admins")
        have_team(change.conn, team)
    if not there or sql.description(change.conn, team) != description:
        sql.describe(change.conn, team, description)
        audit.write(change, caller, "put-team", f"team {team}", description, team=team)


def set_level(change: Change, caller: Caller, team: str, user: str, level: Level) -> None:
    """Put a user into a team, or give one there another level.

    Raises NotKnown, NotYours, and Conflict for the team's last admin.
    """
    require(caller, Action.MANAGE_TEAM, thing(change.conn, team), otherwise=_admins_only(team))
    if not people_sql.user_exists(change.conn, user):
        raise NotKnown(f"there is no user {user}: who is new is invited with 'ftc invite'")
    before = sql.level_of(change.conn, user, team)
    if before is level:
        return
    if before is Level.ADMIN:
        _must_have_another_admin(change, caller, team, user)
    sql.set_level(change.conn, user, team, level)
    was = f", {before} before" if before else ""
    audit.write(change, caller, "set-member", f"user {user}", f"{level} of {team}{was}", team=team)


def remove(change: Change, caller: Caller, team: str, user: str) -> None:
    """Take a user out of a team, for its admins, or leave it. What the user has put for the team stays the team's."""
    its = thing(change.conn, team)
    if (caller.kind, caller.name) != ("user", user) or not allowed(caller, Action.OWN_THINGS, Thing(owner=user)):
        require(caller, Action.MANAGE_TEAM, its, otherwise=_admins_only(team))
    before = sql.level_of(change.conn, user, team)
    if before is None:
        raise NotKnown(f"{user} is not in the team {team}")
    if before is Level.ADMIN:
        _must_have_another_admin(change, caller, team, user)
    sql.remove(change.conn, user, team)
    audit.write(change, caller, "rm-member", f"user {user}", f"{before} of {team} before", team=team)


def _must_have_another_admin(change: Change, caller: Caller, team: str, user: str) -> None:
    """A team that nobody can manage any more is left behind by the network's admins alone."""
    others = [one for one in sql.members(change.conn, team) if one.level is Level.ADMIN and one.user != user]
    if not others and not allowed(caller, Action.MANAGE_NETWORK):
        raise Conflict(f"{user} is the last admin of the team {team}: make somebody else one first")


def _admins_only(team: str) -> str:
    return f"only admins of the team {team} and of the network may do this"
