"""SQL on invitations."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.hub.people.values import Invitation
from fuego_jenkins_remote.hub.schema import invitations
from fuego_jenkins_remote.network.permissions import Level

_COLUMNS = [column for column in invitations.c if column.name != "digest"]


def insert(conn: sa.Connection, invitation: Invitation, code: str) -> None:
    """Write an invitation down, with the digest of its code."""
    conn.execute(invitations.insert().values(digest=_digest(code), **asdict(invitation)))


def by_code(conn: sa.Connection, code: str) -> Invitation | None:
    """The invitation of a code."""
    return _one(conn, invitations.c.digest == _digest(code))


def find(conn: sa.Connection, invitation_id: str) -> Invitation | None:
    """One invitation."""
    return _one(conn, invitations.c.id == invitation_id)


def of_team(conn: sa.Connection, team: str, limit: int) -> list[Invitation]:
    """At most so many invitations of a team, the newest first."""
    query = sa.select(*_COLUMNS).where(invitations.c.team == team)
    query = query.order_by(invitations.c.created_at.desc(), invitations.c.id).limit(limit)
    return [_invitation(row) for row in conn.execute(query).mappings()]


def use(conn: sa.Connection, invitation: Invitation, *, by: str, token: str, now: datetime) -> bool:
    """It is used now; False where somebody was first."""
    free = (invitations.c.used_at.is_(None)) & (invitations.c.revoked_at.is_(None))
    update = invitations.update().where(invitations.c.id == invitation.id, free)
    return conn.execute(update.values(used_at=now, used_by=by, used_token=token)).rowcount == 1


def revoke(conn: sa.Connection, invitation_id: str, now: datetime) -> bool:
    """It is taken back; False where it was used or taken back before."""
    free = (invitations.c.used_at.is_(None)) & (invitations.c.revoked_at.is_(None))
    update = invitations.update().where(invitations.c.id == invitation_id, free)
    return conn.execute(update.values(revoked_at=now)).rowcount == 1


def _one(conn: sa.Connection, where: sa.ColumnElement[bool]) -> Invitation | None:
    row = conn.execute(sa.select(*_COLUMNS).where(where)).mappings().one_or_none()
    return None if row is None else _invitation(row)


def _invitation(row: sa.RowMapping) -> Invitation:
    return Invitation(**dict(row) | {"level": Level(row["level"])})


def _digest(code: str) -> str:
    # 130 random bits: there is nothing to guess, so that a slow digest would protect nothing.
    return hashlib.sha256(code.encode()).hexdigest()
