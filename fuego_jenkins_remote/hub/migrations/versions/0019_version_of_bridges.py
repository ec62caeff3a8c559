"""Which version of this program each lab's bridge is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("labs", sa.Column("version", sa.Text(), nullable=False, server_default=""))
