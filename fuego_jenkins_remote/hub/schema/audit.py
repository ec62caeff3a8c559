"""The audit log: who has changed what, from where."""

from __future__ import annotations

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema.base import metadata
from fuego_jenkins_remote.service.engine import UtcDateTime

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),  # user, lab; operator: on the hub's machine
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("token", sa.String(8), nullable=False),  # its public prefix; empty: none
    sa.Column("address", sa.String(100), nullable=False),  # where the call came from
    sa.Column("action", sa.String(40), nullable=False),  # as the verbs are called: put-board, revoke-token
    sa.Column("thing", sa.Text, nullable=False),  # what it was done to
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("team", sa.String(100), nullable=False),  # whose admins see it; empty: only the network's
    sa.Column("request_id", sa.ForeignKey("requests.id")),  # who may not see it does not see this either
    # All of them are read from the newest on: by nothing, by team, by who, by what.
    sa.Index("audit_by_team", "team", "id"),
    sa.Index("audit_by_name", "name", "id"),
    sa.Index("audit_by_thing", "thing", "id"),
    sa.Index("audit_by_request", "request_id", "id"),
)
