"""Requests, their attempts, approvals and history."""

from __future__ import annotations

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema.base import metadata
from fuego_jenkins_remote.service.engine import UtcDateTime

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),  # grows with every change that a reader can see
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("held", sa.Boolean, nullable=False),  # every lab that could run it has it under approval
    sa.Column("lane_id", sa.ForeignKey("lanes.id"), nullable=False),
    sa.Column("requester", sa.ForeignKey("users.name"), nullable=False),
    sa.Column("team", sa.ForeignKey("teams.name"), nullable=False),
    sa.Column("campaign", sa.Text),
    sa.Column("spread", sa.Boolean, nullable=False),  # never on a board where another of its spread group ran or runs
    sa.Column("spread_group", sa.Text),  # the N requests that one `count` has made
    sa.Column("rerun_of", sa.Text),  # the request of the campaign that this one replaces
    sa.Column("replaced_by", sa.Text),  # and the other way round
    sa.Column("steps", sa.Integer, nullable=False, server_default="1"),  # as version, but for new text of a log
    sa.Column("call_id", sa.Text, nullable=False),
    sa.Column("call_part", sa.Integer, nullable=False),  # which of the requests that one put made
    sa.Column("fingerprint", sa.Text, nullable=False),  # of what was put, to know it again
    sa.Column("selector", sa.Text, nullable=False),  # as it was written
    sa.Column("test", sa.Text, nullable=False),
    sa.Column("spec", sa.Text, nullable=False),
    sa.Column("phases", sa.Text, nullable=False),
    sa.Column("timeout", sa.Integer, nullable=False),  # seconds
    sa.Column("variables", sa.JSON, nullable=False),
    sa.Column("options", sa.JSON, nullable=False),
    sa.Column("package", sa.Text),
    sa.Column("git", sa.JSON(none_as_null=True)),
    sa.Column("private", sa.Boolean, nullable=False, server_default=sa.false()),  # for its team's eyes only
    sa.Column("needs", sa.JSON, nullable=False, server_default="[]"),  # terms of selectors that the test adds
    sa.Column("min_version", sa.Text, nullable=False, server_default=""),  # of an installed test
    sa.Column("notify", sa.JSON, nullable=False, server_default="[]"),  # users that are told, beside the requester
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("deadline", UtcDateTime),
    sa.Column("retries", sa.Integer, nullable=False),
    sa.Column("retries_left", sa.Integer, nullable=False),
    sa.Column("notes", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("attempt", sa.Integer, nullable=False),  # the newest attempt's number; 0 before the first
    sa.Column("host", sa.Text),  # where the current attempt is; none while it waits
    sa.Column("board", sa.Text),
    sa.Column("avoid", sa.Text),  # HOST:BOARD HOST:BOARD: where it failed; a retry goes elsewhere
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("run_key", sa.Text, nullable=False),
    sa.Column("run_url", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("cancel_requested", sa.Boolean, nullable=False),
    sa.Column("cancel_id", sa.Text),
    sa.Column("cancel_by", sa.Text),  # who asked for it: is not told of it
    # What clients of old Fuego servers know it by; none: it is not there for them (hub/fserver).
    sa.Column("old_id", sa.Text),
    sa.Column("old_host", sa.Text),
    sa.Column("old_board", sa.Text),
    sa.Column("old_fields", sa.JSON(none_as_null=True)),  # {"sent": as it was put, "said": as a lab has said}
    sa.UniqueConstraint("requester", "call_id", "call_part"),
)
waiting = requests.c.state == sa.literal_column("'pending'")
"""Requests that wait for a lab."""

offered = sa.and_(waiting, requests.c.held == sa.false())
"""Requests that a claim looks at."""

sa.Index(
    "requests_pending",
    requests.c.lane_id,
    requests.c.priority.desc(),
    requests.c.id,
    requests.c.timeout,  # passed over without a look at the request, where a claim has a limit
    sqlite_where=offered,
    postgresql_where=offered,
)
sa.Index(
    "requests_by_length",
    requests.c.lane_id,
    requests.c.timeout,
    sqlite_where=offered,
    postgresql_where=offered,
)
held = sa.and_(waiting, requests.c.held == sa.true())
"""Requests that wait for people, wherever they could run."""

sa.Index("requests_held", requests.c.lane_id, sqlite_where=held, postgresql_where=held)
with_deadline = sa.and_(waiting, requests.c.deadline.is_not(None))
"""Waiting requests that may expire."""

sa.Index("requests_deadline", requests.c.deadline, sqlite_where=with_deadline, postgresql_where=with_deadline)
# (With the state in it SQLite counts in the index alone.)
# Two for the lists by state: one of all states SQLite would take for the queries above too, and read all that waits.
sa.Index("requests_waiting", requests.c.id, requests.c.state, sqlite_where=waiting, postgresql_where=waiting)
# How many a team, or one of its people, has waiting, and where.
sa.Index(
    "requests_waiting_of",
    requests.c.team,
    requests.c.requester,
    requests.c.lane_id,
    sqlite_where=waiting,
    postgresql_where=waiting,
)
beyond_waiting = requests.c.state != sa.literal_column("'pending'")
"""Requests that a lab has or had, or that ended."""

sa.Index(
    "requests_by_state",
    requests.c.state,
    requests.c.id,
    sqlite_where=beyond_waiting,
    postgresql_where=beyond_waiting,
)
sa.Index("requests_by_host", requests.c.host, requests.c.board, requests.c.id)
sa.Index("requests_by_requester", requests.c.requester, requests.c.id)
sa.Index("requests_by_test", requests.c.test, requests.c.id)
sa.Index("requests_by_campaign", requests.c.campaign, requests.c.id)
private = requests.c.private == sa.true()
"""Requests that are not for everybody's eyes: what is taken off the counts of those who may not see them."""

sa.Index("requests_private", requests.c.state, requests.c.id, sqlite_where=private, postgresql_where=private)
with_package = requests.c.package.is_not(None)
"""Requests that bring their test: who may fetch it goes by who sees them."""

sa.Index("requests_by_package", requests.c.package, sqlite_where=with_package, postgresql_where=with_package)

for_old_clients = requests.c.old_id.is_not(None)
"""Requests that clients of old Fuego servers see."""

# Each of their filters is met in an index, by what it is asked for and the states that count: none is read through.
for _name, _columns in {
    "requests_old_by_host": (requests.c.old_host, requests.c.state, requests.c.old_board),
    "requests_old_by_board": (requests.c.old_board, requests.c.state),
    "requests_old_by_state": (requests.c.state,),
}.items():
    sa.Index(_name, *_columns, sqlite_where=for_old_clients, postgresql_where=for_old_clients)
sa.Index(
    "requests_by_old_id",
    requests.c.old_id,
    unique=True,
    sqlite_where=for_old_clients,
    postgresql_where=for_old_clients,
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("request_id", sa.ForeignKey("requests.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),  # the request's states, and given-back, lease-over
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("board", sa.Text, nullable=False),
    sa.Column("campaign", sa.Text),  # the spread group of its request, if it has one
    sa.Column("claimed_at", UtcDateTime, nullable=False),
    sa.Column("started_at", UtcDateTime),
    sa.Column("heartbeat_at", UtcDateTime),
    sa.Column("tested_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("due_at", UtcDateTime),  # lease over, silent too long, given up: by state
    sa.Column("pause_until", UtcDateTime),  # given back: the request is not offered to this board before
    sa.Column("stop", sa.Boolean, nullable=False),  # the lab is asked to stop it
    sa.Column("stop_told", sa.Boolean, nullable=False),  # a waiting claim has been answered for that once
    sa.Column("claim_id", sa.Text, nullable=False),
    sa.Column("give_back_id", sa.Text),
    sa.Column("start_id", sa.Text),
    sa.Column("tested_id", sa.Text),
    sa.Column("done_id", sa.Text),
    sa.Column("error_id", sa.Text),
    sa.Column("cancelled_id", sa.Text),
    sa.Column("build_url", sa.Text, nullable=False),
    sa.Column("build_number", sa.Text, nullable=False),
    sa.Column("queue_why", sa.Text, nullable=False),
    sa.Column("log_tail", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
)
live = attempts.c.state.in_([sa.literal_column("'assigned'"), sa.literal_column("'running'")])
"""Attempts that hold a board."""

sa.Index("attempts_live", attempts.c.host, attempts.c.board, unique=True, sqlite_where=live, postgresql_where=live)
sa.Index("attempts_by_claim", attempts.c.host, attempts.c.claim_id)
spread = attempts.c.campaign.is_not(None)
sa.Index(
    "attempts_by_campaign",
    attempts.c.campaign,
    attempts.c.host,
    attempts.c.board,
    sqlite_where=spread,
    postgresql_where=spread,
)
due = attempts.c.due_at.is_not(None)
"""Attempts that the sweeper must look at some day."""

sa.Index("attempts_due", attempts.c.due_at, sqlite_where=due, postgresql_where=due)
paused = attempts.c.pause_until.is_not(None)
"""Attempts after which a board is not offered the same request at once."""

sa.Index("attempts_paused", attempts.c.host, attempts.c.pause_until, sqlite_where=paused, postgresql_where=paused)
to_stop = attempts.c.stop == sa.true()
sa.Index("attempts_to_stop", attempts.c.host, sqlite_where=to_stop, postgresql_where=to_stop)

approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("request_id", sa.ForeignKey("requests.id"), primary_key=True),
    sa.Column("host", sa.ForeignKey("labs.host"), primary_key=True),
    sa.Column("answer", sa.Text, nullable=False),  # requested, approved, rejected
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("remind_at", UtcDateTime),  # when its people are told again, once; none: they were, or answered
)

asked = approvals.c.answer == sa.literal_column("'requested'")
"""Approvals that wait for a lab's people."""

sa.Index("approvals_asked", approvals.c.host, approvals.c.request_id, sqlite_where=asked, postgresql_where=asked)
to_remind = approvals.c.remind_at.is_not(None)
sa.Index("approvals_to_remind", approvals.c.remind_at, sqlite_where=to_remind, postgresql_where=to_remind)

history = sa.Table(
    "history",
    metadata,
    sa.Column("request_id", sa.ForeignKey("requests.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("from_state", sa.Text, nullable=False),
    sa.Column("to_state", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
