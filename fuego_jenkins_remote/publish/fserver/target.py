"""Delivery to an old Fuego server: under the name that Fuego gives a run, looked for before and after.

The server refuses a file whose name it has, and leaves half of an upload behind when that fails, which then blocks
every other try. So a delivery looks for what the server keeps of the run; a file without that is such a half, and is
removed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.client.fserver import runs
from fuego_jenkins_remote.client.fserver.calls import Fserver
from fuego_jenkins_remote.fuego.errors import BadName
from fuego_jenkins_remote.fuego.fserver_format import RunId
from fuego_jenkins_remote.fuego.names import check_board_name, check_test_name
from fuego_jenkins_remote.fuego.runs import Run
from fuego_jenkins_remote.publish.contents import opened
from fuego_jenkins_remote.publish.fserver import reading
from fuego_jenkins_remote.publish.targets import Fetched, Listed, NeverDelivered, NotDelivered, RunPackage

_IDENTITY = ("request_id", "attempt", "build_number", "start_time", "timestamp", "job_name")


class FserverTarget:
    """Puts runs where an old Fuego's clients find them."""

    name = "fserver"

    def __init__(self, server: Callable[[], Fserver]) -> None:
        """`server` gives a session for the calling thread."""
        self._server = server

    def deliver(self, run: RunPackage) -> str:
        """See `Target`. The address is that of the run's folder, which the server shows."""
        try:
            with opened(run.path) as contents:
                name = run_name(contents.run, run.key.partition("/")[0])
                if not self._has(name, contents.run):
                    self._put(name, run)
                    if not self._has(name, contents.run):
                        raise NotDelivered(f"the server does not show {name} after it was sent")
        except (ClientError, OSError) as error:
            raise NotDelivered(str(error)) from error
        return f"{self._server().root}/fserver-data/files/runs/{name.bare}/"

    @property
    def url(self) -> str:
        """Where this server is."""
        return self._server().url

    def runs(self, filters: Mapping[str, str], limit: int) -> Listed:
        """See `Readable`."""
        return reading.listed(self._server(), filters, limit)

    def fetch(self, run: str, destination: Path) -> Fetched:
        """See `Readable`."""
        return reading.fetch(self._server(), run, destination)

    def _has(self, name: RunId, run: Run) -> bool:
        """Whether the server keeps this run; raises NeverDelivered where it keeps another of that name."""
        kept = self._server().stored("runs", str(name))
        if kept is None:
            return False
        if _identity(kept) != [run.text(key) for key in _IDENTITY]:
            raise NeverDelivered(f"the server has another run called {name}")
        return True

    def _put(self, name: RunId, run: RunPackage) -> None:
        if runs.has_package(self._server(), name):
            runs.remove(self._server(), name)
        self._server().upload("put_run", f"{name}.frp", run.path)


def run_name(run: Run, host: str) -> RunId:
    """What the run is called there; raises NeverDelivered for a run that cannot be called so."""
    started = run.started_at
    if started is None:
        raise NeverDelivered("the run does not say when it began, and an old Fuego server names runs by that")
    try:
        test, board = check_test_name(run.name), check_board_name(run.text("board"))
    except BadName as error:
        raise NeverDelivered(str(error)) from error
    return RunId(at=started, test=test, host=host, board=board)


def _identity(kept: Any) -> list[str]:
    metadata = kept.get("metadata") if isinstance(kept, dict) else None
    found = metadata if isinstance(metadata, dict) else {}
    return ["" if found.get(key) is None else str(found[key]) for key in _IDENTITY]
