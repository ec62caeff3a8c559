"""Requests for old clients: the hub's own, as far as they are for one board of the team's labs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.fuego.errors import BadName
from fuego_jenkins_remote.fuego.fserver_format import MAX_ID, as_json, exactly, matches
from fuego_jenkins_remote.fuego.names import (
    check_phases,
    check_spec_name,
    check_test_name,
    check_variable,
    parse_timeout,
)
from fuego_jenkins_remote.hub import approvals, attempts, life, requests
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import Conflict
from fuego_jenkins_remote.hub.fserver import boards, naming
from fuego_jenkins_remote.hub.fserver.settings import USER, Fserver
from fuego_jenkins_remote.hub.fserver.view import record_of, states_shown_as
from fuego_jenkins_remote.hub.fserver.wire import Asked, Fail, error, ok
from fuego_jenkins_remote.hub.records import NewRequest, Options
from fuego_jenkins_remote.hub.statements import attempts as attempt_sql
from fuego_jenkins_remote.hub.statements import fserver as sql
from fuego_jenkins_remote.network import selectors
from fuego_jenkins_remote.network.identities import BadIdentity, check_call_id, new_call_id
from fuego_jenkins_remote.network.states import FINAL, OLD_FUEGO_STATE, State

MOST_LISTED = 20_000
"""Requests that one query looks through."""
MOST_WAITING = {True: 10_000, False: 200}
"""Requests of old clients that may wait: in an open hub, and where each of them needs an approval."""

HELD = "an old client has put it, without a token"
"""Why a lab's people are asked."""
CLAIM = "fserver-"
"""What the ids of claims begin with by which old labs take requests."""

_SET_HERE = frozenset({"host", "board", "state", "request_time"})
_SWITCHES = ("rebuild", "reboot", "precleanup", "postcleanup")


def put(change: Change, fserver: Fserver, asked: Asked) -> str:
    """put_request: any field is kept; those that Fuego knows are what is asked for."""
    host, board = asked.needed("host", "board", otherwise=boards.MISSING)
    if sql.team_of_board(change.conn, host, board) != fserver.team:
        raise Fail(f"Error: No matching board '{host}:{board}' registered with server")
    if sql.waiting_of(change.conn, fserver.team, USER) >= MOST_WAITING[fserver.open]:
        raise error(f"{MOST_WAITING[fserver.open]} requests of old clients wait already")
    try:
        wanted = asked_for(asked.fields, host, board, call_id=_call_id(asked), notes=_notes(asked.fields))
        wanted = with_choices(wanted, asked.fields)
    except BadName as bad:
        raise error(bad.what) from bad
    [made] = requests.put(change, fserver.caller, wanted)
    if sql.of_request(change.conn, made.id) is None:  # it has what a lab with an old client may pass over, and says so
        naming.give_id(change, made.id, host, board)
    seen = sql.of_request(change.conn, made.id)
    if seen is None:
        raise error(f"the request {made.id} is not to be found any more")
    if seen.sent:
        return ok(f"request_id={seen.old_id}\n")  # the same call once more
    sent = {name: value for name, value in asked.fields.items() if name not in _SET_HERE}
    sql.keep_fields(change.conn, seen, sent=sent, said={})
    if not fserver.open:
        approvals.ask(change, life.find(change, made.id), host, HELD)
    return ok(f"request_id={seen.old_id}\n")


def get(conn: sa.Connection, fserver: Fserver, asked: Asked, now: datetime) -> str:
    """get_request: its record as JSON."""
    (old_id,) = asked.needed("request_id", otherwise="Error: can't read request_id from form")
    try:
        seen = find(conn, fserver, old_id)
    except Fail as fail:
        raise Fail(f"In fserver.py:get_request\n{fail}") from fail
    return ok(as_json(record_of(seen, now), line_end=False))


def query(conn: sa.Connection, fserver: Fserver, asked: Asked, now: datetime) -> str:
    """query_requests: the ids of those whose records match, in order."""
    found = listed(conn, fserver, asked.fields, now)
    return ok("".join(f"{seen.old_id}\n" for seen, _ in found))


