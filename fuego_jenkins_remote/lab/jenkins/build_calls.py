"""The calls about requests' builds: from the trigger to the console's end.

A build is found by its parameters REQUEST_ID and ATTEMPT, since queue ids are no lasting keys; an item that merges with
one in the queue is answered without an id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import jenkins
import requests

from fuego_jenkins_remote.lab.errors import ControllerTrouble
from fuego_jenkins_remote.lab.jenkins.link import JenkinsLink, job_path
from fuego_jenkins_remote.network.identities import AttemptId, BadIdentity

BUILD_TREE = "number,building,result,url,queueId,actions[parameters[name,value]]"
_ITEM_TREE = "id,why,task[name,url,labelExpression],actions[parameters[name,value]]"
_RECENT_BUILDS = 20
_CHUNK = 2**16


@dataclass(frozen=True, kw_only=True)
class QueueItem:
    """An item that waits; `why` is Jenkins' own sentence, `label` names the node that its job is tied to."""

    id: int
    job: str
    why: str
    attempt: AttemptId | None
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Build:
    """A build; `result` is empty while it has none, `building` stays True until its last step has ended."""

    job: str
    number: int
    building: bool
    result: str
    url: str
    attempt: AttemptId | None


def is_under_way(found: Build | QueueItem | None) -> bool:
    """Whether what was found may still become a run: it waits, or is being built."""
    return isinstance(found, QueueItem) or (found is not None and found.building)


class BuildCalls(JenkinsLink):
    """Queue items and builds of the boards' jobs."""

    def build_url(self, job: str, number: str) -> str:
        """The address of a build's page; empty without a number."""
        return f"{self.url}/{job_path(job)}/{number}/" if number else ""

    def trigger(self, job: str, attempt: AttemptId) -> int | None:
        """Queue the job for `attempt`; the queue item's id, None when it is queued but has no id of its own."""
        parameters = {"REQUEST_ID": attempt.request, "ATTEMPT": str(attempt.number)}

        def build() -> int | None:
            try:
                return int(self._server.build_job(job, parameters))
            except jenkins.EmptyResponseException:
                return None

        return self._call(build)

    def queue(self) -> list[QueueItem]:
        """What waits."""
        path = f"queue/api/json?tree=items[{_ITEM_TREE}]"
        return self._call(lambda: [_item(one) for one in self._get(path).get("items", ())])

    def was_cancelled(self, item: int, attempt: AttemptId) -> bool:
        """Whether an attempt's item was taken out of the queue; Jenkins knows that for 300 s, then gives False."""
        path = f"queue/item/{item}/api/json?tree=cancelled,{_ITEM_TREE}"
        found = self._or_none(lambda: self._get(path))
        return found is not None and found.get("cancelled") is True and _attempt(found) == attempt

    def builds(self, job: str) -> list[Build]:
        """A job's newest builds, newest first; empty for a job that is not there."""
        path = f"{job_path(job)}/api/json?tree=builds[{BUILD_TREE}]{{0,{_RECENT_BUILDS}}}"
        return self._or_none(lambda: [build_of(job, one) for one in self._get(path).get("builds", ())]) or []

    def find(self, job: str, attempt: AttemptId) -> Build | QueueItem | None:
        """Where an attempt's build is: running or ended, in the queue, or nowhere.

        Builds are looked at after the queue: what leaves the queue in between is then seen as a build.
        """
        waiting = next((item for item in self.queue() if item.job == job and item.attempt == attempt), None)
        if waiting is not None:
            return waiting
        return next((build for build in self.builds(job) if build.attempt == attempt), None)

    def stop_build(self, job: str, number: int) -> None:
        """Abort a build; one that has ended stays as it is."""
        self._or_none(lambda: self._server.stop_build(job, number))

    def cancel_queue_item(self, item: int) -> None:
        """Take an item out of the queue; one that has left it stays where it is."""
        try:
            self._or_none(lambda: self._server.cancel_queue(item))
        except ControllerTrouble:
            # What Jenkins answers of an item that has left the queue is a 500.
            if any(waiting.id == item for waiting in self.queue()):
                raise

    def console_tail(self, job: str, number: int, limit: int) -> str:
        """The last `limit` bytes of a build's console; empty where there is none."""
        request = requests.Request("GET", f"{self.url}/{job_path(job)}/{number}/consoleText")

        def read() -> bytes:
            # A console may be larger than memory.
            tail = b""
            with self._server.jenkins_open_stream(request) as response:
                for chunk in response.iter_content(_CHUNK):
                    tail = (tail + chunk)[-limit:]
            return tail

        return (self._or_none(read) or b"").decode("utf-8", "replace")


def build_of(job: str, data: dict[str, Any]) -> Build:
    """A build, of what BUILD_TREE asks for. Raises KeyError, ValueError, TypeError."""
    return Build(
        job=job,
        number=int(data["number"]),
        building=bool(data.get("building", False)),
        result=str(data.get("result") or ""),
        url=str(data.get("url", "")),
        attempt=_attempt(data),
    )


def job_of(url: str) -> str:
    """The job of an address, with its folders, as job_path takes it; empty where it names none."""
    return "/".join(unquote(part) for part in re.findall(r"/job/([^/]+)", urlsplit(url).path))


def _item(data: dict[str, Any]) -> QueueItem:
    task = data.get("task") or {}
    return QueueItem(
        id=int(data["id"]),
        job=job_of(str(task.get("url") or "")) or str(task.get("name", "")),
        why=str(data.get("why") or ""),
        attempt=_attempt(data),
        label=str(task.get("labelExpression") or ""),
    )


def _attempt(data: dict[str, Any]) -> AttemptId | None:
    """REQUEST_ID and ATTEMPT of an item or build; their parameters may be spread over several actions."""
    values = {
        str(parameter.get("name")): str(parameter.get("value"))
        for action in data.get("actions") or ()
        for parameter in (action or {}).get("parameters") or ()
    }
    try:
        return AttemptId.parse(f"{values.get('REQUEST_ID', '')}.{values.get('ATTEMPT', '')}")
    except BadIdentity:
        return None
