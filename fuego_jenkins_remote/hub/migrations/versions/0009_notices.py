"""Subscriptions, digests, standing approvals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fuego_jenkins_remote.service.engine import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _asked_is_called_requested()
    _questions_are_reminded_of()
    _standing_approvals()


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


def _questions_are_reminded_of() -> None:
    op.add_column("approvals", sa.Column("remind_at", UtcDateTime(), nullable=True))
    reminders = sa.text("remind_at IS NOT NULL")
    op.create_index(
        "approvals_to_remind", "approvals", ["remind_at"], sqlite_where=reminders, postgresql_where=reminders
    )


def _standing_approvals() -> None:
    op.create_table(
        "standing_approvals",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("host", sa.Text(), sa.ForeignKey("labs.host"), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("test", sa.Text(), nullable=False),
        sa.Column("outside", sa.Boolean(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("by_kind", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("host", "user", "team", "test", name="standing_approvals_what"),
    )
