"""SQL of what is removed when it is old enough: a few rows a call, found in the order of a key, never all at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema import (
    audit,
    campaigns,
    events,
    going_on,
    messages,
    metadata,
    notices,
    packages,
    requests,
    sessions,
    tokens,
    unsent,
    uploads,
)
from fuego_jenkins_remote.hub.statements.package_use import still_unreferenced
from fuego_jenkins_remote.network.states import FINAL


def ended_requests(
    conn: sa.Connection, *, before: datetime, before_id: str, after: str, most: int
) -> tuple[list[str], str | None]:
    """Ids of requests that ended before that time, in the order of ids, from behind `after`; and where to go on.

    A request that ended before a time has an id that is older, so that only those are looked at. Those of a campaign
    that still goes on are left.
    """
    looked_at = (
        sa.select(requests.c.id, requests.c.state, requests.c.ended_at, requests.c.campaign)
        .where(requests.c.id > after, requests.c.id < before_id)
        .order_by(requests.c.id)
        .limit(most)
    ).subquery()
    lives = sa.exists().where(campaigns.c.id == looked_at.c.campaign, going_on)
    query = sa.select(
        looked_at.c.id, looked_at.c.state.in_([str(state) for state in FINAL]), looked_at.c.ended_at, lives
    ).order_by(looked_at.c.id)
    rows = conn.execute(query).all()
    old = [row[0] for row in rows if row[1] and row[2] is not None and row[2] < before and not row[3]]
    return old, rows[-1][0] if len(rows) == most else None


def remove_requests(conn: sa.Connection, ids: Sequence[str]) -> None:
    """Remove requests and all that is told of them: attempts, history, approvals, notices, entries of the audit log."""
    _remove(conn, requests.c.id, ids)


def empty_campaigns(conn: sa.Connection, *, before: datetime, before_id: str, after: str, most: int) -> list[str]:
    """Ids of campaigns that ended before that time and have no request any more, from behind `after`."""
    used = sa.exists().where(requests.c.campaign == campaigns.c.id)
    query = sa.select(campaigns.c.id).where(campaigns.c.id > after, campaigns.c.id < before_id)
    query = query.where(campaigns.c.ended_at < before, ~used).order_by(campaigns.c.id).limit(most)
    return list(conn.execute(query).scalars())


def remove_campaigns(conn: sa.Connection, ids: Sequence[str]) -> None:
    """Remove campaigns."""
    _remove(conn, campaigns.c.id, ids)


def old_events(conn: sa.Connection, *, before: datetime, most: int) -> list[int]:
    """The oldest events that people were told of, of before that time, whose notices are all sent or given up."""
    looked_at = sa.select(events.c.id, events.c.at, events.c.told).order_by(events.c.id).limit(most).subquery()
    wait = sa.exists().where(notices.c.event_id == looked_at.c.id, unsent)
    open_ = sa.exists().where(
        notices.c.event_id == looked_at.c.id, notices.c.message_id == messages.c.id, messages.c.state == "open"
    )
    query = sa.select(looked_at.c.id).where(looked_at.c.at < before, looked_at.c.told == sa.true(), ~wait, ~open_)
    return list(conn.execute(query.order_by(looked_at.c.id)).scalars())


def remove_events(conn: sa.Connection, ids: Sequence[int]) -> None:
    """Remove events with their notices."""
    _remove(conn, events.c.id, ids)


def empty_messages(conn: sa.Connection, *, before: datetime, after: str, most: int) -> list[str]:
    """Messages that ended before that time and of which no notice tells any more."""
    used = sa.exists().where(notices.c.message_id == messages.c.id)
    query = sa.select(messages.c.id).where(messages.c.id > after, messages.c.ended_at < before, ~used)
    return list(conn.execute(query.order_by(messages.c.id).limit(most)).scalars())


def remove_messages(conn: sa.Connection, ids: Sequence[str]) -> None:
    """Remove messages."""
    _remove(conn, messages.c.id, ids)


def old_audit(conn: sa.Connection, *, before: datetime, most: int) -> list[int]:
    """The oldest entries of the audit log, those before that time."""
    query = sa.select(audit.c.id, audit.c.at).order_by(audit.c.id).limit(most)
    return [row[0] for row in conn.execute(query) if row[1] < before]


def remove_audit(conn: sa.Connection, ids: Sequence[int]) -> None:
    """Remove entries of the audit log."""
    _remove(conn, audit.c.id, ids)


def dead_tokens(conn: sa.Connection, *, before: datetime, most: int) -> list[str]:
    """Tokens that expired or were revoked before that time."""
    query = sa.select(tokens.c.prefix).where(sa.or_(tokens.c.expires_at < before, tokens.c.revoked_at < before))
    return list(conn.execute(query.order_by(tokens.c.prefix).limit(most)).scalars())


def remove_tokens(conn: sa.Connection, ids: Sequence[str]) -> None:
    """Remove tokens, and the sign-ins of browsers with them."""
    _remove(conn, tokens.c.prefix, ids)


def remove_sessions(conn: sa.Connection, *, before: datetime) -> int:
    """Remove sign-ins of browsers that expired before that time; how many."""
    return conn.execute(sessions.delete().where(sessions.c.expires_at < before)).rowcount


def unused_packages(conn: sa.Connection, *, before: datetime, after: str, most: int) -> tuple[list[str], str | None]:
    """Packages brought before that time that no request and nothing in the test store names; and where to go on."""
    looked_at = sa.select(packages.c.sha256, packages.c.at).where(packages.c.sha256 > after)
    rows = conn.execute(looked_at.order_by(packages.c.sha256).limit(most)).all()
    old = still_unused(conn, [row[0] for row in rows if row[1] < before], before=before)
    return old, rows[-1][0] if len(rows) == most else None


def still_unused(conn: sa.Connection, digests: Sequence[str], *, before: datetime) -> list[str]:
    """Those that nothing names, and that nobody has brought again since that time."""
    lately = sa.exists().where(uploads.c.sha256 == packages.c.sha256, uploads.c.at >= before)
    query = sa.select(packages.c.sha256).where(packages.c.sha256.in_(digests), ~lately, still_unreferenced())
    return list(conn.execute(query.order_by(packages.c.sha256)).scalars())


def known_packages(conn: sa.Connection, digests: Sequence[str]) -> set[str]:
    """Those of which there is a row."""
    return set(conn.execute(sa.select(packages.c.sha256).where(packages.c.sha256.in_(digests))).scalars())


def remove_packages(conn: sa.Connection, ids: Sequence[str]) -> None:
    """Remove packages, and who brought them; the files are the caller's."""
    _remove(conn, packages.c.sha256, ids)


def _remove(conn: sa.Connection, key: sa.Column[Any], values: Sequence[Any]) -> None:
    """Remove rows, and first those of all tables that refer to them, however many tables there come to be."""
    if not values:
        return
    for table in metadata.sorted_tables:
        for reference in table.foreign_keys:
            if reference.column is not key:
                continue
            mine = reference.parent.in_(values)
            if table is key.table:
                conn.execute(table.update().where(mine).values({reference.parent.name: None}))
                continue
            own_key = list(table.primary_key.columns)
            if len(own_key) == 1 and _is_referred_to(own_key[0]):
                _remove(conn, own_key[0], list(conn.execute(sa.select(own_key[0]).where(mine)).scalars()))
            else:
                conn.execute(table.delete().where(mine))
    conn.execute(key.table.delete().where(key.in_(values)))


def _is_referred_to(key: sa.Column[Any]) -> bool:
    return any(ref.column is key for table in metadata.sorted_tables for ref in table.foreign_keys)
