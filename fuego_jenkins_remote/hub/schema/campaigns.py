"""Campaigns: requests that were put together. Which belong to one stands with the requests."""

from __future__ import annotations

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema.base import metadata
from fuego_jenkins_remote.service.engine import UtcDateTime

campaigns = sa.Table(
    "campaigns",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("notes", sa.Text, nullable=False),
    sa.Column("requester", sa.ForeignKey("users.name"), nullable=False),
    sa.Column("team", sa.ForeignKey("teams.name"), nullable=False),
    sa.Column("private", sa.Boolean, nullable=False),  # as all its requests
    sa.Column("call_id", sa.Text, nullable=False),  # of the put; all its first requests have it too
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),  # none while a request of it goes on
    sa.Column("round", sa.Integer, nullable=False),  # 0, and one more each time that requests of it are put again
    sa.UniqueConstraint("requester", "call_id", name="campaigns_requester_call"),
)

# For the lists: mine, my team's, those that go on; each newest first.
sa.Index("campaigns_by_requester", campaigns.c.requester, campaigns.c.id)
sa.Index("campaigns_by_team", campaigns.c.team, campaigns.c.id)
going_on = campaigns.c.ended_at.is_(None)
"""Campaigns of which something is still to come."""

sa.Index("campaigns_open", campaigns.c.id, sqlite_where=going_on, postgresql_where=going_on)
