"""Notices that wait to be sent, and those that were."""

from __future__ import annotations

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema.base import metadata
from fuego_jenkins_remote.service.engine import UtcDateTime

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("request_id", sa.ForeignKey("requests.id")),  # none: it is about a board
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # waiting, sent, failed
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_try", UtcDateTime),
)
unsent = notices.c.state == sa.literal_column("'waiting'")
sa.Index("notices_unsent", notices.c.next_try, sqlite_where=unsent, postgresql_where=unsent)
sa.Index("notices_by_request", notices.c.request_id)
