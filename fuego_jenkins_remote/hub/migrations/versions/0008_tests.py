"""The test store: tests by name and version, their tags, and binaries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fuego_jenkins_remote.service.engine import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("newest", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("license", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        *_of_a_package(),
        sa.UniqueConstraint("name", "label", "space", name="tests_name_label_space"),
    )
    op.create_index(
        "tests_newest",
        "tests",
        ["name", "space"],
        sqlite_where=sa.text("newest = 1"),
        postgresql_where=sa.text("newest = true"),
    )
    op.create_index("tests_by_package", "tests", ["sha256"])
    op.create_table(
        "test_tags",
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("test_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["test_id"], ["tests.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tag", "test_id"),
    )
    op.create_index("test_tags_by_test", "test_tags", ["test_id"])
    op.create_table(
        "binaries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("toolchain", sa.Text(), nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        *_of_a_package(),
        sa.UniqueConstraint("name", "toolchain", "space", name="binaries_name_toolchain_space"),
    )
    op.create_index("binaries_by_package", "binaries", ["sha256"])


def _of_a_package() -> list[sa.Column[object] | sa.Constraint]:
    return [
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["packages.sha256"]),
        sa.ForeignKeyConstraint(["uploaded_by"], ["users.name"]),
        sa.ForeignKeyConstraint(["team"], ["teams.name"]),
        sa.PrimaryKeyConstraint("id"),
    ]
