"""What a token is good for, who made it, when it was last used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fuego_jenkins_remote.service.engine import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tokens", sa.Column("scope", sa.String(16), server_default="", nullable=False))
    op.add_column("tokens", sa.Column("last_used_at", UtcDateTime(), nullable=True))
    op.add_column("tokens", sa.Column("made_by", sa.String(100), server_default="", nullable=False))
