"""Runs read from an old Fuego server: listed as vision lists them, and fetched as the packages that they are.

The server knows runs by their names: time, test, host, board. What else a run says is in the run.json that it has taken
out of the package, a call for each run; so what a name does not say is looked for among the newest runs, MAX_LOOKED.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.client.fserver import runs
from fuego_jenkins_remote.client.fserver.calls import Fserver
from fuego_jenkins_remote.client.fserver.runs import KeptRun
from fuego_jenkins_remote.fuego.fserver_format import RunId
from fuego_jenkins_remote.fuego.packages import Kind, Limits, check_package
from fuego_jenkins_remote.publish.targets import Fetched, Listed, since_of

MAX_LOOKED = 200
"""So many runs are looked into for one list."""


def listed(server: Fserver, filters: Mapping[str, str], limit: int) -> Listed:
    """See `Readable`. Raises ClientError for `campaign`, which no run of there knows."""
    if filters.get("campaign"):
        raise ClientError(f"the Fuego server at {server.url} knows no campaigns")
    host, _, board = filters.get("board", "").rpartition(":")
    since = since_of(filters)
    found: list[dict[str, Any]] = []
    names = runs.ids(server, host=host or filters.get("host", ""), board=board, test=filters.get("test", ""))
    for looked, one in enumerate(names):
        if len(found) >= limit:
            break
        if looked >= MAX_LOOKED:
            return Listed(runs=found, is_all=False)
        if since and one.at < since:
            break
        told = _told(runs.kept(server, one))
        if all(filters.get(key, "") in {"", told[key]} for key in ("spec", "status", "request")):
            found.append(told)
    return Listed(runs=found)


def fetch(server: Fserver, run: str, destination: Path) -> Fetched:
    """See `Readable`; raises BadName. It must be a run package: there is no digest that it could be held against."""
    name = RunId.parse(run)
    runs.fetch(server, name, destination, limit=Limits().package)
    return Fetched(key=str(name), sha256=check_package(destination, Kind.RUN).sha256)


def _told(one: KeptRun) -> dict[str, Any]:
    run = one.run
    return {
        "key": str(one.id),
        "test": one.id.test,
        "host": one.id.host,
        "board": one.id.board,
        "spec": run.text("test_spec") if run else "",
        "status": str(run.status) if run else "",
        "request": run.text("request_id") if run else "",
        "counts": {str(status): number for status, number in run.counts().items()} if run else {},
        "started_at": ((run.started_at if run else None) or one.id.at).isoformat(),
    }
