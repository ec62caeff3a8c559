"""What the test of a package needs of a board."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("packages", sa.Column("needs", sa.JSON(), server_default="[]", nullable=False))
