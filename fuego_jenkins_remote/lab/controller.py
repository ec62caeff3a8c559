"""The lab's Jenkins, behind one adapter around python-jenkins.

What python-jenkins raises, and the raw errors of requests that it lets through, come out as ControllerError. A missing
job, node, build or queue item is None or an empty list, not an error. Facts on which this is built: a build of a job is
found by its parameters REQUEST_ID and ATTEMPT, since queue ids are no lasting keys; an item that merges with one in the
queue is answered without an id; a crumb does not survive a restart of the controller.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import jenkins
import requests
from urllib3.util import Retry

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.client.transport import check_address, secure, why_unreachable
from fuego_jenkins_remote.lab.errors import ControllerDown, ControllerError, ControllerRefused, ControllerTrouble
from fuego_jenkins_remote.network.identities import AttemptId, BadIdentity

TIMEOUT = 20.0
"""Seconds for one answer."""

_BUILD_TREE = "number,building,result,url,queueId,actions[parameters[name,value]]"
_RECENT_BUILDS = 20
_CHUNK = 2**16
_NO_ANSWER = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    jenkins.TimeoutException,
)
_NOT_THERE = frozenset({502, 503, 504})
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class QueueItem:
    """An item that waits; `why` is Jenkins' own sentence."""

    id: int
    job: str
    why: str
    attempt: AttemptId | None


@dataclass(frozen=True, kw_only=True)
class Build:
    """A build; `result` is empty while it has none, `building` stays True until its last step has ended."""

    job: str
    number: int
    building: bool
    result: str
    url: str
    attempt: AttemptId | None


@dataclass(frozen=True, kw_only=True)
class Node:
    """A node; a board's has the board's name. `idle`: no executor of it works."""

    name: str
    online: bool
    idle: bool


