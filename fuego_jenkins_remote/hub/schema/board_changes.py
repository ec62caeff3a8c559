"""How boards stood over time: a row each time that one stood in another way than before."""

from __future__ import annotations

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema.base import metadata
from fuego_jenkins_remote.service.engine import UtcDateTime

board_changes = sa.Table(
    "board_changes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("board_id", sa.ForeignKey("boards.id", ondelete="CASCADE"), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("word", sa.Text, nullable=False),  # from then on: well, offline, broken, maintenance, withdrawn
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    # A board's newest ones are asked for by its page, and its oldest ones dropped with each new one.
    sa.Index("board_changes_by_board", "board_id", "id"),
)
