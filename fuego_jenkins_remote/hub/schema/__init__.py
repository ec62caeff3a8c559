"""The hub's tables.

Three indexes carry the load. `pending` gives the head of each lane, so that a claim costs the same however many
requests are stored (with `by_length` saying what is the shortest there, for claims with limits); `due` gives the
sweeper what is late and nothing else; `live` is the promise that a board has one attempt at a time. Their conditions
stand here as literals, since SQLite uses a partial index only for a query that repeats them.
"""

from __future__ import annotations

from fuego_jenkins_remote.hub.schema.approvals import standing_approvals
from fuego_jenkins_remote.hub.schema.audit import audit
from fuego_jenkins_remote.hub.schema.base import metadata
from fuego_jenkins_remote.hub.schema.board_changes import board_changes
from fuego_jenkins_remote.hub.schema.boards import (
    board_facts,
    boards,
    filled,
    lane_filled,
    lanes,
    matches,
    offer_doors,
    offers,
    queues,
    selectors,
    shares,
    turns,
)
from fuego_jenkins_remote.hub.schema.campaigns import campaigns, going_on
from fuego_jenkins_remote.hub.schema.fserver import fserver_runs
from fuego_jenkins_remote.hub.schema.notices import (
    channels,
    events,
    failing,
    messages,
    notices,
    open_message,
    subscriptions,
    to_look_at,
    unsent,
    untold,
    without_usual,
)
from fuego_jenkins_remote.hub.schema.packages import packages, uploads
from fuego_jenkins_remote.hub.schema.people import invitations, labs, memberships, sessions, teams, tokens, users
from fuego_jenkins_remote.hub.schema.requests import (
    approvals,
    asked,
    attempts,
    beyond_waiting,
    due,
    for_old_clients,
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
from fuego_jenkins_remote.hub.schema.store import binaries, newest_tests, test_tags, tests

__all__ = [
    "approvals",
    "asked",
    "attempts",
    "audit",
    "beyond_waiting",
    "binaries",
    "board_changes",
    "board_facts",
    "boards",
    "campaigns",
    "channels",
    "due",
    "events",
    "failing",
    "filled",
    "for_old_clients",
    "fserver_runs",
    "going_on",
    "held",
    "history",
    "invitations",
    "labs",
    "lane_filled",
    "lanes",
    "live",
    "matches",
    "memberships",
    "messages",
    "metadata",
    "newest_tests",
    "notices",
    "offer_doors",
    "offered",
    "offers",
    "open_message",
    "packages",
    "paused",
    "private",
    "queues",
    "requests",
    "selectors",
    "sessions",
    "shares",
    "spread",
    "standing_approvals",
    "subscriptions",
    "teams",
    "test_tags",
    "tests",
    "to_look_at",
    "to_remind",
    "to_stop",
    "tokens",
    "turns",
    "unsent",
    "untold",
    "uploads",
    "users",
    "waiting",
    "with_deadline",
    "with_package",
    "without_usual",
]
