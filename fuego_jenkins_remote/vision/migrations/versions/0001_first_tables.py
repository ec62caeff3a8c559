"""The first tables: runs with their cases and measurements, tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fuego_jenkins_remote.service.engine import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "labels",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name"),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("host", sa.String(length=100), nullable=False),
        sa.Column("board", sa.String(length=100), nullable=False),
        sa.Column("test", sa.String(length=200), nullable=False),
        sa.Column("spec", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("build_number", sa.String(length=40), nullable=False),
        sa.Column("started_at", UtcDateTime()),
        sa.Column("duration_ms", sa.BigInteger()),
        sa.Column("kernel_version", sa.String(length=200), nullable=False),
        sa.Column("toolchain", sa.String(length=200), nullable=False),
        sa.Column("request", sa.String(length=100)),
        sa.Column("campaign", sa.String(length=100)),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("uploaded_at", UtcDateTime(), nullable=False),
        sa.Column("uploaded_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("runs_at", "runs", ["at", "id"])
    op.create_index("runs_board", "runs", ["board", "at", "id"])
    op.create_index("runs_campaign", "runs", ["campaign", "at", "id"])
    op.create_index("runs_host", "runs", ["host", "at", "id"])
    op.create_index("runs_host_board", "runs", ["host", "board", "at", "id"])
    op.create_index("runs_request", "runs", ["request", "at", "id"])
    op.create_index("runs_spec", "runs", ["spec", "at", "id"])
    op.create_index("runs_status", "runs", ["status", "at", "id"])
    op.create_index("runs_test", "runs", ["test", "at", "id"])
    op.create_index("runs_test_status", "runs", ["test", "status", "at", "id"])
    op.create_table(
        "tokens",
        sa.Column("prefix", sa.String(length=8), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime()),
        sa.Column("revoked_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("prefix"),
    )
    op.create_table(
        "cases",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("test_set", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "position"),
    )
    op.create_index("cases_name", "cases", ["run_id", "test_set", "name"])
    op.create_table(
        "documents",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("run_json", sa.Text(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id"),
    )
    op.create_table(
        "measurements",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("case_position", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("measure", sa.Double()),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id", "case_position"],
            ["cases.run_id", "cases.position"],
            name="measurements_case",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "case_position", "position"),
    )


def downgrade() -> None:
    for table in ("measurements", "documents", "cases", "tokens", "runs", "labels"):
        op.drop_table(table)
