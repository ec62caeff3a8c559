"""The hub's tables.

Three indexes carry the load. `pending` gives the head of each lane, so that a claim costs the same however many
requests are stored (with `by_length` saying whether a lane has anything short enough at all, where a claim has limits);
`due` gives the sweeper what is late and nothing else; `live` is the promise that a board has one attempt at a time.
Their conditions stand here as literals, since SQLite uses a partial index only for a query that repeats them.
"""

from __future__ import annotations

from fuego_jenkins_remote.hub.schema.approvals import standing_approvals
from fuego_jenkins_remote.hub.schema.audit import audit
from fuego_jenkins_remote.hub.schema.base import metadata
from fuego_jenkins_remote.hub.schema.boards import board_lane, boards, lanes
from fuego_jenkins_remote.hub.schema.campaigns import campaigns, going_on
from fuego_jenkins_remote.hub.schema.notices import notices, unsent
from fuego_jenkins_remote.hub.schema.packages import packages, uploads
from fuego_jenkins_remote.hub.schema.people import invitations, labs, memberships, sessions, teams, tokens, users
from fuego_jenkins_remote.hub.schema.requests import (
    approvals,
    asked,
    attempts,
    beyond_waiting,
    due,
    held,
    history,
    live,
    offered,
    paused,
    private,
    requests,
    spread,
    to_remind,
    to_stop,
    waiting,
    with_deadline,
    with_package,
)

__all__ = [
    "approvals",
    "asked",
    "attempts",
    "audit",
    "beyond_waiting",
    "board_lane",
    "boards",
    "campaigns",
    "due",
    "going_on",
    "held",
    "history",
    "invitations",
    "labs",
    "lanes",
    "live",
    "memberships",
    "metadata",
    "notices",
    "offered",
    "packages",
    "paused",
    "private",
    "requests",
    "sessions",
    "spread",
    "standing_approvals",
    "teams",
    "to_remind",
    "to_stop",
    "tokens",
    "unsent",
    "uploads",
    "users",
    "waiting",
    "with_deadline",
    "with_package",
]
