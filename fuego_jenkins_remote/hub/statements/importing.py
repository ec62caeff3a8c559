"""SQL for requests that are taken over as they ended elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub.schema import requests
from fuego_jenkins_remote.network.states import State


def end(conn: sa.Connection, request_id: str, values: Mapping[str, Any], now: datetime) -> None:
    """A request that was just added, and waits in no queue, is over: what it ended as."""
    grown = {"version": requests.c.version + 1, "steps": requests.c.steps + 1, "updated_at": now}
    this = (requests.c.id == request_id) & (requests.c.state == State.PENDING)
    conn.execute(requests.update().where(this).values(**values, **grown))
