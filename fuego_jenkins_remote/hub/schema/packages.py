"""Stored test packages, and who has brought them."""

from __future__ import annotations

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema.base import metadata
from fuego_jenkins_remote.service.engine import UtcDateTime

packages = sa.Table(
    "packages",
    metadata,
    sa.Column("sha256", sa.Text, primary_key=True),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("uploaded_by", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("needs", sa.JSON, nullable=False, server_default="[]"),  # of its test, as selectors
)

# A package is there for those who have brought it, also after somebody else: that others have it is not told to them.
uploads = sa.Table(
    "uploads",
    metadata,
    sa.Column("sha256", sa.ForeignKey("packages.sha256"), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),  # user, lab
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
)
