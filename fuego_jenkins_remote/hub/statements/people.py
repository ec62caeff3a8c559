"""SQL on users, teams, labs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import Caller, Lab, Membership
from fuego_jenkins_remote.hub.schema import labs, memberships, teams, tokens, users
from fuego_jenkins_remote.hub.statements import locks
from fuego_jenkins_remote.network.permissions import Level, at_least


def user_exists(conn: sa.Connection, name: str) -> bool:
    """Whether there is this user."""
    return conn.execute(sa.select(users.c.name).where(users.c.name == name)).first() is not None


def team_exists(conn: sa.Connection, name: str) -> bool:
    """Whether there is this team."""
    return conn.execute(sa.select(teams.c.name).where(teams.c.name == name)).first() is not None


def insert_team(conn: sa.Connection, name: str) -> None:
    """Add a team without anybody in it."""
    conn.execute(teams.insert().values(name=name))


def insert_user(conn: sa.Connection, *, name: str, email: str, notify: Sequence[str], now: datetime) -> None:
    """Add a user who is in no team yet."""
    conn.execute(users.insert().values(name=name, email=email, notify=list(notify), created_at=now))


def insert_membership(conn: sa.Connection, user: str, team: str, level: Level, position: int) -> None:
    """Put a user in a team."""
    conn.execute(memberships.insert().values(user=user, team=team, level=level, position=position))


def caller(conn: sa.Connection, name: str) -> Caller | None:
    """A user with the teams, in the order in which they were given; None for one who is not there or is shut out."""
    rows = conn.execute(_CALLER, {"name": name}).all()
    if not rows:
        return None
    teams = tuple(Membership(team=row.team, level=Level(row.level)) for row in rows if row.team is not None)
    user = rows[0]
    return Caller(kind="user", name=name, teams=teams, email=user.email, network_admin=user.network_admin)


# Asked with every call: made once.
_CALLER = (
    sa.select(users.c.email, users.c.network_admin, memberships.c.team, memberships.c.level)
    .select_from(users.outerjoin(memberships, memberships.c.user == users.c.name))
    .where(users.c.name == sa.bindparam("name"), users.c.disabled_at.is_(None))
    .order_by(memberships.c.position)
)


def token_is_good(conn: sa.Connection, prefix: str, now: datetime) -> bool:
    """Whether a token that was good when a call came is so still, and its owner is not shut out."""
    return conn.execute(_GOOD, {"token": prefix, "now": now}).first() is not None


def _good() -> sa.Select[str]:
    owner = sa.and_(tokens.c.kind == "user", users.c.name == tokens.c.owner)
    over = tokens.c.expires_at <= sa.bindparam("now")
    ended = sa.or_(tokens.c.revoked_at.is_not(None), over, users.c.disabled_at.is_not(None))
    query = sa.select(tokens.c.prefix).select_from(tokens.outerjoin(users, owner))
    return query.where(tokens.c.prefix == sa.bindparam("token"), sa.func.coalesce(~ended, sa.true()))


_GOOD = _good()


def places_of(conn: sa.Connection, name: str) -> list[str]:
    """A user's places in teams, each as TEAM:LEVEL, in the order in which they were given."""
    query = sa.select(memberships).where(memberships.c.user == name).order_by(memberships.c.position)
    return [f"{row['team']}:{row['level']}" for row in conn.execute(query).mappings()]


def insert_lab(conn: sa.Connection, *, host: str, team: str, notify: Sequence[str], now: datetime) -> None:
    """Add a lab; its team is there already."""
    conn.execute(labs.insert().values(host=host, team=team, notify=list(notify), created_at=now))


def find_lab(conn: sa.Connection, host: str) -> Lab | None:
    """One lab."""
    row = conn.execute(_LAB, {"host": host}).one_or_none()
    return None if row is None else Lab(host=row.host, team=row.team, notify=tuple(row.notify))


_LAB = sa.select(labs.c.host, labs.c.team, labs.c.notify).where(labs.c.host == sa.bindparam("host"))


def hold_lab(conn: sa.Connection, host: str) -> None:
    """Nobody else claims for the lab until this transaction is over."""
    # No lock of its row, which would be a write: most claims find nothing, and need not wait for a disk.
    if locks.runs_beside_others(conn):
        conn.execute(_HOLD, {"host": host})


_A_LAB = 0x66750003
_HOLD = sa.select(sa.func.pg_advisory_xact_lock(_A_LAB, sa.func.hashtext(sa.bindparam("host", type_=sa.Text))))


def bridge_comes(
    conn: sa.Connection, host: str, bridge: str, *, version: str, now: datetime, gone_since: datetime
) -> bool:
    """Note that a bridge of this version is at work for the lab; False where another was later than `gone_since`."""
    its_own = sa.or_(labs.c.bridge == bridge, labs.c.bridge_seen.is_(None), labs.c.bridge_seen < gone_since)
    comes = labs.update().where(labs.c.host == host, its_own)
    found = conn.execute(comes.values(bridge=bridge, bridge_seen=now, version=version))
    return found.rowcount == 1


def bridge_leaves(conn: sa.Connection, host: str, bridge: str) -> None:
    """Note that a bridge has stopped; another one's word stays."""
    conn.execute(labs.update().where(labs.c.host == host, labs.c.bridge == bridge).values(bridge_seen=None))


def bridge_of(conn: sa.Connection, host: str) -> tuple[str, datetime]:
    """The bridge that claimed last, and when; only for a lab that had one."""
    row = conn.execute(sa.select(labs.c.bridge, labs.c.bridge_seen).where(labs.c.host == host)).one()
    return row.bridge, row.bridge_seen


def labs_kept_by(conn: sa.Connection, caller: Caller) -> list[str]:
    """The labs whose requests the caller answers: itself, or those of the teams that the caller keeps; by name."""
    if caller.kind == "lab":
        return [caller.name]
    kept = [one.team for one in caller.teams if at_least(one.level, Level.MAINTAINER)]
    return list(conn.execute(sa.select(labs.c.host).where(labs.c.team.in_(kept)).order_by(labs.c.host)).scalars())
