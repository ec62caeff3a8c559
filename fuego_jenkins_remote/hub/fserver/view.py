"""A request as an old Fuego server would tell of it. Pure.

What an old client has put and what an old lab has said is given back as it came; where a lab of today has it, the
fields that old clients look for are made of what the hub knows.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from fuego_jenkins_remote.fuego.fserver_format import RUNNING_HOURS, RunId, lab_time, read_time
from fuego_jenkins_remote.fuego.names import format_timeout
from fuego_jenkins_remote.hub.statements.fserver import Seen
from fuego_jenkins_remote.network.states import OLD_FUEGO_STATE, State

Record = dict[str, str]

_MAY_BE_LATE = frozenset(state for state, old in OLD_FUEGO_STATE.items() if old == "running")
"""States of a request that an old server makes an error when it has been running for twelve hours."""


def states_shown_as(old: str) -> frozenset[State]:
    """Which states a request may be in that is shown with this one of the old states."""
    found = {state for state, shown in OLD_FUEGO_STATE.items() if shown == old}
    return frozenset(found | _MAY_BE_LATE if old == "error" else found)


def record_of(seen: Seen, now: datetime | None) -> Record:
    """All its fields. The old time limit is looked at for who asks; who says something (None) is answered before."""
    known = {
        "test_name": seen.test,
        "test_spec": seen.spec,
        "timeout": format_timeout(seen.timeout),
        "requestor": seen.requester,
    }
    fixed = {
        "host": seen.host,
        "board": seen.board,
        "request_time": _server_time(seen.created_at if not seen.sent else _moment_of(seen)),
        "state": OLD_FUEGO_STATE[seen.state],
    }
    sent = dict(seen.sent) or known
    record: Record = {**sent, **_fields_of(seen), **({} if _is_an_old_labs(seen) else _of_today(seen)), **fixed}
    return record if now is None else {**record, **_late(seen, record, now)}


def _is_an_old_labs(seen: Seen) -> bool:
    """Whether an old lab has said that it has taken the request; other words of an old client make it nobody's."""
    return seen.said.get("state", "pending") != "pending"


def _fields_of(seen: Seen) -> Record:
    return {name: value for name, value in seen.said.items() if name != "state"}


def _of_today(seen: Seen) -> Record:
    """What a lab of today, or the hub, has brought about, in the old words."""
    shown = OLD_FUEGO_STATE[seen.state]
    found: Record = {}
    if seen.started_at is not None and shown != "pending":
        found["start_time"] = lab_time(seen.started_at)
    if seen.ended_at is not None and shown in {"done", "error"}:
        found["done_time"] = lab_time(seen.ended_at)
    if shown == "error":
        found["reason"] = seen.reason or str(seen.state)
    run = run_of(seen)
    if run is not None:
        found["run_id"] = run.bare
    return found


def run_of(seen: Seen) -> RunId | None:
    """What the run of a request is called that a lab of today has run; None while there is none."""
    if _is_an_old_labs(seen) or seen.started_at is None or seen.state is not State.DONE:
        return None
    return RunId(at=seen.started_at.replace(microsecond=0), test=seen.test, host=seen.host, board=seen.board)


def _late(seen: Seen, record: Record, now: datetime) -> Record:
    """The old server's time limit, as it shows: for requests that an old lab has, by the start that it said."""
    start = seen.said.get("start_time") if _is_an_old_labs(seen) else None
    if start is None or seen.state not in _MAY_BE_LATE or record["state"] != "running":
        return {}
    began = read_time(start)
    if began is None:
        return {"state": "error", "reason": f"Could not parse start_time of {start}"}
    limit = timedelta(hours=RUNNING_HOURS)
    if now - began < limit:
        return {}
    ends = began + limit
    why = (
        f"Request timed out. Test was not completed within {RUNNING_HOURS} hours of starting "
        f"(at {_without_zone(start)})."
    )
    return {"state": "error", "reason": why, "done_time": _server_time(ends)}


def _without_zone(start: str) -> str:
    return start[:-5] if start[-5:-4] in {"+", "-"} and start[-4:].isdigit() else start


def _moment_of(seen: Seen) -> datetime:
    """When it was put, as its id says: a hundredth of a second may be added there, to make it one of a kind."""
    return read_time(seen.old_id.removeprefix("request-")[: len("2026-11-23_18:11:47.14")]) or seen.created_at


def _server_time(at: datetime) -> str:
    return f"{at:%Y-%m-%d_%H:%M:%S}.{at.microsecond // 10_000:02d}"
