"""SQL on teams, who is in them, and their labs."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from fuego_jenkins_remote.hub.people.values import LabOf, Member, Team, User
from fuego_jenkins_remote.hub.schema import labs, memberships, teams, users
from fuego_jenkins_remote.network.permissions import Level


def listed(conn: sa.Connection) -> list[Team]:
    """All teams, by name."""
    people = sa.select(sa.func.count()).where(memberships.c.team == teams.c.name).scalar_subquery()
    with_labs = sa.select(sa.func.count()).where(labs.c.team == teams.c.name).scalar_subquery()
    query = sa.select(teams, people.label("people"), with_labs.label("labs")).order_by(teams.c.name)
    return [Team(**row) for row in conn.execute(query).mappings()]


def description(conn: sa.Connection, name: str) -> str | None:
    """What a team is about; None where there is no such team."""
    return conn.execute(sa.select(teams.c.description).where(teams.c.name == name)).scalar_one_or_none()


def describe(conn: sa.Connection, name: str, text: str) -> None:
    """Say what a team is about."""
    conn.execute(teams.update().where(teams.c.name == name).values(description=text))


def members(conn: sa.Connection, team: str) -> list[Member]:
    """Who is in a team and not shut out, by name."""
    query = sa.select(memberships.c.user, memberships.c.level).join(users, users.c.name == memberships.c.user)
    query = query.where(memberships.c.team == team, users.c.disabled_at.is_(None)).order_by(memberships.c.user)
    return [Member(user=row.user, level=Level(row.level)) for row in conn.execute(query)]


def level_of(conn: sa.Connection, user: str, team: str) -> Level | None:
    """A user's level in a team; None for who is not in it."""
    this = (memberships.c.user == user) & (memberships.c.team == team)
    level = conn.execute(sa.select(memberships.c.level).where(this)).scalar_one_or_none()
    return None if level is None else Level(level)


def set_level(conn: sa.Connection, user: str, team: str, level: Level) -> None:
    """Give a user this level in a team; a new team is the user's last one."""
    this = (memberships.c.user == user) & (memberships.c.team == team)
    if conn.execute(memberships.update().where(this).values(level=level)).rowcount:
        return
    last = sa.select(sa.func.coalesce(sa.func.max(memberships.c.position) + 1, 0)).where(memberships.c.user == user)
    position = conn.execute(last).scalar_one()
    conn.execute(memberships.insert().values(user=user, team=team, level=level, position=position))


def remove(conn: sa.Connection, user: str, team: str) -> bool:
    """Take a user out of a team; whether the user was in it."""
    this = (memberships.c.user == user) & (memberships.c.team == team)
    return conn.execute(memberships.delete().where(this)).rowcount == 1


def labs_of(conn: sa.Connection, team: str | None = None) -> list[LabOf]:
    """The labs of a team, or all, by name."""
    query = sa.select(labs.c.host, labs.c.team, labs.c.bridge_seen, labs.c.version).order_by(labs.c.host)
    if team is not None:
        query = query.where(labs.c.team == team)
    return [LabOf(**row) for row in conn.execute(query).mappings()]


def set_owner(conn: sa.Connection, host: str, team: str) -> None:
    """Give a lab to a team."""
    conn.execute(labs.update().where(labs.c.host == host).values(team=team))


def set_notify(conn: sa.Connection, host: str, addresses: Sequence[str]) -> None:
    """Say where a lab's notices go."""
    conn.execute(labs.update().where(labs.c.host == host).values(notify=list(addresses)))


def find_user(conn: sa.Connection, name: str) -> User | None:
    """One user, also one who is shut out."""
    row = conn.execute(sa.select(users).where(users.c.name == name)).mappings().one_or_none()
    return None if row is None else User(**dict(row) | {"notify": tuple(row["notify"])})


def all_users(conn: sa.Connection) -> list[User]:
    """All users, by name."""
    rows = conn.execute(sa.select(users).order_by(users.c.name)).mappings()
    return [User(**dict(row) | {"notify": tuple(row["notify"])}) for row in rows]


def change_user(conn: sa.Connection, name: str, **values: object) -> None:
    """Write these columns of a user."""
    conn.execute(users.update().where(users.c.name == name).values(**values))
