"""Users, teams, labs, invitations, tokens, and sessions of signed-in browsers."""

from __future__ import annotations

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema.base import metadata
from fuego_jenkins_remote.service.engine import UtcDateTime
from fuego_jenkins_remote.service.sessions import sessions_table
from fuego_jenkins_remote.service.tokens import tokens_table

tokens = tokens_table(metadata)
sessions = sessions_table(metadata)

teams = sa.Table(
    "teams",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
)

users = sa.Table(
    "users",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("notify", sa.JSON, nullable=False),  # where notices go: mail or apprise addresses, set by the hub's admin
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("network_admin", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("disabled_at", UtcDateTime),  # shut out since then: no token of theirs is good
)

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("user", sa.ForeignKey("users.name"), primary_key=True),
    sa.Column("team", sa.ForeignKey("teams.name"), primary_key=True),
    sa.Column("level", sa.Text, nullable=False),  # network/permissions.py: Level
    sa.Column("position", sa.Integer, nullable=False),  # a request is put for the first team that may have it run
)

labs = sa.Table(
    "labs",
    metadata,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("team", sa.ForeignKey("teams.name"), nullable=False),
    sa.Column("notify", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("bridge", sa.Text, nullable=False, server_default=""),  # the one that claims for it, by its own name
    sa.Column("bridge_seen", UtcDateTime),
    sa.Column("version", sa.Text, nullable=False, server_default=""),  # the bridge's, by its own word
)

# A code is worth a token, so that only its digest is kept. What comes of it is written in with the first use.
invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("id", sa.String(8), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    sa.Column("kind", sa.String(16), nullable=False),  # user, lab
    sa.Column("team", sa.ForeignKey("teams.name"), nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("name", sa.String(100), nullable=False),  # who it is for; empty: whoever has the code; of a lab its host
    sa.Column("made_by", sa.String(100), nullable=False),  # a user; empty: the operator
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("used_at", UtcDateTime),
    sa.Column("used_by", sa.String(100), nullable=False),
    sa.Column("used_token", sa.String(8), nullable=False),
    sa.Column("revoked_at", UtcDateTime),
    sa.Index("invitations_by_team", "team", "created_at"),
)
sa.Index("memberships_by_team", memberships.c.team)
sa.Index("labs_by_team", labs.c.team)
