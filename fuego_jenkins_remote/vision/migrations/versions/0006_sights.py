"""Each run once for each name that sees it, and the names of tests, boards and so on likewise."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fuego_jenkins_remote.service.engine import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_FILTERS = (
    ("test",), ("test", "board"), ("test", "status"), ("host",), ("host", "board"), ("board",), ("spec",), ("status",),
    ("request",), ("campaign",),
)  # fmt: skip
_OF_BEFORE = ("at", "test", "test_status", "host", "host_board", "board", "spec", "status", "request", "campaign")


def upgrade() -> None:
    op.create_table(
        "sights",
        sa.Column("run_id", sa.Integer(), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("reader", sa.String(100), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("test", sa.String(200), nullable=False),
        sa.Column("host", sa.String(100), nullable=False),
        sa.Column("board", sa.String(100), nullable=False),
        sa.Column("spec", sa.String(100), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("request", sa.String(100)),
        sa.Column("campaign", sa.String(100)),
    )
    _see("''", "NOT private")
    _see("'*'", "private")
    _see("host", "private")
    _see("team", "private AND team NOT IN ('', '*', host)")
    _see("requester", "private AND requester NOT IN ('', '*', host, team)")
    for name in _OF_BEFORE:
        op.drop_index(f"runs_{name}", "runs")
    op.create_index("sights_at", "sights", ["reader", "at", "run_id"])
    for columns in _FILTERS:
        op.create_index(f"sights_{'_'.join(columns)}", "sights", ["reader", *columns, "at", "run_id"])
    op.execute("INSERT INTO private_labels SELECT DISTINCT '*', kind, name FROM private_labels WHERE seen_by != '*'")
    op.execute("INSERT INTO private_labels SELECT '', kind, name FROM labels")
    op.drop_table("labels")
    op.rename_table("private_labels", "labels")
    op.alter_column("labels", "seen_by", new_column_name="reader")


def _see(reader: str, which: str) -> None:
    same = "at, test, host, board, spec, status, request, campaign"
    op.execute(f"INSERT INTO sights (run_id, reader, {same}) SELECT id, {reader}, {same} FROM runs WHERE {which}")  # noqa: S608
