"""What a network of many teams needs of the tables that are there: scopes, terms, lanes by person, private requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fuego_jenkins_remote.service.engine import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tokens", sa.Column("scope", sa.String(16), server_default="", nullable=False))
    op.add_column("tokens", sa.Column("last_used_at", UtcDateTime(), nullable=True))
    op.add_column("tokens", sa.Column("made_by", sa.String(100), server_default="", nullable=False))
    op.add_column("teams", sa.Column("description", sa.Text(), server_default="", nullable=False))
    op.add_column("users", sa.Column("network_admin", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("boards", sa.Column("terms", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("boards", sa.Column("maintenance", sa.Text(), server_default="", nullable=False))
    op.add_column("boards", sa.Column("maintenance_by", sa.Text(), server_default="", nullable=False))
    op.add_column("boards", sa.Column("failures", sa.Integer(), server_default="0", nullable=False))
    op.add_column("requests", sa.Column("private", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("requests", sa.Column("needs", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("requests", sa.Column("min_version", sa.Text(), server_default="", nullable=False))
    op.add_column("requests", sa.Column("notify", sa.JSON(), server_default="[]", nullable=False))
    _lanes_by_person()


def _lanes_by_person() -> None:
    # What waits now stays in the lanes without a person, and is served from there.
    # The name that PostgreSQL has given the constraint; on SQLite it has none but by this convention.
    named = {"uq": "%(table_name)s_%(column_0_N_name)s_key"}
    with op.batch_alter_table("lanes", naming_convention=named) as lanes:
        lanes.add_column(sa.Column("user", sa.Text(), server_default="", nullable=False))
        lanes.drop_constraint("lanes_selector_team_key", type_="unique")
        lanes.create_unique_constraint("lanes_selector_team_user", ["selector", "team", "user"])
