"""Runs as clients of old Fuego servers know them; the runs themselves are at vision."""

from __future__ import annotations

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema.base import metadata
from fuego_jenkins_remote.service.engine import UtcDateTime

fserver_runs = sa.Table(
    "fserver_runs",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),  # run-TIME-TEST-on-HOST:BOARD
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("board", sa.Text, nullable=False),
    sa.Column("test", sa.Text, nullable=False),
    sa.Column("spec", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("timestamp", sa.Text, nullable=False),  # as the run says it
    sa.Column("request", sa.Text, nullable=False),  # the old id that the run names; empty: none
    sa.Column("run_key", sa.Text, nullable=False),  # at vision
    sa.Column("run_url", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("fserver_runs_by_board", "host", "board", "name"),
    sa.Index("fserver_runs_by_test", "test", "name"),
)
