"""Campaigns as things of their own, and requests that are put again within one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fuego_jenkins_remote.service.engine import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["requester"], ["users.name"]),
        sa.ForeignKeyConstraint(["team"], ["teams.name"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("requester", "call_id", name="campaigns_requester_call"),
    )
    op.create_index("campaigns_by_requester", "campaigns", ["requester", "id"])
    op.create_index("campaigns_by_team", "campaigns", ["team", "id"])
    op.create_index(
        "campaigns_open",
        "campaigns",
        ["id"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.add_column("requests", sa.Column("steps", sa.Integer(), server_default="1", nullable=False))
    op.add_column("requests", sa.Column("spread_group", sa.Text(), nullable=True))
    op.add_column("requests", sa.Column("rerun_of", sa.Text(), nullable=True))
    op.add_column("requests", sa.Column("replaced_by", sa.Text(), nullable=True))
    # What was put together before: one put made each of them.
    op.execute(
        "INSERT INTO campaigns (id, name, notes, requester, team, private, call_id, created_at, ended_at, round) "
        "SELECT campaign, '', min(notes), min(requester), min(team), false, min(call_id), min(created_at), "
        "CASE WHEN count(ended_at) = count(*) THEN max(ended_at) END, 0 "
        "FROM requests WHERE campaign IS NOT NULL GROUP BY campaign"
    )
    op.execute("UPDATE requests SET spread_group = campaign WHERE spread")
