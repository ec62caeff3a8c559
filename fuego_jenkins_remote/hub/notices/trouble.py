"""What is wrong with the sending of notices, in sentences for the hub's operator."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from fuego_jenkins_remote.hub.notices.addresses import masked
from fuego_jenkins_remote.hub.statements import notices as sql

LATE = timedelta(minutes=10)
"""A sender that is at work has looked at each channel by then."""

_FEW = 20


def trouble(conn: sa.Connection, now: datetime) -> list[str]:
    """A line for each address that nothing arrives at, and one if nothing is sent at all; empty: all is well."""
    found = [
        f"notices for {one.owner} to {masked(one.kind, one.address)} do not arrive since"
        f" {one.failing_since:%Y-%m-%d %H:%M} UTC: {one.last_error}"
        for one in sql.failing_channels(conn, _FEW)
    ]
    due = sql.next_due(conn)
    if due is not None and now - due > LATE:
        found.append(f"notices wait since {due:%Y-%m-%d %H:%M} UTC and nobody sends them: does the hub run?")
    return found
