"""Boards, which selectors match them, the queues and lanes in which requests wait, and whose turn it is."""

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
    sa.Column("offer_id", sa.Integer),  # how it is shared; written with the board
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),  # infrastructure, one after the other
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("last_seen", UtcDateTime, nullable=False),
    sa.Column("old_fields", sa.JSON(none_as_null=True)),  # the record that an old client has put, whatever is in it
    sa.UniqueConstraint("host", "name"),
)

# Counted by how they stand, without a look at their facts.
sa.Index("boards_by_standing", boards.c.online, boards.c.health, boards.c.maintenance)

# How a lab shares boards: to whom, and on which terms. Boards that are shared alike have one row, so that a put looks
# at a few of them where it may run on thousands of boards.
offers = sa.Table(
    "offers",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("host", sa.ForeignKey("labs.host"), nullable=False),
    sa.Column("digest", sa.Text, nullable=False),  # of what follows
    sa.Column("open_to", sa.JSON, nullable=False),
    sa.Column("terms", sa.JSON, nullable=False),
    sa.UniqueConstraint("host", "digest", name="offers_host_digest"),
)

offer_doors = sa.Table(
    "offer_doors",
    metadata,
    sa.Column("offer_id", sa.ForeignKey("offers.id"), primary_key=True),
    sa.Column("who", sa.Text, primary_key=True),  # as in open_to: *, a team, user:NAME
)

# What selectors ask a board for, beside its name: a new selector finds its boards here. By value first, since that is
# how it is asked; what goes is known by its whole row. No reference to boards: to keep it would need an index more.
board_facts = sa.Table(
    "board_facts",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),  # arch, type, ..., config.X, label
    sa.Column("value", sa.Text, primary_key=True),  # casefolded, as selectors have it
    sa.Column("board_id", sa.Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

selectors = sa.Table(
    "selectors",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False, unique=True),  # of the text, which an index might find too long
    sa.Column("text", sa.Text, nullable=False),  # in normal form
)

# Which selectors match a board. Kept up when a board changes, and when a selector is new.
matches = sa.Table(
    "matches",
    metadata,
    sa.Column("board_id", sa.ForeignKey("boards.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("selector_id", sa.ForeignKey("selectors.id"), primary_key=True),
    sa.Column("offer_id", sa.ForeignKey("offers.id"), nullable=False),  # the board's
    # How a selector's boards are shared is counted without a look at the boards.
    sa.Index("matches_by_selector", "selector_id", "offer_id", "board_id"),
    sqlite_with_rowid=False,
)

# A queue is all requests of one team with one selector and the same answers of labs: what decides whether a board may
# have them is the same for all. A lane is one person's part of a queue: in it the higher priority and the older request
# come first, between lanes the shares decide. Both know their first request, so that a claim looks at no other; `top`
# is empty where nothing waits, and may be too high for a moment where a request went in another way than by a claim.
queues = sa.Table(
    "queues",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False, unique=True),  # of selector, team and answers
    sa.Column("selector_id", sa.ForeignKey("selectors.id"), nullable=False),
    sa.Column("team", sa.ForeignKey("teams.name"), nullable=False),
    sa.Column("answers", sa.Text, nullable=False),  # +HOST approved, -HOST asks or refuses; sorted, one space between
    sa.Column("top", sa.Integer),  # the priority of what comes first
    sa.Column("head", sa.Text),  # its id
    sa.Column("shortest", sa.Integer),  # seconds; nothing in it takes less
)
filled = queues.c.top.is_not(None)
"""Queues with something in them."""

sa.Index("queues_filled", queues.c.selector_id, queues.c.team, sqlite_where=filled, postgresql_where=filled)
sa.Index("queues_by_selector", queues.c.selector_id)

lanes = sa.Table(
    "lanes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("queue_id", sa.ForeignKey("queues.id"), nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("top", sa.Integer),
    sa.Column("head", sa.Text),
    sa.Column("shortest", sa.Integer),
    sa.UniqueConstraint("queue_id", "user", name="lanes_queue_user"),
)
lane_filled = lanes.c.top.is_not(None)
"""Lanes with something in them."""

sa.Index(
    "lanes_filled",
    lanes.c.queue_id,
    lanes.c.top.desc(),
    lanes.c.head,
    sqlite_where=lane_filled,
    postgresql_where=lane_filled,
)

# Whose turn it is on a board: network/shares.py has the rule. The row without a user is the team's.
shares = sa.Table(
    "shares",
    metadata,
    sa.Column("board_id", sa.ForeignKey("boards.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("team", sa.Text, primary_key=True),
    sa.Column("user", sa.Text, primary_key=True),
    sa.Column("used", sa.Float, nullable=False),  # seconds of the board, on the clock of those who share it
    sa.Column("clock", sa.Float, nullable=False),  # of the team's users, and how many turns they had; 0 in a user's row
    sa.Column("turns", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("shares_by_age", "at"),
)
turns = sa.Table(
    "turns",
    metadata,
    sa.Column("board_id", sa.ForeignKey("boards.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("clock", sa.Float, nullable=False),  # of the teams
    sa.Column("number", sa.Integer, nullable=False),  # of turns that other teams than the lab's own have had
    sa.Column("request_id", sa.Text, nullable=False),  # the last turn: what it took is counted when the next one begins
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
)
