"""Subscriptions, digests, standing approvals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fuego_jenkins_remote.service.engine import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _asked_is_called_requested()
    _questions_are_reminded_of()
    _standing_approvals()
    op.drop_index("notices_unsent", table_name="notices")
    op.drop_index("notices_by_request", table_name="notices")
    op.rename_table("notices", "old_notices")
    _events()
    _channels()
    _subscriptions()
    _messages()
    _keep_what_was_not_sent()


def _asked_is_called_requested() -> None:
    op.execute("UPDATE approvals SET answer = 'requested' WHERE answer = 'waiting'")
    op.drop_index("approvals_asked", table_name="approvals")
    op.create_index(
        "approvals_asked",
        "approvals",
        ["host", "request_id"],
        sqlite_where=sa.text("answer = 'requested'"),
        postgresql_where=sa.text("answer = 'requested'"),
    )


def _questions_are_reminded_of() -> None:
    op.add_column("approvals", sa.Column("remind_at", UtcDateTime(), nullable=True))
    reminders = sa.text("remind_at IS NOT NULL")
    op.create_index(
        "approvals_to_remind", "approvals", ["remind_at"], sqlite_where=reminders, postgresql_where=reminders
    )


def _standing_approvals() -> None:
    op.create_table(
        "standing_approvals",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("host", sa.Text(), sa.ForeignKey("labs.host"), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("test", sa.Text(), nullable=False),
        sa.Column("outside", sa.Boolean(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("by_kind", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("host", "user", "team", "test", name="standing_approvals_what"),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), sa.ForeignKey("requests.id"), nullable=True),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("board", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("users", sa.JSON(), nullable=False),
        sa.Column("test", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
    )
    untold = sa.column("told") == sa.false()
    op.create_index("events_untold", "events", ["id"], sqlite_where=untold, postgresql_where=untold)
    op.create_index("events_by_request", "events", ["request_id"])


def _channels() -> None:
    op.create_table(
        "channels",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("owner_kind", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text(), nullable=False),
        sa.Column("old_secret_until", UtcDateTime(), nullable=True),
        sa.Column("confirm", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("window_start", UtcDateTime(), nullable=True),
        sa.Column("window_sent", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("tested_at", UtcDateTime(), nullable=True),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("last_call", sa.Text(), nullable=False),
        sa.UniqueConstraint("owner_kind", "owner", "address", name="channels_owner_address"),
    )
    for name, column in (("channels_due", "due_at"), ("channels_failing", "failing_since")):
        there = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, "channels", [column], sqlite_where=there, postgresql_where=there)


def _subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("channel_id", sa.Integer(), sa.ForeignKey("channels.id"), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("anchor", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("board", sa.Text(), nullable=False),
        sa.Column("test", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.UniqueConstraint("made_by", "call_id", name="subscriptions_call"),
    )
    op.create_index("subscriptions_by_anchor", "subscriptions", ["anchor"])
    op.create_index("subscriptions_by_channel", "subscriptions", ["channel_id"])
    op.create_table(
        "without_usual_notices",
        sa.Column("user", sa.Text(), sa.ForeignKey("users.name"), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("channel_id", sa.Integer(), sa.ForeignKey("channels.id"), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
    )
    is_open = sa.text("state = 'open'")
    op.create_index(
        "messages_open", "messages", ["channel_id"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )
    op.create_index("messages_by_channel", "messages", ["channel_id"])
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("event_id", sa.Integer(), sa.ForeignKey("events.id"), nullable=False),
        sa.Column("channel_id", sa.Integer(), sa.ForeignKey("channels.id"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), sa.ForeignKey("messages.id"), nullable=True),
        sa.UniqueConstraint("event_id", "channel_id", name="notices_event_channel"),
    )
    waits = sa.text("state = 'waiting'")
    op.create_index("notices_waiting", "notices", ["channel_id", "id"], sqlite_where=waits, postgresql_where=waits)
    op.create_index("notices_by_message", "notices", ["message_id"])


def _keep_what_was_not_sent() -> None:
    """Notices that wait become events, and their recipients channels; what was sent is forgotten."""
    op.execute(
        """
        INSERT INTO events (id, at, occasion, request_id, host, board, team, users, test, title, line, body, data, told)
        SELECT id, at, kind, request_id, '', '', '', '[]', '', title, title, body, '{}', TRUE
        FROM old_notices WHERE state = 'waiting'
        """
    )
    op.execute(
        """
        INSERT INTO channels (owner_kind, owner, kind, address, trusted, secret, old_secret, confirm, made_at, due_at,
                              window_sent, last_error, last_call)
        SELECT 'hub', '', CASE WHEN recipient LIKE '%://%' THEN 'chat' ELSE 'mail' END, recipient, TRUE, '', '', '',
               MIN(at), MIN(next_try), 0, '', ''
        FROM old_notices WHERE state = 'waiting' GROUP BY recipient
        """
    )
    op.execute(
        """
        INSERT INTO notices (event_id, channel_id, state)
        SELECT old_notices.id, channels.id, 'waiting'
        FROM old_notices JOIN channels ON channels.address = old_notices.recipient WHERE old_notices.state = 'waiting'
        """
    )
    op.drop_table("old_notices")
