"""Tokens: who one speaks for, and more of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.hub.errors import NotKnown, Refused
from fuego_jenkins_remote.hub.records import Caller, Membership
from fuego_jenkins_remote.hub.schema import tokens
from fuego_jenkins_remote.hub.statements import people as sql
from fuego_jenkins_remote.network.permissions import Level, Scope
from fuego_jenkins_remote.service.tokens import TokenRow, add_token, find_token


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
    return Caller(
        kind="lab",
        name=lab.host,
        teams=(Membership(team=lab.team, level=Level.MEMBER),),
        token=token.prefix,
    )


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
