"""Runs of an old Fuego server. A run is its package, `run-....frp`, and what the server has taken out of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuego_jenkins_remote.client.errors import ClientError, NotFound, Unreachable
from fuego_jenkins_remote.client.fserver.calls import Failed, Fserver
from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.fuego.fserver_format import RunId
from fuego_jenkins_remote.fuego.runs import Run, read_run


@dataclass(frozen=True, kw_only=True)
class KeptRun:
    """A run that the server has, and its run.json; None where it has none that can be read."""

    id: RunId
    run: Run | None


def ids(server: Fserver, *, host: str = "", board: str = "", test: str = "") -> list[RunId]:
    """Those of a host, a board, a test (empty: any), the newest first.

    The server's own filters are not trusted with that: what they do not know they let through.
    """
    filters = {key: value for key, value in {"host": host, "board": board}.items() if value}
    found = [
        one
        for one in server.listed("query_runs", RunId.parse, filters)
        if (not host or one.host == host) and (not board or one.board == board) and _is(one.test, test)
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _is(full: str, test: str) -> bool:
    return not test or test in {full, full.partition(".")[2]}


def kept(server: Fserver, run: RunId) -> KeptRun:
    """A run with what the server has taken out of it."""
    found = legible(server, run)
    try:
        return KeptRun(id=run, run=None if found is None else read_run(_bytes(found)))
    except FormatError:
        return KeptRun(id=run, run=None)


def legible(server: Fserver, run: RunId) -> Mapping[str, Any] | None:
    """As `raw`, of one among others: None also where the server cannot give it, or it is too much."""
    try:
        return raw(server, run)
    except Unreachable:
        raise
    except ClientError:
        return None


def raw(server: Fserver, run: RunId) -> Mapping[str, Any] | None:
    """The run.json that the server has taken out of a run; None for none."""
    try:
        found = server.stored("runs", str(run))
    except ClientError as error:
        if "no JSON" in str(error):
            return None
        raise
    return found if isinstance(found, dict) else None


def _bytes(found: Mapping[str, Any]) -> bytes:
    import json

    return json.dumps(dict(found)).encode()


def fetch(server: Fserver, run: RunId, destination: Path, *, limit: int) -> None:
    """Fetch a run's package; raises NotFound. There is no digest of it there that it could be held against."""
    try:
        said = server.ask("get_run_url", {"run_id": str(run)})
    except Failed as error:
        raise NotFound(f"the Fuego server at {server.url} has no run {run}", status=404) from error
    server.download(server.data_path(said), destination, limit=limit)


def remove(server: Fserver, run: RunId) -> None:
    """Have the server forget a run, also the half of one; raises NotFound where it has nothing of it."""
    if not _has_some(server, run):
        raise NotFound(f"the Fuego server at {server.url} has no run {run}", status=404)
    try:
        server.ask("remove_run", {"run_id": str(run)})
    except Failed:
        # It says so of the parts that a half run never had, and has removed the others.
        if _has_some(server, run):
            raise


def has_package(server: Fserver, run: RunId) -> bool:
    """Whether there is a file of the run, be it the half of one."""
    try:
        server.ask("get_run_url", {"run_id": str(run)})
    except Failed:
        return False
    return True


def _has_some(server: Fserver, run: RunId) -> bool:
    return raw(server, run) is not None or has_package(server, run)
