"""Teams."""

from __future__ import annotations

import sqlalchemy as sa

from fuego_jenkins_remote.hub.statements import people as sql


def have_team(conn: sa.Connection, name: str) -> None:
    """Make the team if it is not there."""
    if not sql.team_exists(conn, name):
        sql.insert_team(conn, name)
