"""Invitations: a code that turns into a token, once.

Who invites makes the code, who joins makes the token, and each sends it here, where digests are kept. So a call whose
answer was lost can be made again: the same code is the same invitation, the same token has used it already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from fuego_jenkins_remote.fuego.names import check_host_name, check_user_name
from fuego_jenkins_remote.hub import audit
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown, NotYours, Refused
from fuego_jenkins_remote.hub.people import teams, tokens
from fuego_jenkins_remote.hub.people.values import Invitation, Joined, Kind
from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.rights import require
from fuego_jenkins_remote.hub.statements import invitations as sql
from fuego_jenkins_remote.hub.statements import people as people_sql
from fuego_jenkins_remote.hub.statements import teams as team_sql
from fuego_jenkins_remote.network.permissions import Action, Level, Scope, Thing, at_least, may
from fuego_jenkins_remote.network.tokens import check_code, check_secret, kind_of, new_id

LONGEST = timedelta(days=30)
USUAL = timedelta(days=7)
"""How long an invitation is good for, at most and if nothing is said."""

_SHOWN = 200
_NO_CODE = "there is no invitation with this code here: ask for a new one"


@dataclass(frozen=True, kw_only=True)
class NewInvitation:
    """Who is invited: somebody into a team with a level (`name` empty: whoever has the code), or a lab by its host."""

    code: str
    kind: Kind = "user"
    team: str
    level: Level = Level.MEMBER
    name: str = ""
    description: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class NewJoin:
    """Who joins: the code, and the token that is to be theirs, made by them; `name` if the code does not say it."""

    code: str
    secret: str = ""
    name: str = ""
    email: str = ""


def invite(change: Change, caller: Caller | None, new: NewInvitation) -> Invitation:
    """Write an invitation down. Into a team: by its admins; a lab: by those of its team, a new one by the network's.

    None as the caller is the operator. Raises NotKnown, NotYours, Refused, Conflict.
    """
    check_code(new.code)
    if kind_of(new.code) != new.kind or (new.kind == "lab" and not new.name):
        raise Refused("the code of an invitation says what it is for, and a lab is invited by its name")
    if caller is not None:
        _require(change.conn, caller, new)
    before = sql.by_code(change.conn, new.code)
    if before is not None:
        if (before.made_by, before.team, before.name) != (caller.name if caller else "", new.team, new.name):
            raise Conflict("this code was used for another invitation: make a new one")
        return before
    if new.name:
        (check_host_name if new.kind == "lab" else check_user_name)(new.name)
    expires_at = new.expires_at or change.at + USUAL
    if not change.at < expires_at <= change.at + LONGEST:
        raise Refused(f"an invitation is good for {LONGEST.days} days at most, and ends in the future")
    teams.thing(change.conn, new.team)
    made = Invitation(
        id=new_id(),
        kind=new.kind,
        team=new.team,
        level=new.level,
        name=new.name,
        made_by=caller.name if caller else "",
        description=new.description,
        created_at=change.at,
        expires_at=expires_at,
    )
    sql.insert(change.conn, made, new.code)
    audit.write(change, caller, "invite", f"invitation {made.id}", _words(made), team=made.team)
    return made


def listed(conn: sa.Connection, caller: Caller, team: str) -> Sequence[Invitation]:
    """The newest invitations of a team, for its admins."""
    _require_admin(conn, caller, team)
    return sql.of_team(conn, team, _SHOWN)


def revoke(change: Change, caller: Caller, invitation_id: str) -> Invitation:
    """Take an invitation back; raises NotKnown, Conflict for one that was used."""
    found = sql.find(change.conn, invitation_id)
    if found is None or not may(caller.actor, Action.MANAGE_TEAM, Thing(team=found.team)):
        raise NotKnown(f"there is no invitation {invitation_id} of yours")
    if found.used_at is not None:
        raise Conflict(f"{found.used_by} has used the invitation {invitation_id}: revoke the token, or take them out")
    if sql.revoke(change.conn, invitation_id, change.at):
        audit.write(change, caller, "revoke-invitation", f"invitation {found.id}", _words(found), team=found.team)
    return sql.find(change.conn, invitation_id) or found


def must_be_known(conn: sa.Connection, code: str) -> None:
    """Raise NotKnown for a code that is none, before anything is written: whoever can reach the hub may try one."""
    if sql.by_code(conn, check_code(code)) is None:
        raise NotKnown(_NO_CODE, code="no-invitation")


def join(change: Change, caller: Caller | None, new: NewJoin) -> Joined:
    """Turn a code into a place in a team: with a new token, or for a caller who has one already.

    The same code with the same token again gives the same. Raises NotKnown, Refused, Conflict, NotYours.
    """
    found = sql.by_code(change.conn, check_code(new.code))
    if found is None:
        raise NotKnown(_NO_CODE, code="no-invitation")
    if found.used_at is not None:
        return _again(change, caller, found, new)
    state = found.state(change.at)
    if state != "open":
        why = "has expired" if state == "expired" else "was taken back"
        asked = f"ask {found.made_by}" if found.made_by else "ask"
        raise Refused(f"this invitation {why}: {asked} for a new one", code="not-good")
    _must_still_be_allowed(change.conn, found)
    if caller is not None and caller.kind == "user" and found.kind == "user":
        joined = _known_user(change, caller, found)
    else:
        joined = _lab(change, found, new) if found.kind == "lab" else _new_user(change, found, new)
    if not sql.use(change.conn, found, by=joined.name, token=joined.token, now=change.at):
        raise Conflict("somebody was quicker: this invitation was used just now", code="used")
    who = caller or Caller(kind=joined.kind, name=joined.name, token=joined.token)
    audit.write(change, who, "join", f"{joined.kind} {joined.name}", f"by the invitation {found.id}", team=found.team)
    return joined


def _again(change: Change, caller: Caller | None, found: Invitation, new: NewJoin) -> Joined:
    """The answer to who has used it; raises Conflict for anybody else."""
    who = tokens.caller_of(change.conn, new.secret, change.at) if new.secret else caller
    if who is None or (who.kind, who.name) != (found.kind, found.used_by):
        raise Conflict("this invitation was used before: it is good once; ask for a new one", code="used")
    return Joined(kind=found.kind, name=found.used_by, team=found.team, level=found.level, token=found.used_token)


def _new_user(change: Change, found: Invitation, new: NewJoin) -> Joined:
    name = found.name or new.name
    if not name:
        raise Refused("say how you are to be called: the invitation does not", code="name-needed")
    if new.name not in ("", name):
        raise Refused(f"this invitation is for {found.name}, not for {new.name}", code="other-name")
    check_user_name(name)
    check_secret(new.secret, "user")
    if people_sql.user_exists(change.conn, name):
        raise Conflict(
            f"there is a user {name} already: if that is you, join with the token that you have (hub_token_file);"
            " else choose another name",
            code="name-taken",
        )
    people_sql.insert_user(change.conn, name=name, email=new.email, notify=(), now=change.at)
    team_sql.set_level(change.conn, name, found.team, found.level)
    kept = tokens.NewToken(secret=new.secret, description="from an invitation")
    token = tokens.keep(change, "user", name, kept, made_by=found.made_by, scope=Scope.ADMIN)
    return Joined(kind="user", name=name, team=found.team, level=found.level, token=token.prefix)


def _known_user(change: Change, caller: Caller, found: Invitation) -> Joined:
    if found.name not in ("", caller.name):
        raise NotYours(f"this invitation is for {found.name}, and you are {caller.name}")
    before = team_sql.level_of(change.conn, caller.name, found.team)
    level = before if before is not None and at_least(before, found.level) else found.level
    if level is not before:
        team_sql.set_level(change.conn, caller.name, found.team, level)
    return Joined(kind="user", name=caller.name, team=found.team, level=level, token="")


def _lab(change: Change, found: Invitation, new: NewJoin) -> Joined:
    check_secret(new.secret, "lab")
    lab = people_sql.find_lab(change.conn, found.name)
    if lab is None:
        people_sql.insert_lab(change.conn, host=found.name, team=found.team, notify=(), now=change.at)
    elif lab.team != found.team:
        raise Refused(f"the lab {found.name} is the team {lab.team}'s now: ask for a new invitation", code="not-good")
    kept = tokens.NewToken(secret=new.secret, description="from an invitation")
    token = tokens.keep(change, "lab", found.name, kept, made_by=found.made_by, scope="")
    return Joined(kind="lab", name=found.name, team=found.team, level=found.level, token=token.prefix)


def _must_still_be_allowed(conn: sa.Connection, found: Invitation) -> None:
    """Who has left, or is no admin any more, invites nobody."""
    if not found.made_by:
        return
    host = people_sql.caller(conn, found.made_by)
    if host is None or not may(host.actor, Action.MANAGE_TEAM, Thing(team=found.team)):
        raise Refused("who made this invitation may not do that any more: ask for a new one", code="not-good")


def _require(conn: sa.Connection, caller: Caller, new: NewInvitation) -> None:
    if new.kind != "lab":
        _require_admin(conn, caller, new.team)
        return
    lab = people_sql.find_lab(conn, new.name)
    if lab is None:
        otherwise = f"there is no lab {new.name} yet: new labs are let in by the network's admins"
        require(caller, Action.MANAGE_NETWORK, otherwise=otherwise)
    elif lab.team != new.team:
        raise Refused(f"the lab {lab.host} is the team {lab.team}'s, not {new.team}'s")
    else:
        otherwise = f"only admins of the team {lab.team} and of the network give out tokens of {lab.host}"
        require(caller, Action.GIVE_LAB_TOKEN, Thing(team=lab.team), otherwise=otherwise)


def _require_admin(conn: sa.Connection, caller: Caller, team: str) -> None:
    otherwise = f"only admins of the team {team} and of the network invite into it"
    require(caller, Action.MANAGE_TEAM, teams.thing(conn, team), otherwise=otherwise)


def _words(invitation: Invitation) -> str:
    if invitation.kind == "lab":
        return f"a token of the lab {invitation.name}, {invitation.team}'s"
    return f"{invitation.name or 'anybody with the code'} as {invitation.level} of {invitation.team}"
