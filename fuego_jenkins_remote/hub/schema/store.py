"""The test store: tests by name and version, and their binaries. The packages themselves are in packages.py's table."""

from __future__ import annotations

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema.base import metadata
from fuego_jenkins_remote.service.engine import UtcDateTime

tests = sa.Table(
    "tests",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("release", sa.Integer, nullable=False),
    sa.Column("label", sa.Text, nullable=False),  # VERSION-RELEASE
    # The team of a private one, else empty: what a team has for itself takes no name away from others, who would learn
    # of it by that.
    sa.Column("space", sa.Text, nullable=False),
    sa.Column("newest", sa.Boolean, nullable=False),  # of its name in its space
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("license", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("tags", sa.JSON, nullable=False),
    sa.Column("words", sa.Text, nullable=False),  # all that is searched, in one case
    sa.Column("sha256", sa.ForeignKey("packages.sha256"), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("uploaded_by", sa.ForeignKey("users.name"), nullable=False),
    sa.Column("team", sa.ForeignKey("teams.name"), nullable=False),
    sa.Column("private", sa.Boolean, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("name", "label", "space", name="tests_name_label_space"),
)
newest_tests = tests.c.newest == sa.true()
"""Of each test the newest version: what lists show."""

sa.Index("tests_newest", tests.c.name, tests.c.space, sqlite_where=newest_tests, postgresql_where=newest_tests)
# Who may fetch a package, and whether anything still refers to it.
sa.Index("tests_by_package", tests.c.sha256)

test_tags = sa.Table(
    "test_tags",
    metadata,
    sa.Column("tag", sa.Text, primary_key=True),
    sa.Column("test_id", sa.ForeignKey("tests.id", ondelete="CASCADE"), primary_key=True),
    sa.Index("test_tags_by_test", "test_id"),
)

binaries = sa.Table(
    "binaries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),  # of the test
    sa.Column("toolchain", sa.Text, nullable=False),
    sa.Column("space", sa.Text, nullable=False),  # as a test's
    sa.Column("sha256", sa.ForeignKey("packages.sha256"), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("uploaded_by", sa.ForeignKey("users.name"), nullable=False),
    sa.Column("team", sa.ForeignKey("teams.name"), nullable=False),
    sa.Column("private", sa.Boolean, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("name", "toolchain", "space", name="binaries_name_toolchain_space"),
    sa.Index("binaries_by_package", "sha256"),
)
