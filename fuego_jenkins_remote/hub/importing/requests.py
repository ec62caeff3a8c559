"""An old server's requests: what has ended keeps how it ended, with its history marked; what waits goes on, or expires.

Old clients see it as before, under its old id. That is also the call id of the request here, by which a second import
knows it; its own id is one of the hub's, of the moment in which it was put.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from fuego_jenkins_remote.fuego.fserver_folder import OldRecord
from fuego_jenkins_remote.fuego.fserver_format import CHANGEABLE, RUNNING_HOURS, RequestId, read_time
from fuego_jenkins_remote.fuego.names import check_board_name, check_host_name
from fuego_jenkins_remote.hub import life, requests
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.fserver.requests import asked_for, with_choices
from fuego_jenkins_remote.hub.fserver.settings import USER
from fuego_jenkins_remote.hub.importing.values import WHO, Import, Taken
from fuego_jenkins_remote.hub.queue import lanes
from fuego_jenkins_remote.hub.records import NewRequest
from fuego_jenkins_remote.hub.statements import fserver as old_sql
from fuego_jenkins_remote.hub.statements import requests as sql
from fuego_jenkins_remote.hub.statements.fserver import OldRun
from fuego_jenkins_remote.network import selectors
from fuego_jenkins_remote.network.identities import new_request_id
from fuego_jenkins_remote.network.states import State

_OF_THE_SERVER = frozenset({"host", "board", "request_time"})
_FROM = "taken over from an old Fuego server"


def take(change: Change, wanted: Import, old: OldRecord, runs: Mapping[str, OldRun]) -> Taken:
    """Take one over, unless the hub has it. `runs` are those of the folder, by their names there.

    Raises BadName for what no lab could run, HubError for one that is to go on waiting and cannot.
    """
    if sql.of_put(change.conn, USER, old.name):
        return Taken(path=old.path, kind="requests", is_new=False)
    new = _wanted(old)
    if old.fields["state"] == "pending" and wanted.waiting:
        [made] = requests.put(change, wanted.caller, with_choices(new, old.fields))
        _show(change, made.id, old, said={})
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
        "run_key": run.run_key if run else "",
        "run_url": run.run_url if run else "",
        "reason": reason,
        "ended_at": max(put_at, min(ended, change.at)),
    }
    sql.change(change.conn, made, change.at, values)
    life.note(change, made, str(state), who=WHO, reason=f"{_FROM}, where it was {old.fields['state']}")
    said_there = {name: old.fields[name] for name in CHANGEABLE if name in old.fields}
    _show(change, made.id, old, said={**said_there, **({"reason": reason} if reason else {})})


def _show(change: Change, request_id: str, old: OldRecord, *, said: Mapping[str, str]) -> None:
    """Let old clients see it under its old id, with the fields that it had."""
    if old_sql.is_taken(change.conn, old.name):
        return
    old_sql.show(change.conn, request_id, old.name, old.fields["host"], old.fields["board"])
    seen = old_sql.of_request(change.conn, request_id)
    if seen is not None:
        sent = {name: value for name, value in old.fields.items() if name not in {*CHANGEABLE, *_OF_THE_SERVER}}
        old_sql.keep_fields(change.conn, seen, sent=sent, said=said)


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
    return asked_for(fields, host, board, call_id=old.name, notes=f"{old.name}, put for {who}")


def _bare(run: str) -> str:
    return run.removeprefix("run-").removesuffix(".frp")
