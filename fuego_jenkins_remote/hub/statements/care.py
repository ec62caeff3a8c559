"""SQL of the doctor: what an operator has to look at."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema import boards, channels, failing, labs, notices, tokens, unsent, users


def labs_not_seen_since(conn: sa.Connection, moment: datetime) -> list[tuple[str, datetime | None]]:
    """Labs that were not heard of since then, or never; by name, with when they were."""
    query = sa.select(labs.c.host, labs.c.bridge_seen)
    query = query.where(sa.or_(labs.c.bridge_seen < moment, labs.c.bridge_seen.is_(None)))
    return [(row[0], row[1]) for row in conn.execute(query.order_by(labs.c.host))]


def bridge_versions(conn: sa.Connection) -> list[tuple[str, str]]:
    """Labs whose bridge's version is known, by name, with that version."""
    query = sa.select(labs.c.host, labs.c.version).where(labs.c.version != "")
    return [(row[0], row[1]) for row in conn.execute(query.order_by(labs.c.host))]


def boards_in_trouble(conn: sa.Connection) -> list[tuple[str, str]]:
    """Boards that are shared and that their labs cannot use: HOST:BOARD and what they say of it."""
    query = sa.select(boards.c.host, boards.c.name, boards.c.health)
    query = query.where(boards.c.online == sa.true(), boards.c.health != "online")
    return [(f"{row[0]}:{row[1]}", row[2]) for row in conn.execute(query.order_by(boards.c.host, boards.c.name))]


def addresses_failing(conn: sa.Connection) -> list[tuple[str, str, datetime, str]]:
    """Where notices cannot be brought: whose it is, what kind, since when, and the last error."""
    columns = (channels.c.owner, channels.c.kind, channels.c.failing_since, channels.c.last_error)
    query = sa.select(*columns).where(failing).order_by(channels.c.failing_since, channels.c.id)
    return [(row[0], row[1], row[2], row[3]) for row in conn.execute(query)]


def notices_waiting(conn: sa.Connection) -> int:
    """How many notices wait to be sent."""
    return conn.execute(sa.select(sa.func.count()).select_from(notices).where(unsent)).scalar_one()


def tokens_alive(conn: sa.Connection, now: datetime) -> list[Any]:
    """Tokens that are good: prefix, kind, owner, created_at, expires_at, last_used_at."""
    names = ("prefix", "kind", "owner", "created_at", "expires_at", "last_used_at")
    alive = sa.and_(tokens.c.revoked_at.is_(None), sa.or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now))
    query = sa.select(*(tokens.c[name] for name in names)).where(alive)
    return list(conn.execute(query.order_by(tokens.c.created_at, tokens.c.prefix)).all())


def network_admins(conn: sa.Connection) -> list[str]:
    """Who may do everything."""
    query = sa.select(users.c.name).where(users.c.network_admin == sa.true(), users.c.disabled_at.is_(None))
    return list(conn.execute(query.order_by(users.c.name)).scalars())


def postgresql_settings(conn: sa.Connection) -> dict[str, str]:
    """What decides whether accepted things stay, and how many may connect."""
    names = ("fsync", "full_page_writes", "synchronous_commit", "max_connections", "server_version")
    return {name: str(conn.exec_driver_sql(f"SHOW {name}").scalar_one()) for name in names}


def database_clock(conn: sa.Connection) -> datetime:
    """PostgreSQL's time."""
    at: datetime = conn.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return at


def sqlite_check(conn: sa.Connection) -> str:
    """`ok`, or what is wrong with the file."""
    return "; ".join(str(row[0]) for row in conn.exec_driver_sql("PRAGMA quick_check(5)"))
