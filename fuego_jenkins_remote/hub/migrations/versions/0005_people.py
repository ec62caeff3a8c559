"""Private requests, who has brought a package, invitations, the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fuego_jenkins_remote.service.engine import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("disabled_at", UtcDateTime(), nullable=True))
    op.create_index("memberships_by_team", "memberships", ["team"])
    op.create_index("labs_by_team", "labs", ["team"])
    _invitations()
    _private_requests()
    _uploads()
    _audit()


def _private_requests() -> None:
    private, packed = sa.text("private = true"), sa.text("package IS NOT NULL")
    # SQLite compares the conditions as they are written.
    if op.get_bind().dialect.name == "sqlite":
        private = sa.text("private = 1")
    op.create_index("requests_private", "requests", ["state", "id"], sqlite_where=private, postgresql_where=private)
    op.create_index("requests_by_package", "requests", ["package"], sqlite_where=packed, postgresql_where=packed)


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(8), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("team", sa.Text(), sa.ForeignKey("teams.name"), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("made_by", sa.String(100), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("used_by", sa.String(100), nullable=False),
        sa.Column("used_token", sa.String(8), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
    )
    op.create_index("invitations_by_team", "invitations", ["team", "created_at"])


def _uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("sha256", sa.Text(), sa.ForeignKey("packages.sha256"), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.execute(
        "INSERT INTO uploads (sha256, kind, name, at) SELECT sha256, CASE WHEN uploaded_by IN (SELECT name FROM users)"
        " THEN 'user' ELSE 'lab' END, uploaded_by, at FROM packages"
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("token", sa.String(8), nullable=False),
        sa.Column("address", sa.String(100), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("thing", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("team", sa.String(100), nullable=False),
        sa.Column("request_id", sa.Text(), sa.ForeignKey("requests.id"), nullable=True),
    )
    for column in ("team", "name", "thing"):
        op.create_index(f"audit_by_{column}", "audit", [column, "id"])
    op.create_index("audit_by_request", "audit", ["request_id", "id"])
