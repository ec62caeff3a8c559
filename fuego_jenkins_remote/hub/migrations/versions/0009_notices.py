"""Subscriptions, digests, standing approvals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _asked_is_called_requested()


def _asked_is_called_requested() -> None:
    op.execute("UPDATE approvals SET answer = 'requested' WHERE answer = 'waiting'")
    op.drop_index("approvals_asked", table_name="approvals")
    op.create_index(
        "approvals_asked",
        "approvals",
        ["host", "request_id"],
        sqlite_where=sa.text("answer = 'requested'"),
        postgresql_where=sa.text("answer = 'requested'"),
    )
