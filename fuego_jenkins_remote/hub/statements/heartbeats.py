"""SQL for signs of life: the attempts they are of, and what they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import Living
from fuego_jenkins_remote.hub.schema import attempts, requests
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.states import State

_ALIVE = (State.ASSIGNED, State.RUNNING, State.LOST)
_TEXTS = ("log_tail", "queue_why", "build_url")
_SELECT = (
    sa.select(
        attempts.c.request_id,
        attempts.c.number,
        attempts.c.state,
        attempts.c.started_at,
        *(attempts.c[name] for name in _TEXTS),
        requests.c.timeout,
        requests.c.cancel_requested,
    )
    .join_from(requests, attempts, attempts.c.request_id == requests.c.id)
    .where(attempts.c.number == requests.c.attempt, attempts.c.state == requests.c.state)
)
_THIS = sa.and_(
    attempts.c.request_id == sa.bindparam("of_request"),
    attempts.c.number == sa.bindparam("of_number"),
    attempts.c.state == sa.bindparam("of_state"),
)
_BEATEN = attempts.update().where(_THIS).values(heartbeat_at=sa.bindparam("now"), due_at=sa.bindparam("due"))
_SAID = attempts.update().where(_THIS).values({name: sa.bindparam(f"new_{name}") for name in _TEXTS})


def living(conn: sa.Connection, host: str, wanted: Sequence[AttemptId]) -> dict[AttemptId, Living]:
    """Those of the attempts that are this lab's, their requests' current ones, and not over."""
    query = _SELECT.where(
        attempts.c.host == host,
        requests.c.state.in_(_ALIVE),
        requests.c.id.in_(sorted({which.request for which in wanted})),
    )
    found = [Living(**dict(row) | {"state": State(row["state"])}) for row in conn.execute(query).mappings()]
    return {one.id: one for one in found}


def beaten(conn: sa.Connection, alive: Sequence[Living], due: Mapping[AttemptId, datetime], now: datetime) -> None:
    """They have shown life now, and the next is due at these times."""
    if alive:
        conn.execute(_BEATEN, [{**_this(one), "now": now, "due": due[one.id]} for one in alive])


def say(conn: sa.Connection, alive: Sequence[Living], news: Mapping[AttemptId, Mapping[str, str]]) -> None:
    """Write what is new; texts that are not in `news` stay."""
    rows = [
        {**_this(one), **{f"new_{name}": news[one.id].get(name, getattr(one, name)) for name in _TEXTS}}
        for one in alive
    ]
    if rows:
        conn.execute(_SAID, rows)


def _this(one: Living) -> dict[str, object]:
    return {"of_request": one.request_id, "of_number": one.number, "of_state": one.state}
