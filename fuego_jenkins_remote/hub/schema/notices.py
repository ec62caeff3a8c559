"""What happened that people may be told of, where they are told, and what waits to be sent there.

An event becomes a notice for each channel that is to be told of it; notices that wait for one channel become a message.
Indexes: `told` gives the events that nobody was told of yet, `due` the channels that the sender must look at,
`waiting` what waits for one of them; all three are short, however much was sent before.
"""

from __future__ import annotations

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema.base import metadata
from fuego_jenkins_remote.service.engine import UtcDateTime

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("occasion", sa.Text, nullable=False),  # network/occasions.py; test, confirm: the hub's own messages
    sa.Column("request_id", sa.ForeignKey("requests.id")),  # what must be visible to whoever is told, or:
    sa.Column("campaign", sa.Text),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("board", sa.Text, nullable=False),
    sa.Column("team", sa.Text, nullable=False),  # that asked
    sa.Column("users", sa.JSON, nullable=False),  # whose it is: the requester, then who is told beside
    sa.Column("test", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("line", sa.Text, nullable=False),  # in a message of many
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("data", sa.JSON, nullable=False),  # for programs
    sa.Column("told", sa.Boolean, nullable=False),
)
untold = events.c.told == sa.false()
sa.Index("events_untold", events.c.id, sqlite_where=untold, postgresql_where=untold)
sa.Index("events_by_request", events.c.request_id)

channels = sa.Table(
    "channels",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("owner_kind", sa.Text, nullable=False),  # user, team, lab; hub: from before there were channels
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # notices/addresses.py
    sa.Column("address", sa.Text, nullable=False),  # may hold a chat's secret: never shown whole
    sa.Column("trusted", sa.Boolean, nullable=False),  # set by the hub's admin: may lead inside
    sa.Column("secret", sa.Text, nullable=False),  # signs what is sent to a webhook
    sa.Column("old_secret", sa.Text, nullable=False),  # signs beside it, until:
    sa.Column("old_secret_until", UtcDateTime),
    sa.Column("confirm", sa.Text, nullable=False),  # digest of the code that its reader has to give back; empty: none
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime),  # when the sender looks at it; while one sends, the end of its lease
    sa.Column("window_start", UtcDateTime),  # of the messages that were counted, for digests
    sa.Column("window_sent", sa.Integer, nullable=False),
    sa.Column("sent_at", UtcDateTime),  # the last that arrived
    sa.Column("tested_at", UtcDateTime),
    sa.Column("failing_since", UtcDateTime),
    sa.Column("last_error", sa.Text, nullable=False),
    sa.Column("last_call", sa.Text, nullable=False),  # that tested it, or changed its secret: to know it again
    sa.UniqueConstraint("owner_kind", "owner", "address", name="channels_owner_address"),
)
to_look_at = channels.c.due_at.is_not(None)
sa.Index("channels_due", channels.c.due_at, sqlite_where=to_look_at, postgresql_where=to_look_at)
failing = channels.c.failing_since.is_not(None)
sa.Index("channels_failing", channels.c.failing_since, sqlite_where=failing, postgresql_where=failing)

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("channel_id", sa.ForeignKey("channels.id"), nullable=False),
    sa.Column("events", sa.JSON, nullable=False),
    sa.Column("anchor", sa.Text, nullable=False),  # what an event must have for this to be looked at: recipients.py
    sa.Column("team", sa.Text, nullable=False),  # narrowed to what this team asks for; empty: not by that
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("board", sa.Text, nullable=False),  # of host; empty: all of them
    sa.Column("test", sa.Text, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("call_id", sa.Text, nullable=False),
    sa.UniqueConstraint("made_by", "call_id", name="subscriptions_call"),
)
sa.Index("subscriptions_by_anchor", subscriptions.c.anchor)
sa.Index("subscriptions_by_channel", subscriptions.c.channel_id)

without_usual = sa.Table(
    "without_usual_notices",
    metadata,
    sa.Column("user", sa.ForeignKey("users.name"), primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),  # goes along with each try: who gets one twice can drop it
    sa.Column("channel_id", sa.ForeignKey("channels.id"), nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # open, sent, failed
    sa.Column("tries", sa.Integer, nullable=False),  # begun
    sa.Column("error", sa.Text, nullable=False),  # of the last try; empty: it is not known how that ended
    sa.Column("ended_at", UtcDateTime),
)
open_message = messages.c.state == sa.literal_column("'open'")
"""One a channel: the next is made when it has ended."""

sa.Index("messages_open", messages.c.channel_id, unique=True, sqlite_where=open_message, postgresql_where=open_message)
sa.Index("messages_by_channel", messages.c.channel_id)

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("event_id", sa.ForeignKey("events.id"), nullable=False),
    sa.Column("channel_id", sa.ForeignKey("channels.id"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # waiting, taken (by a message), dropped (not to be seen any more)
    sa.Column("message_id", sa.ForeignKey("messages.id")),
    sa.UniqueConstraint("event_id", "channel_id", name="notices_event_channel"),
)
unsent = notices.c.state == sa.literal_column("'waiting'")
sa.Index("notices_waiting", notices.c.channel_id, notices.c.id, sqlite_where=unsent, postgresql_where=unsent)
# None of all notices of a channel: SQLite would take it for what waits, and read what was sent long ago.
sa.Index("notices_by_message", notices.c.message_id)
