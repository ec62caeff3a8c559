"""Stored test packages."""

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
)
