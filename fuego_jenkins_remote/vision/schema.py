"""Vision's tables.

``runs`` has one narrow row a run; what only one run's own page needs stands apart in ``documents``. ``cases`` and
``measurements`` answer questions across runs (how did this case go before?). ``members`` says which readers are in
which teams: vision's operator has put them there, see ``vision.admin``.

``sights`` is what lists are made of: a run stands there once for each name that sees it (``statements.sight``), so that
a list steps over nothing, however many runs are private to others. Every filter has an index there that begins with
the name and ends in (at, run_id), the order of the lists: a page costs what it shows, however many runs there are.

``labels`` holds each name of a test, host, board and spec once for each name that sees it, so that offering them as
choices does not mean looking through all runs.
"""

from __future__ import annotations

import sqlalchemy as sa

from fuego_jenkins_remote.service.engine import UtcDateTime
from fuego_jenkins_remote.service.sessions import sessions_table
from fuego_jenkins_remote.service.tokens import tokens_table

metadata = sa.MetaData()

tokens = tokens_table(metadata)
sessions = sessions_table(metadata)

members = sa.Table(
    "members",
    metadata,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("team", sa.String(100), primary_key=True),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(200), nullable=False, unique=True),
    # Where it stands in lists: its start, or its arrival if it does not say or says a time to come.
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("host", sa.String(100), nullable=False),
    sa.Column("board", sa.String(100), nullable=False),
    sa.Column("test", sa.String(200), nullable=False),
    sa.Column("spec", sa.String(100), nullable=False),
    sa.Column("status", sa.String(8), nullable=False),
    sa.Column("build_number", sa.String(40), nullable=False),
    sa.Column("started_at", UtcDateTime),
    sa.Column("duration_ms", sa.BigInteger),
    sa.Column("kernel_version", sa.String(200), nullable=False),
    sa.Column("toolchain", sa.String(200), nullable=False),
    sa.Column("request", sa.String(100)),
    sa.Column("campaign", sa.String(100)),
    sa.Column("passed", sa.Integer, nullable=False),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("errors", sa.Integer, nullable=False),
    sa.Column("skipped", sa.Integer, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("uploaded_at", UtcDateTime, nullable=False),
    sa.Column("uploaded_by", sa.String(100), nullable=False),
    # Of a private request's run: the team and the requester, who see it beside its lab. Else both are empty.
    sa.Column("private", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("team", sa.String(100), nullable=False, server_default=""),
    sa.Column("requester", sa.String(100), nullable=False, server_default=""),
)

sights = sa.Table(
    "sights",
    metadata,
    sa.Column("run_id", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("reader", sa.String(100), primary_key=True),
    # As in runs.
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("test", sa.String(200), nullable=False),
    sa.Column("host", sa.String(100), nullable=False),
    sa.Column("board", sa.String(100), nullable=False),
    sa.Column("spec", sa.String(100), nullable=False),
    sa.Column("status", sa.String(8), nullable=False),
    sa.Column("request", sa.String(100)),
    sa.Column("campaign", sa.String(100)),
    sa.Index("sights_at", "reader", "at", "run_id"),
    sa.Index("sights_test", "reader", "test", "at", "run_id"),
    sa.Index("sights_test_board", "reader", "test", "board", "at", "run_id"),
    sa.Index("sights_test_status", "reader", "test", "status", "at", "run_id"),
    sa.Index("sights_host", "reader", "host", "at", "run_id"),
    sa.Index("sights_host_board", "reader", "host", "board", "at", "run_id"),
    sa.Index("sights_board", "reader", "board", "at", "run_id"),
    sa.Index("sights_spec", "reader", "spec", "at", "run_id"),
    sa.Index("sights_status", "reader", "status", "at", "run_id"),
    sa.Index("sights_request", "reader", "request", "at", "run_id"),
    sa.Index("sights_campaign", "reader", "campaign", "at", "run_id"),
)

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("run_id", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("run_json", sa.Text, nullable=False),
    sa.Column("files", sa.JSON, nullable=False),
)

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("run_id", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("test_set", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("status", sa.String(8), nullable=False),
    sa.Index("cases_name", "run_id", "test_set", "name"),
)

measurements = sa.Table(
    "measurements",
    metadata,
    sa.Column("run_id", sa.Integer, primary_key=True),
    sa.Column("case_position", sa.Integer, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("status", sa.String(8), nullable=False),
    sa.Column("measure", sa.Double),
    sa.Column("unit", sa.String(40), nullable=False),
    sa.ForeignKeyConstraint(
        ["run_id", "case_position"], ["cases.run_id", "cases.position"], name="measurements_case", ondelete="CASCADE"
    ),
)

labels = sa.Table(
    "labels",
    metadata,
    sa.Column("reader", sa.String(100), primary_key=True),
    sa.Column("kind", sa.String(8), primary_key=True),
    sa.Column("name", sa.String(200), primary_key=True),
)