class Controller:
    """The calls that a lab makes. Not to be shared between threads."""

    def __init__(
        self, url: str, user: str = "", secret: str = "", *, ca_file: Path | None = None, timeout: float = TIMEOUT
    ) -> None:
        """`secret` is an API token or a password; without a user it is an unsecured Jenkins.

        Raises ControllerRefused for an address or a `ca_file` that cannot be used, and for a secret that would cross
        the network in the clear.
        """
        self.url = url.rstrip("/")
        if not self.url.startswith(("http://", "https://")):
            raise ControllerRefused(f"jenkins_url: '{url}' is no address (like http://127.0.0.1:8080/fuego)")
        self._server = jenkins.Jenkins(self.url, user or None, secret or None, timeout=timeout)
        session: requests.Session = self._server._session  # it has no public one
        try:
            if secret:
                check_address(self.url, "jenkins_url")
            secure(session, self.url, ca_file=ca_file, retries=Retry(total=0))
        except ClientError as error:
            raise ControllerRefused(str(error)) from error

    def build_url(self, job: str, number: str) -> str:
        """The address of a build's page; empty without a number."""
        return f"{self.url}/{_job_path(job)}/{number}/" if number else ""

    # -- what it is

    def version(self) -> str:
        """Jenkins' version, as it says; raises ControllerError where nothing like Jenkins answers."""

        def ask() -> str:
            # python-jenkins' own get_version comes as nobody, which a Jenkins with a login refuses.
            request = requests.Request("GET", f"{self.url}/api/json?tree=mode")
            return str(self._server.jenkins_request(request, add_crumb=False).headers.get("X-Jenkins", ""))

        version = self._call(ask)
        if not version:
            raise ControllerTrouble(f"what answers at {self.url} is no Jenkins")
        return version

    def user(self) -> str:
        """As whom we are known there. Raises ControllerRefused where nobody has logged in."""
        return str(self._call(self._server.get_whoami).get("id", ""))

    # -- jobs

    def list_jobs(self, prefix: str) -> list[str]:
        """Names of the jobs at the top level that begin with `prefix`."""
        return self._call(
            lambda: [
                str(job["name"])
                for job in self._get("api/json?tree=jobs[name]").get("jobs", ())
                if str(job["name"]).startswith(prefix)
            ]
        )

    def get_job_config(self, name: str) -> str | None:
        """A job's config.xml."""
        return self._or_none(lambda: str(self._server.get_job_config(name)))

    def create_job(self, name: str, xml: str) -> None:
        """Make a job."""
        self._call(lambda: self._server.create_job(name, xml))

    def reconfig_job(self, name: str, xml: str) -> None:
        """Give a job another config.xml."""
        self._call(lambda: self._server.reconfig_job(name, xml))

    def delete_job(self, name: str) -> None:
        """Remove a job; one that is not there is removed already."""
        self._or_none(lambda: self._server.delete_job(name))

    # -- nodes

    def nodes(self) -> list[Node]:
        """All nodes, in one call."""
        path = "computer/api/json?tree=computer[displayName,offline,idle]"
        return self._call(
            lambda: [
                Node(name=str(one["displayName"]), online=not one.get("offline", True), idle=bool(one.get("idle")))
                for one in self._get(path).get("computer", ())
            ]
        )

    def create_node(self, name: str, remote_folder: str) -> None:
        """Make a node for a board: one executor, for jobs tied to it, an agent that connects by itself (inbound)."""
        self._call(
            lambda: self._server.create_node(
                name,
                numExecutors=1,
                nodeDescription=f"Fuego board {name}",
                remoteFS=remote_folder,
                labels=name,
                exclusive=True,
                launcher=jenkins.LAUNCHER_JNLP,
                launcher_params={},
            )
        )

    # -- requests' builds

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
        path = "queue/api/json?tree=items[id,why,task[name],actions[parameters[name,value]]]"
        return self._call(
            lambda: [
                QueueItem(
                    id=int(item["id"]),
                    job=str((item.get("task") or {}).get("name", "")),
                    why=str(item.get("why") or ""),
                    attempt=_attempt(item),
                )
                for item in self._get(path).get("items", ())
            ]
        )

    def builds(self, job: str) -> list[Build]:
        """A job's newest builds, newest first; empty for a job that is not there."""
        path = f"{_job_path(job)}/api/json?tree=builds[{_BUILD_TREE}]{{0,{_RECENT_BUILDS}}}"
        found = self._or_none(
            lambda: [
                Build(
                    job=job,
                    number=int(one["number"]),
                    building=bool(one.get("building", False)),
                    result=str(one.get("result") or ""),
                    url=str(one.get("url", "")),
                    attempt=_attempt(one),
                )
                for one in self._get(path).get("builds", ())
            ]
        )
        return found or []

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
        request = requests.Request("GET", f"{self.url}/{_job_path(job)}/{number}/consoleText")

        def read() -> bytes:
            # A console may be larger than memory.
            tail = b""
            with self._server.jenkins_open_stream(request) as response:
                for chunk in response.iter_content(_CHUNK):
                    tail = (tail + chunk)[-limit:]
            return tail

        return (self._or_none(read) or b"").decode("utf-8", "replace")

    # -- errors

    def _get(self, path: str) -> dict[str, Any]:
        text = self._server.jenkins_open(requests.Request("GET", f"{self.url}/{path}"))
        found = json.loads(text)
        if not isinstance(found, dict):
            raise ValueError("no JSON object")
        return found

    def _or_none(self, call: Callable[[], _T]) -> _T | None:
        with self._translated():
            try:
                return self._once_more_without_crumb(call)
            except jenkins.NotFoundException:
                return None
            except jenkins.JenkinsException as error:
                if "does not exist" in str(error):
                    return None
                raise

    def _call(self, call: Callable[[], _T]) -> _T:
        with self._translated():
            return self._once_more_without_crumb(call)

    def _once_more_without_crumb(self, call: Callable[[], _T]) -> _T:
        try:
            return call()
        except jenkins.JenkinsException as error:
            if _status(error) != 403 or not self._server.crumb:
                raise
        self._server.crumb = None
        return call()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except _NO_ANSWER as error:
            raise ControllerDown(f"Jenkins at {self.url} does not answer: {why_unreachable(error)}") from error
        except requests.HTTPError as error:
            why = error.response.headers.get("X-Error", "") if error.response is not None else ""
            raise self._answered(error.response, why) from error
        except jenkins.JenkinsException as error:
            # python-jenkins keeps the answer to 401, 403 and 500 in the exception that it had when it raised its own.
            raise self._answered(getattr(error.__context__, "response", None), str(error)) from error
        except (requests.RequestException, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ControllerTrouble(f"Jenkins at {self.url} answered something that cannot be read here") from error

    def _answered(self, response: requests.Response | None, why: str) -> ControllerError:
        status = response.status_code if response is not None else 0
        if status in _NOT_THERE:
            return ControllerDown(f"Jenkins at {self.url} is starting or shutting down")
        if status == 401 and response is not None and "X-Jenkins" not in response.headers:
            # So it answers for a moment while it starts, and a wrong token always: only time tells.
            return ControllerDown(
                f"Jenkins at {self.url} answers 401: it is starting, or does not accept this user or token"
                " (jenkins_user, jenkins_token_file)"
            )
        if status == 401:
            return ControllerRefused(f"Jenkins at {self.url} does not accept this user or token (jenkins_token_file)")
        if status == 403:
            missing = re.search(r"is missing the ([\w/ ]+) permission", why)
            detail = f": {missing[0]}" if missing else " (or asks for a login: jenkins_user, jenkins_token_file)"
            return ControllerRefused(f"Jenkins at {self.url} does not allow this{detail}")
        first_line = next(iter(why.strip().splitlines()), "")[:200]
        return ControllerTrouble(f"Jenkins at {self.url} answered {status or ''} {first_line}".rstrip())


def _status(error: jenkins.JenkinsException) -> int:
    """The HTTP status of 401, 403 and 500, which python-jenkins has in its text only."""
    match = re.search(r"\[(\d{3})\]", str(error))
    return int(match[1]) if match else 0


def _job_path(job: str) -> str:
    """The job's part of an address; a slash in its name stands for a folder, as python-jenkins has it."""
    return "/".join(f"job/{quote(part)}" for part in job.split("/"))


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
