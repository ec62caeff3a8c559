"""update_request: what an old lab says of a request becomes an attempt of its lab, so that everybody sees it.

An old server takes any state at any time, from anybody, so that several labs win one request. Here the hub's own table
holds: a request is taken once, its end comes once, and what does not fit is refused. An update that says again what is
known already is answered as the first one was.
"""

from __future__ import annotations

from fuego_jenkins_remote.fuego.fserver_format import CHANGEABLE, as_json
from fuego_jenkins_remote.hub import attempts, claims, life, requests
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.fserver.requests import CLAIM, find
from fuego_jenkins_remote.hub.fserver.settings import Fserver
from fuego_jenkins_remote.hub.fserver.view import record_of
from fuego_jenkins_remote.hub.fserver.wire import Asked, Fail, error, ok
from fuego_jenkins_remote.hub.records import Attempt, Request
from fuego_jenkins_remote.hub.statements import attempts as attempt_sql
from fuego_jenkins_remote.hub.statements import boards as board_sql
from fuego_jenkins_remote.hub.statements import fserver as sql
from fuego_jenkins_remote.network.identities import AttemptId, new_call_id, run_key
from fuego_jenkins_remote.network.reasons import Reason
from fuego_jenkins_remote.network.states import FINAL, OLD_FUEGO_STATE, State

_STATES = ("pending", "running", "done", "error")


def update(change: Change, fserver: Fserver, asked: Asked) -> str:
    """update_request: a state, a run, times, a reason; the answer is the record as it is now."""
    (old_id,) = asked.needed("request_id", otherwise="Error: can't read request_id from form")
    seen = find(change.conn, fserver, old_id)
    said = {name: value for name, value in asked.fields.items() if name != "request_id"}
    for name in said:
        if name not in CHANGEABLE:
            raise Fail(f"Error - can't change field '{name}' in request")
    if not fserver.open:
        raise error("what labs say of requests is taken with a token only: this hub holds what old clients send")
    life.hold(change, seen.id)
    seen = find(change.conn, fserver, old_id)
    if any(seen.said.get(name) != value for name, value in said.items()):
        _take(change, seen, said.get("state"), said)
        sql.keep_fields(change.conn, seen, sent=seen.sent, said={**seen.said, **said})
        change.wake_readers(seen.id)
    now = find(change.conn, fserver, old_id)
    return ok(as_json(record_of(now, None), line_end=False))


def _take(change: Change, seen: sql.Seen, state: str | None, said: dict[str, str]) -> None:
    """Let happen to the request what the lab says has happened; raises Fail where that cannot be."""
    if state is None or (state == "pending" and seen.state is State.PENDING):
        return
    if state in {"done", "error"} and seen.said.get("state") == state:
        return  # the same once more, with more words
    if state not in _STATES:
        raise error(f"{state[:40]!r} is no state of a request: {', '.join(_STATES)}")
    attempt = attempt_sql.current(change.conn, requests.find(change.conn, seen.id))
    if state == "pending":
        raise error(f"the request is {OLD_FUEGO_STATE[seen.state]}: it cannot wait again; put another one")
    if state == "running" and seen.state is not State.PENDING:
        raise error(f"the request is {_stands(seen, attempt)}: it cannot be taken again")
    if seen.state in FINAL or seen.state is State.TESTED:
        raise error(f"too late: the request is {_stands(seen, attempt)}")
    if attempt is not None and not attempt.claim_id.startswith(CLAIM):
        raise error(f"{attempt.host} runs it with a client of today, which reports on it")
    which = attempt.id if attempt is not None else _begin(change, seen, started=state != "error")
    if state == "done":
        _done(change, seen, which, said.get("run_id") or seen.said.get("run_id", ""))
    elif state == "error":
        attempts.error(
            change,
            seen.host,
            which,
            call_id=new_call_id(),
            reason=Reason.NEVER_STARTED if attempt is None else Reason.NO_RUN,
            detail=said.get("reason", ""),
            console_tail="",
        )
        run = _run_of(change, said.get("run_id") or seen.said.get("run_id", ""))
        if run is not None:
            run_came(change, requests.find(change.conn, seen.id), run)


def _begin(change: Change, seen: sql.Seen, *, started: bool) -> AttemptId:
    """An old lab takes the request for its board, as any lab would; raises Fail where it may not have it now."""
    claim = claims.Claim(host=seen.host, claim_id=f"{CLAIM}{new_call_id()}", boards=[seen.board], request=seen.id)
    got = claims.take(change, claim).assignments
    if not got:
        raise error(_why_not(change, seen))
    which = AttemptId(seen.id, got[0].number)
    if started:
        attempts.start(change, seen.host, which, call_id=new_call_id(), build_url="", build_number="")
    return which


def _why_not(change: Change, seen: sql.Seen) -> str:
    board = board_sql.find(change.conn, seen.host, seen.board)
    request = requests.find(change.conn, seen.id)
    if board is None:
        return f"there is no board {seen.host}:{seen.board} any more"
    if board.busy:
        return f"the board {board} has another request: that one must end first"
    if not board.up:
        return f"the board {board} is not to be had: {board.because or 'it is offline'}"
    if request.held:
        return "the request waits for the approval of the lab's people"
    return f"the request cannot run on {board} now"


def _done(change: Change, seen: sql.Seen, which: AttemptId, run_id: str) -> None:
    """The test has ended; its run is at vision if it came before this word, else it may still come."""
    run = _run_of(change, run_id)
    call = {"call_id": new_call_id()}
    attempts.tested(
        change,
        seen.host,
        which,
        status=run.status if run is not None else "",
        key=run_key(seen.host, which),
        summary="",
        **call,
    )
    note = "" if run is not None else f"its lab calls the run {run_id or 'nothing'}, which has not come here"
    target, url = ("vision", run.run_url) if run is not None else ("", "")
    attempts.done(change, seen.host, which, target=target, run_url=url, note=note[:1000], **call)
    if run is not None and run.run_key != run_key(seen.host, which):
        # It had come before anybody said of which request it is.
        _show(change, requests.find(change.conn, seen.id), run)


def _run_of(change: Change, run_id: str) -> sql.OldRun | None:
    """The run that a lab names, with `run-` or without; None where it has not come."""
    return sql.run(change.conn, f"run-{run_id.removeprefix('run-')}") if run_id else None


def run_came(change: Change, request: Request, run: sql.OldRun) -> None:
    """The run of a request that is done, or an error, already has come: from now on it is found there."""
    if request.state not in {State.DONE, State.ERROR} or request.run_url:
        return
    _show(change, request, run)


def _show(change: Change, request: Request, run: sql.OldRun) -> None:
    requests.run_came(change, request, status=run.status, run_key=run.run_key, run_url=run.run_url, who=run.host)


def _stands(seen: sql.Seen, attempt: Attempt | None) -> str:
    where = f" on {attempt.host}:{attempt.board}" if attempt is not None else ""
    return f"{OLD_FUEGO_STATE[seen.state]} already{where}"
