"""An old server's requests: what has ended keeps how it ended, with its history marked; what waits goes on, or expires.

The old id is the call id of the request here, by which a second import knows it. Its own id is one of the hub's, of the
moment in which it was put.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fuego_jenkins_remote.fuego.fserver_folder import OldRecord
from fuego_jenkins_remote.fuego.fserver_format import RUNNING_HOURS, RequestId, read_time
from fuego_jenkins_remote.fuego.names import (
    check_board_name,
    check_host_name,
    check_phases,
    check_spec_name,
    check_test_name,
    parse_timeout,
)
from fuego_jenkins_remote.hub import requests
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.importing.values import USER, WHO, Import, Taken
from fuego_jenkins_remote.hub.queue import lanes
from fuego_jenkins_remote.hub.records import HistoryEntry, NewRequest
from fuego_jenkins_remote.hub.statements import importing as import_sql
from fuego_jenkins_remote.hub.statements import requests as sql
from fuego_jenkins_remote.network import selectors
from fuego_jenkins_remote.network.identities import new_request_id
from fuego_jenkins_remote.network.states import State

_FROM = "taken over from an old Fuego server"


@dataclass(frozen=True, kw_only=True)
class OldRun:
    """A run of the folder: its key here, and its status."""

    key: str
    status: str


def take(change: Change, wanted: Import, old: OldRecord, runs: Mapping[str, OldRun]) -> Taken:
    """Take one over, unless the hub has it. `runs` are those of the folder, by their names there.

    Raises BadName for what no lab could run, HubError for one that is to go on waiting and cannot.
    """
    if sql.of_put(change.conn, USER, old.name):
        return Taken(path=old.path, kind="requests", is_new=False)
    new = _wanted(old)
    if old.fields["state"] == "pending" and wanted.waiting:
        requests.put(change, wanted.caller, new)
    else:
        _as_it_ended(change, wanted, old, new, runs)
    return Taken(path=old.path, kind="requests", is_new=True)


def missing_run(old: OldRecord, runs: Mapping[str, OldRun]) -> str:
    """The run that a request names, where the folder does not have it."""
    run = old.fields.get("run_id", "")
    return run if run and _bare(run) not in runs else ""


def run_of(old: OldRecord, runs: Mapping[str, OldRun]) -> OldRun | None:
    """The run of a request, where the folder has it."""
    return runs.get(_bare(old.fields.get("run_id", "")))


def _as_it_ended(change: Change, wanted: Import, old: OldRecord, new: NewRequest, runs: Mapping[str, OldRun]) -> None:
    put_at = RequestId.parse(old.name).at
    lane = lanes.lane_for(change.conn, selectors.parse(new.selector), wanted.team, USER)
    row = sql.Row(id=new_request_id(put_at), part=0, new=new, lane=lane)
    [made] = sql.insert(
        change.conn, [row], requester=USER, campaign=None, fingerprint=requests.fingerprint_of(new), now=put_at
    )
    state, reason = _end(old, change.at)
    run = run_of(old, runs) if state is State.DONE else None
    ended = read_time(old.fields.get("done_time", "")) or read_time(old.fields.get("start_time", "")) or put_at
    values = {
        "state": state,
        "host": None if state is State.EXPIRED else old.fields["host"],
        "board": None if state is State.EXPIRED else old.fields["board"],
        "status": run.status if run else "",
        "run_key": run.key if run else "",
        "run_url": f"{wanted.vision_url}/runs/{run.key}" if run and wanted.vision_url else "",
        "reason": reason,
        "ended_at": max(put_at, min(ended, change.at)),
    }
    import_sql.end(change.conn, made.id, values, change.at)
    said = f"{_FROM}, where it was {old.fields['state']}"
    entry = HistoryEntry(at=change.at, old=str(State.PENDING), new=str(state), who=WHO, reason=said)
    sql.add_history(change.conn, made.id, entry)


def _end(old: OldRecord, now: datetime) -> tuple[State, str]:
    """How it ended, and why."""
    state, said = old.fields["state"], " ".join(old.fields.get("reason", "").split())[:1000]
    if state == "done":
        return State.DONE, ""
    if state == "error":
        return State.ERROR, said or "an error on the old server, without a reason"
    if state == "pending":
        return State.EXPIRED, f"waited when it was {_FROM}: put it again"
    started = read_time(old.fields.get("start_time", ""))
    if started is not None and now - started > timedelta(hours=RUNNING_HOURS):
        return State.ERROR, f"had been running for more than {RUNNING_HOURS} hours when it was {_FROM}"
    return State.ERROR, f"was running when it was {_FROM}: its run, if it came, is on that server"


def _wanted(old: OldRecord) -> NewRequest:
    fields = old.fields
    host, board = check_host_name(fields["host"]), check_board_name(fields["board"])
    who = " ".join(fields.get("requestor", "").split())[:200] or "nobody in particular"
    return NewRequest(
        call_id=old.name,
        selector=selectors.exactly(host, board).normal(),
        test=check_test_name(fields.get("test_name", "")),
        spec=check_spec_name(fields.get("test_spec") or "default"),
        timeout=parse_timeout(fields.get("timeout") or "30m"),
        phases=check_phases(fields.get("phases", "")),
        variables={},
        notes=f"{old.name}, put for {who}",
    )


def _bare(run: str) -> str:
    return run.removeprefix("run-").removesuffix(".frp")
