"""What clients of old Fuego servers know requests, boards and runs by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fuego_jenkins_remote.service.engine import UtcDateTime

revision = "0018"
down_revision = "0014"
branch_labels = None
depends_on = None

_SEEN = sa.text("old_id IS NOT NULL")


def upgrade() -> None:
    for name in ("old_id", "old_host", "old_board"):
        op.add_column("requests", sa.Column(name, sa.Text()))
    op.add_column("requests", sa.Column("old_fields", sa.JSON(none_as_null=True)))
    op.add_column("boards", sa.Column("old_fields", sa.JSON(none_as_null=True)))
    for name, columns in {
        "requests_old_by_host": ["old_host", "state", "old_board"],
        "requests_old_by_board": ["old_board", "state"],
        "requests_old_by_state": ["state"],
    }.items():
        op.create_index(name, "requests", columns, sqlite_where=_SEEN, postgresql_where=_SEEN)
    op.create_index(
        "requests_by_old_id", "requests", ["old_id"], unique=True, sqlite_where=_SEEN, postgresql_where=_SEEN
    )
    op.create_table(
        "fserver_runs",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("board", sa.Text(), nullable=False),
        sa.Column("test", sa.Text(), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("timestamp", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("run_key", sa.Text(), nullable=False),
        sa.Column("run_url", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index("fserver_runs_by_board", "fserver_runs", ["host", "board", "name"])
    op.create_index("fserver_runs_by_test", "fserver_runs", ["test", "name"])
