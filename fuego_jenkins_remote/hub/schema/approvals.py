"""What a lab's people have answered for good."""

from __future__ import annotations

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema.base import metadata
from fuego_jenkins_remote.service.engine import UtcDateTime

# Read whole for one lab, which has some dozens: the unique constraint's index begins with it.
standing_approvals = sa.Table(
    "standing_approvals",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("host", sa.ForeignKey("labs.host"), nullable=False),
    sa.Column("user", sa.Text, nullable=False),  # whose requests; empty: all of the team
    sa.Column("team", sa.Text, nullable=False),  # for which team they are put; empty: for any, of the user
    sa.Column("test", sa.Text, nullable=False),  # its name, or the beginning of names with a star behind it
    sa.Column("outside", sa.Boolean, nullable=False),  # also where the test comes along, or from git
    sa.Column("until", UtcDateTime),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("by_kind", sa.Text, nullable=False),  # user, lab
    sa.Column("at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("host", "user", "team", "test", name="standing_approvals_what"),
)