def listed(
    conn: sa.Connection, fserver: Fserver, filters: Mapping[str, str], now: datetime
) -> list[tuple[sql.Seen, dict[str, str]]]:
    """The requests that match, with their records, by id; raises Fail where too many would have to be read."""
    wanted = filters.get("state", "*")
    states = {one for old in set(OLD_FUEGO_STATE.values()) if matches(wanted, old) for one in states_shown_as(old)}
    if not states:
        return []
    rows = sql.listed(
        conn,
        states,
        host=exactly(filters.get("host")),
        board=exactly(filters.get("board")),
        requester=None if fserver.open else USER,
        limit=MOST_LISTED + 1,
    )
    if len(rows) > MOST_LISTED:
        raise error(f"more than {MOST_LISTED} requests would have to be read: say host, board or state")
    others = sql.hosts_of_others(conn, fserver.team)
    found = [(seen, record_of(seen, now)) for seen in rows if seen.host not in others]
    fits = [one for one in found if all(matches(text, one[1].get(name, "")) for name, text in filters.items())]
    return sorted(fits, key=lambda one: one[0].old_id)


def remove(change: Change, fserver: Fserver, asked: Asked) -> str:
    """remove_request: called off if it has not ended, and there for old clients no more; the hub keeps it."""
    (old_id,) = asked.needed("request_id", otherwise="Error: can't read request_id from form")
    try:
        seen = find(change.conn, fserver, old_id)
    except Fail as fail:
        raise Fail(f"{fail}\n") from fail
    if not fserver.open and seen.state is not State.PENDING:
        raise error(f"the request is {OLD_FUEGO_STATE[seen.state]}: without a token only one that waits is removed")
    life.hold(change, seen.id)
    request = requests.find(change.conn, seen.id)
    if request.state not in FINAL:
        attempt = attempt_sql.current(change.conn, request)
        why = "removed by an old client"
        with suppress(Conflict):  # too late to call it off: it is not shown any more all the same
            if attempt is not None and attempt.claim_id.startswith(CLAIM):
                attempts.cancelled(change, attempt.host, attempt.id, call_id=new_call_id(), reason=why)
            else:
                requests.cancel(change, fserver.caller, request.id, new_call_id(), why)
    sql.hide(change.conn, old_id)
    return ok(f"Request file {old_id}.json was removed\n")


def find(conn: sa.Connection, fserver: Fserver, old_id: str) -> sql.Seen:
    """A request by its old id; raises Fail. Where all is held, only what old clients have put is there for them.

    One for a lab of another team is not: it was put while old clients acted for that team, or taken over for it.
    """
    if len(old_id) > MAX_ID or not old_id.isprintable() or "/" in old_id:
        raise error(f"{old_id[:100]!r} is no id of a request")
    seen = sql.find(conn, old_id)
    is_there = seen is not None and (fserver.open or seen.requester == USER)
    if seen is None or not is_there or sql.is_anothers(conn, fserver.team, seen.host):
        raise Fail(f"Error: filepath /fserver-data/data/requests/{old_id}.json does not exist")
    return seen


def asked_for(fields: Mapping[str, str], host: str, board: str, *, call_id: str, notes: str) -> NewRequest:
    """What the fields of an old request ask for: a test on a board; raises BadName for what no lab could run."""
    return NewRequest(
        call_id=call_id,
        selector=selectors.exactly(host, board).normal(),
        test=check_test_name(fields.get("test_name", "")),
        spec=check_spec_name(fields.get("test_spec") or "default"),
        timeout=parse_timeout(fields.get("timeout") or "30m"),
        phases=check_phases(fields.get("phases", "")),
        variables={},
        notes=notes,
    )


def with_choices(new: NewRequest, fields: Mapping[str, str]) -> NewRequest:
    """The same, run as the fields say: with which variables, with a reboot before or not. Raises BadName."""
    switches = {name: _switch(name, fields[name]) for name in _SWITCHES if name in fields}
    return replace(new, options=Options(**switches), variables=_variables(fields.get("dynamic_vars", "")))


def _variables(text: str) -> dict[str, str]:
    """Variables of a test, as `ftc run-test --dynamic-vars` has them: NAME=VALUE,NAME=VALUE. Raises BadName."""
    pairs = (part.partition("=") for part in text.split(",") if part)
    return dict(check_variable(name.strip(), value.strip()) for name, _, value in pairs)


def _call_id(asked: Asked) -> str:
    """The caller's id of the call, by which the same call once more makes no second request; else one of its own."""
    try:
        return check_call_id(asked.fields.get("call_id", ""))
    except BadIdentity:
        return new_call_id()


def _notes(fields: Mapping[str, str]) -> str:
    who = " ".join(fields.get("requestor", "nobody in particular").split())
    return f"put by an old client, for {who}\n{fields.get('notes', '')}".strip()[:4000]


def _switch(name: str, text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise BadName(f"{name} is true or false, not {text[:40]!r}")
    return text.lower() == "true"
