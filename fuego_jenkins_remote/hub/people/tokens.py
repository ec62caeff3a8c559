"""Tokens: who one speaks for, more of them, and the end of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.hub import audit
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown, Refused
from fuego_jenkins_remote.hub.people.values import Kind
from fuego_jenkins_remote.hub.records import Caller, Membership
from fuego_jenkins_remote.hub.rights import allowed, must_be_good_for, require
from fuego_jenkins_remote.hub.schema import tokens
from fuego_jenkins_remote.hub.statements import people as sql
from fuego_jenkins_remote.network.permissions import Action, Level, Scope, Thing
from fuego_jenkins_remote.network.tokens import check_secret
from fuego_jenkins_remote.service.tokens import (
    PrefixTaken,
    TokenRow,
    add_token,
    find_token,
    list_tokens,
    revoke_token,
    token_of,
)

_NOT_YOURS = "a user's tokens are the user's own; those of a lab are for the admins of its team (--lab HOST)"

MOST = 100
"""Good tokens that a user or a lab may have."""


def caller_of(conn: sa.Connection, secret: str, now: datetime) -> Caller | None:
    """Who a token speaks for; None for one that is not (or no longer) good."""
    token = find_token(conn, tokens, secret, now)
    return None if token is None else speaks_for(conn, token)


def speaks_for(conn: sa.Connection, token: TokenRow) -> Caller | None:
    """Who a good token speaks for; None where its owner is not there any more, or is shut out."""
    if token.kind == "user":
        caller = sql.caller(conn, token.owner)
        return caller and replace(caller, scope=Scope(token.scope or Scope.ADMIN), token=token.prefix)
    lab = sql.find_lab(conn, token.owner)
    if token.kind != "lab" or lab is None:
        return None
    return Caller(kind="lab", name=lab.host, teams=(Membership(team=lab.team, level=Level.MEMBER),), token=token.prefix)


@dataclass(frozen=True, kw_only=True)
class NewToken:
    """What somebody wants a token for; whoever will hold it has made the secret."""

    secret: str
    description: str = ""
    scope: Scope = Scope.ADMIN
    expires_at: datetime | None = None


def add(change: Change, caller: Caller, kind: Kind, owner: str, new: NewToken) -> TokenRow:
    """Another token, for the caller or for a lab of a team that the caller is an admin of; the same secret again is it.

    Raises NotKnown, NotYours, Refused, Conflict.
    """
    _require(change.conn, caller, kind, owner)
    check_secret(new.secret, kind)
    there = find_token(change.conn, tokens, new.secret, change.at)
    if there is not None and (there.kind, there.owner) == (kind, owner):
        return there
    if new.expires_at is not None and new.expires_at <= change.at:
        raise Refused(f"{new.expires_at.isoformat()} is over: the token would never be good")
    good = [one for one in list_tokens(change.conn, tokens, kind=kind, owner=owner) if one.is_good(change.at)]
    if len(good) >= MOST:
        raise Conflict(f"{kind} {owner} has {MOST} tokens: revoke one that is not used any more")
    scope = new.scope if kind == "user" else ""
    made = keep(change, kind, owner, replace(new, scope=new.scope), made_by=caller.name, scope=scope)
    until = f", until {new.expires_at:%Y-%m-%d %H:%M} UTC" if new.expires_at else ""
    said = f"{made.prefix} ({scope or kind}{until}) {new.description}".rstrip()
    audit.write(change, caller, "add-token", f"{kind} {owner}", said, team=_team(change.conn, kind, owner))
    return made


def keep(change: Change, kind: Kind, owner: str, new: NewToken, *, made_by: str, scope: str) -> TokenRow:
    """Store a token that was made elsewhere; raises Conflict where its public part is taken."""
    try:
        made = add_token(
            change.conn,
            tokens,
            kind=kind,
            owner=owner,
            now=change.at,
            description=new.description,
            expires_at=new.expires_at,
            scope=scope,
            made_by=made_by,
            secret=new.secret,
        )
    except PrefixTaken as error:
        raise Conflict(str(error), code="token-taken") from None
    stored = token_of(change.conn, tokens, made.prefix)
    assert stored is not None  # noqa: S101 - just written
    return stored


def listed(conn: sa.Connection, caller: Caller, kind: Kind, owner: str) -> Sequence[TokenRow]:
    """The tokens of the caller, or of a lab whose team the caller is an admin of; the network's admins see all."""
    _require(conn, caller, kind, owner)
    return list_tokens(conn, tokens, kind=kind, owner=owner)


def revoke(change: Change, caller: Caller, prefix: str) -> TokenRow:
    """Take a token out of use, at once; one that is out of use stays so. Raises NotKnown for one that is not there.

    Of a token that the caller could not revoke nothing is told.
    """
    must_be_good_for(caller, Action.OWN_THINGS)
    token = token_of(change.conn, tokens, prefix)
    if token is None or not _may(change.conn, caller, token.kind, token.owner):
        raise NotKnown(f"there is no token {prefix} of yours: ftc list-tokens shows their IDs")
    if revoke_token(change.conn, tokens, prefix, change.at):
        said = f"{prefix} {token.description}".rstrip()
        team = _team(change.conn, token.kind, token.owner)
        audit.write(change, caller, "revoke-token", f"{token.kind} {token.owner}", said, team=team)
    return token_of(change.conn, tokens, prefix) or token


def more_token(
    conn: sa.Connection,
    kind: str,
    owner: str,
    *,
    description: str,
    expires_at: datetime | None,
    now: datetime,
    scope: str = "",
) -> str:
    """Another token for a user or a lab that is there, as the operator makes them; gives its secret."""
    known = {"user": sql.user_exists(conn, owner), "lab": sql.find_lab(conn, owner) is not None}
    if kind not in known:
        raise Refused(f"a token is for a user or for a lab, not for a {kind!r}")
    if not known[kind]:
        raise NotKnown(f"there is no {kind} {owner}")
    token = add_token(
        conn, tokens, kind=kind, owner=owner, now=now, description=description, expires_at=expires_at, scope=scope
    )
    return token.secret


def _require(conn: sa.Connection, caller: Caller, kind: Kind, owner: str) -> None:
    must_be_good_for(caller, Action.OWN_THINGS)
    if _may(conn, caller, kind, owner):
        return
    if kind == "lab":
        # Which labs there are is no secret, whose they are neither.
        lab = sql.find_lab(conn, owner)
        if lab is None:
            raise NotKnown(f"there is no lab {owner}")
        otherwise = f"the tokens of the lab {owner} are for the admins of the team {lab.team}"
        require(caller, Action.GIVE_LAB_TOKEN, Thing(team=lab.team), otherwise=otherwise)
    require(caller, Action.OWN_THINGS, Thing(owner=owner), otherwise=_NOT_YOURS)


def _may(conn: sa.Connection, caller: Caller, kind: str, owner: str) -> bool:
    if kind == "lab":
        lab = sql.find_lab(conn, owner)
        return lab is not None and allowed(caller, Action.GIVE_LAB_TOKEN, Thing(team=lab.team))
    return allowed(caller, Action.OWN_THINGS, Thing(owner=owner)) or allowed(caller, Action.MANAGE_NETWORK)


def _team(conn: sa.Connection, kind: str, owner: str) -> str:
    lab = sql.find_lab(conn, owner) if kind == "lab" else None
    return lab.team if lab else ""
