"""Boards, lanes, and which lanes a board serves."""

from __future__ import annotations

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema.base import metadata
from fuego_jenkins_remote.service.engine import UtcDateTime

boards = sa.Table(
    "boards",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("host", sa.ForeignKey("labs.host"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("labels", sa.JSON, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("open_to", sa.JSON, nullable=False),  # ["*"], team names, or [] for the lab's own team alone
    sa.Column("online", sa.Boolean, nullable=False),  # the lab's wish: whether it is shared at all
    sa.Column("health", sa.Text, nullable=False, server_default="online"),  # what the lab sees: online, offline, broken
    sa.Column("health_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("health_since", UtcDateTime),
    sa.Column("terms", sa.JSON, nullable=False, server_default="{}"),  # network/terms.py, as the lab says them
    sa.Column("maintenance", sa.Text, nullable=False, server_default=""),  # why its people took it out; empty: not
    sa.Column("maintenance_by", sa.Text, nullable=False, server_default=""),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),  # infrastructure, one after the other
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("last_seen", UtcDateTime, nullable=False),
    sa.UniqueConstraint("host", "name"),
)

# A lane is all requests of one person for one team with one selector: what decides whether a board may run them, and
# when it is their turn, is the same for all.
lanes = sa.Table(
    "lanes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("selector", sa.Text, nullable=False),  # in normal form
    sa.Column("team", sa.ForeignKey("teams.name"), nullable=False),
    sa.Column("user", sa.Text, nullable=False, server_default=""),
    sa.Column("served_at", UtcDateTime),  # when a lab last claimed one of its requests
    sa.UniqueConstraint("selector", "team", "user", name="lanes_selector_team_user"),
)

board_lane = sa.Table(
    "board_lane",
    metadata,
    sa.Column("board_id", sa.ForeignKey("boards.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("lane_id", sa.ForeignKey("lanes.id"), primary_key=True),
    sa.Column("own", sa.Boolean, nullable=False),  # the lane's team is the lab's own
    sa.Index("board_lane_by_lane", "lane_id", "board_id"),
)
