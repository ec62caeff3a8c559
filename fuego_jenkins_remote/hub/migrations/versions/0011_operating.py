"""What operating needs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Boards are counted by how they stand, without a look at their facts.
    op.create_index("boards_by_standing", "boards", ["online", "health", "maintenance"])
    # With the state in it SQLite counts in the index alone.
    waiting = sa.text("state = 'pending'")
    op.drop_index("requests_waiting", "requests")
    op.create_index("requests_waiting", "requests", ["id", "state"], sqlite_where=waiting, postgresql_where=waiting)
