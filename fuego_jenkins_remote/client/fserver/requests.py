"""Requests of an old Fuego server, as ours.

The server keeps any field of a request. Old clients send host, board, test_name, test_spec, requestor (HOST:USER) and
timeout. We send more where it was asked for, called as the options of `ftc run-test`: phases, dynamic_vars, rebuild,
reboot, precleanup, postcleanup; and notes, and call_id, by which a put finds out whether it has arrived.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from fuego_jenkins_remote.client.errors import ClientError, NotFound
from fuego_jenkins_remote.client.fserver.calls import Failed, Fserver
from fuego_jenkins_remote.client.values import Request
from fuego_jenkins_remote.fuego import fserver_format
from fuego_jenkins_remote.fuego.errors import BadName
from fuego_jenkins_remote.fuego.fserver_format import RequestId, RunId
from fuego_jenkins_remote.fuego.names import format_timeout, parse_timeout
from fuego_jenkins_remote.network.states import State

DEFAULT_TIMEOUT = 1800
"""Seconds, where a request says nothing: Fuego's own default."""

SWITCHES = ("rebuild", "reboot", "precleanup", "postcleanup")
_STATES = {"pending": State.PENDING, "running": State.RUNNING, "done": State.DONE, "error": State.ERROR}


def ids(server: Fserver, filters: Mapping[str, str] | None = None) -> list[RequestId]:
    """Those that the server finds, the newest first."""
    return sorted(server.listed("query_requests", RequestId.parse, filters), key=lambda one: one.at, reverse=True)


def record(server: Fserver, request: RequestId) -> dict[str, str]:
    """What the server keeps of a request; raises NotFound."""
    try:
        said = server.ask("get_request", {"request_id": str(request)})
    except Failed as error:
        raise NotFound(f"the Fuego server at {server.url} has no request {request}", status=404) from error
    return server.record(said, f"the request {request}")


def put(server: Fserver, host: str, board: str, fields: Mapping[str, str]) -> RequestId:
    """Put one; raises Failed for a board that is not registered there."""
    said = server.change("put_request", {**fields, "host": host, "board": board})
    for line in said.splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "request_id":
            return RequestId.parse(value.strip())
    raise ClientError(f"the Fuego server at {server.url} took a request and did not say under which id")


def update(server: Fserver, request: RequestId, changes: Mapping[str, str]) -> dict[str, str]:
    """Change what may be changed of a request (CHANGEABLE); its record as the server then has it. Raises Failed."""
    said = server.change("update_request", {**changes, "request_id": str(request)})
    return server.record(said, f"the request {request}")


def remove(server: Fserver, request: RequestId) -> None:
    """Have the server forget a request, whatever its state; raises NotFound."""
    try:
        server.ask("remove_request", {"request_id": str(request)})
    except Failed as error:
        raise NotFound(f"the Fuego server at {server.url} has no request {request}", status=404) from error


def fields_of(wanted: Mapping[str, Any], requestor: str) -> dict[str, str]:
    """The fields of a request there, from RequestIn."""
    return {
        "test_name": str(wanted["test"]),
        "test_spec": str(wanted.get("spec") or "default"),
        "requestor": requestor,
        "timeout": format_timeout(int(wanted.get("timeout") or DEFAULT_TIMEOUT)),
        "call_id": str(wanted["call_id"]),
        "notes": str(wanted.get("notes") or ""),
        **unusual(wanted),
    }


def unusual(wanted: Mapping[str, Any]) -> dict[str, str]:
    """What of RequestIn old clients may not know, as fields; what says nothing is left out."""
    variables = ",".join(f"{name}={value}" for name, value in (wanted.get("variables") or {}).items())
    said = {"phases": str(wanted.get("phases") or ""), "dynamic_vars": variables}
    said |= {name: "true" if value else "false" for name, value in (wanted.get("options") or {}).items()}
    return {name: value for name, value in said.items() if value}


def request_of(request: RequestId, found: Mapping[str, str], run: Mapping[str, Any] | None = None) -> Request:
    """A record of there as a request of ours; `run` is the run.json of its run, for how it ended."""
    state = _STATES.get(found.get("state", ""))
    reason = found.get("reason", "")
    if state is None:
        # Anybody may write anything there. It is no end, as far as anybody here knows.
        reason = reason or f"the server calls its state {found.get('state', '')[:50]!r}"
    run_id = found.get("run_id", "")
    wire = {
        "id": str(request),
        "version": zlib.crc32(repr(sorted(found.items())).encode()),
        "state": str(state or State.LOST),
        "selector": f"{request.host}:{request.board}",
        "test": found.get("test_name", ""),
        "spec": found.get("test_spec", ""),
        "phases": found.get("phases", ""),
        "timeout": _seconds(found.get("timeout", "")),
        "variables": dict(_variables(found.get("dynamic_vars", ""))),
        "options": {name: found[name].lower() == "true" for name in SWITCHES if found.get(name)},
        "requester": found.get("requestor", ""),
        "notes": found.get("notes", ""),
        "host": "" if state is State.PENDING else request.host,
        "board": "" if state is State.PENDING else request.board,
        "status": str((run or {}).get("status") or ""),
        "run_key": run_name(run_id),
        "reason": reason,
        "created_at": _when(found.get("request_time", "")) or request.at.isoformat(),
        "started_at": _when(found.get("start_time", "")),
        "ended_at": _when(found.get("done_time", "")),
        "record": dict(found),
    }
    return Request.from_json(wire)


def run_name(run_id: str) -> str:
    """A request's run_id as runs are called there; as it is where it is no run's, empty where there is none."""
    try:
        return str(RunId.parse(run_id))
    except BadName:
        return run_id


def _variables(text: str) -> Iterable[tuple[str, str]]:
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if equals and name.strip():
            yield name.strip(), value


def _seconds(text: str) -> int:
    try:
        return parse_timeout(text) if text else DEFAULT_TIMEOUT
    except BadName:
        return DEFAULT_TIMEOUT


def _when(text: str) -> str | None:
    found = fserver_format.read_time(text)
    return found.isoformat() if found else None
