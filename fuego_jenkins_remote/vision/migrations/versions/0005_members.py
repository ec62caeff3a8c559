"""Which readers are in which teams."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "members",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("team", sa.String(100), primary_key=True),
    )
