"""Which runs are of private requests, and who sees them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("private", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("runs", sa.Column("team", sa.String(100), server_default="", nullable=False))
    op.add_column("runs", sa.Column("requester", sa.String(100), server_default="", nullable=False))
    op.create_table(
        "private_labels",
        sa.Column("seen_by", sa.String(100), primary_key=True),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("name", sa.String(200), primary_key=True),
    )
