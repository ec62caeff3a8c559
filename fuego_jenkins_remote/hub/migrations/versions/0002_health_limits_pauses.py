"""What a lab sees of its boards; claims with limits; claims that wait for the end of a pause; notices on boards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fuego_jenkins_remote.service.engine import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OFFERED = sa.text("state = 'pending' AND held = 0")
_OFFERED_ON_POSTGRESQL = sa.text("state = 'pending' AND held = false")
_UNSENT = sa.text("state = 'waiting'")
_PAUSED = sa.text("pause_until IS NOT NULL")


def upgrade() -> None:
    op.add_column("boards", sa.Column("health", sa.Text(), server_default="online", nullable=False))
    op.add_column("boards", sa.Column("health_reason", sa.Text(), server_default="", nullable=False))
    op.add_column("boards", sa.Column("health_since", UtcDateTime(), nullable=True))
    op.execute("UPDATE boards SET health_since = updated_at")
    op.drop_index("requests_pending", "requests")
    op.create_index(
        "requests_pending",
        "requests",
        ["lane_id", sa.literal_column("priority DESC"), "id", "timeout"],
        sqlite_where=_OFFERED,
        postgresql_where=_OFFERED_ON_POSTGRESQL,
    )
    op.create_index(
        "requests_by_length",
        "requests",
        ["lane_id", "timeout"],
        sqlite_where=_OFFERED,
        postgresql_where=_OFFERED_ON_POSTGRESQL,
    )
    op.create_index(
        "attempts_paused", "attempts", ["host", "pause_until"], sqlite_where=_PAUSED, postgresql_where=_PAUSED
    )
    _notices_without_a_request()


def _notices_without_a_request() -> None:
    # SQLite makes the table anew for that: its indexes are made again as they were.
    op.drop_index("notices_unsent", "notices")
    op.drop_index("notices_by_request", "notices")
    with op.batch_alter_table("notices") as notices:
        notices.alter_column("request_id", existing_type=sa.Text(), nullable=True)
    op.create_index("notices_by_request", "notices", ["request_id"])
    op.create_index("notices_unsent", "notices", ["next_try"], sqlite_where=_UNSENT, postgresql_where=_UNSENT)
