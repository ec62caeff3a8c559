"""Which bridge claims for a lab: a second one is turned away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fuego_jenkins_remote.service.engine import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("labs", sa.Column("bridge", sa.Text(), server_default="", nullable=False))
    op.add_column("labs", sa.Column("bridge_seen", UtcDateTime(), nullable=True))
