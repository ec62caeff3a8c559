"""One look at a lab's Jenkins: what waits, what runs, which nodes are there, whatever the number of builds.

Three calls, the queue before the builds: what leaves the queue in between is then seen as a build. A job's newest
builds are enough, since a board's job never runs twice at a time: a running build is always its newest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote

from fuego_jenkins_remote.lab.errors import ControllerError
from fuego_jenkins_remote.lab.jenkins.build_calls import BUILD_TREE, Build, BuildCalls, QueueItem, build_of, job_of
from fuego_jenkins_remote.network.identities import AttemptId

_NEWEST = 3
"""Builds of each job that a look reads: the running one, and those that ended while we looked elsewhere."""
_JOBS = f"jobs[name,builds[{BUILD_TREE}]{{0,{_NEWEST}}}]"
_WORK = "executors[currentExecutable[url,fullDisplayName,timestamp,estimatedDuration]]"
_OFFLINE = "offline,temporarilyOffline,offlineCause[timestamp],offlineCauseReason"
_NODES = f"computer/api/json?tree=computer[displayName,{_OFFLINE},idle,{_WORK}]"


@dataclass(frozen=True, kw_only=True)
class Work:
    """What an executor is at. `ends_at` (seconds since 1970) is Jenkins' guess, None where it has none."""

    job: str
    name: str
    ends_at: float | None = None


@dataclass(frozen=True, kw_only=True)
class SeenNode:
    """A node as it was seen; `reason` is why it is offline, in Jenkins' or a person's words (`by_person`)."""

    name: str
    online: bool
    reason: str = ""
    by_person: bool = False
    work: tuple[Work, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Overview:
    """A look that began at `begun` (seconds since 1970) and took `took` seconds."""

    begun: float
    took: float = 0.0
    quieting_down: bool = False
    queue: tuple[QueueItem, ...] = ()
    builds: Mapping[AttemptId, Build] = field(default_factory=dict)
    nodes: Mapping[str, SeenNode] = field(default_factory=dict)

    def find(self, job: str, attempt: AttemptId) -> Build | QueueItem | None:
        """Where an attempt's build was then: in the queue, running or ended, or nowhere among the newest."""
        for found in (self._waiting.get(attempt), self.builds.get(attempt)):
            if found is not None and found.job == job:
                return found
        return None

    @cached_property
    def _waiting(self) -> Mapping[AttemptId, QueueItem]:
        return {item.attempt: item for item in self.queue if item.attempt is not None}


class OverviewCalls(BuildCalls):
    """The look itself."""

    def overview(self, clock: Callable[[], float], *, view: str = "", folder: str = "") -> Overview:
        """Look at all jobs of a list view, or of a folder, or of the whole Jenkins where there is neither."""
        begun = clock()
        queue = self.queue()
        root, jobs = self._jobs(view, folder)
        nodes = self._call(lambda: [_node(one) for one in self._get(_NODES).get("computer", ())])
        prefix = f"{folder}/" if folder else ""
        builds: dict[AttemptId, Build] = {}
        for build in self._call(lambda: [one for job in jobs for one in _builds(prefix, job)]):
            if build.attempt is not None:
                builds.setdefault(build.attempt, build)
        return Overview(
            begun=begun,
            took=max(0.0, clock() - begun),
            quieting_down=root.get("quietingDown") is True,
            queue=tuple(queue),
            builds=builds,
            nodes={node.name: node for node in nodes},
        )

    def _jobs(self, view: str, folder: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The root object, and the jobs. A view keeps a Jenkins with thousands of other jobs from telling of them."""
        within = "".join(f"job/{quote(part)}/" for part in folder.split("/") if part)
        if view:
            within += f"view/{quote(view)}/"
        if within:
            found = self._or_none(lambda: _jobs_in(self._get(f"{within}api/json?tree={_JOBS}")))
            if found is not None:
                return self._call(lambda: self._get("api/json?tree=quietingDown")), found
        root = self._call(lambda: self._get(f"api/json?tree=quietingDown,{_JOBS}"))
        return root, self._call(lambda: _jobs_in(root))


class Looks:
    """What came of the last look; one thread keeps it, any may ask."""

    def __init__(self) -> None:
        """Nobody has looked yet."""
        self._seen: Overview | ControllerError | None = None

    def keep(self, seen: Overview | ControllerError) -> None:
        """What came of the next look."""
        self._seen = seen

    @property
    def latest(self) -> Overview | None:
        """The last look; None when it failed, or nobody has looked yet."""
        return self._seen if isinstance(self._seen, Overview) else None

    @property
    def trouble(self) -> ControllerError | None:
        """Why the last look failed; None when it did not."""
        return self._seen if isinstance(self._seen, ControllerError) else None

    def since(self, moment: float) -> Overview | None:
        """The last look, if it began after a moment (seconds since 1970): what was done before that shows in it."""
        latest = self.latest
        return latest if latest is not None and latest.begun > moment else None


def _jobs_in(data: dict[str, Any]) -> list[dict[str, Any]]:
    return list(data.get("jobs") or ())


def _builds(prefix: str, job: dict[str, Any]) -> list[Build]:
    return [build_of(prefix + str(job["name"]), one) for one in job.get("builds") or ()]


def _node(data: dict[str, Any]) -> SeenNode:
    executables = [(one or {}).get("currentExecutable") for one in data.get("executors") or ()]
    return SeenNode(
        name=str(data["displayName"]),
        online=not data.get("offline", True),
        reason=str(data.get("offlineCauseReason") or ""),
        by_person=data.get("temporarilyOffline") is True and _is_a_persons(data.get("offlineCause")),
        work=tuple(_work(one) for one in executables if one),
    )


def _is_a_persons(cause: object) -> bool:
    """Whether a person has set the node offline. Jenkins does, too, where its disk is full or its clock is wrong."""
    return isinstance(cause, dict) and str(cause.get("_class", "")).endswith("UserCause")


def _work(data: dict[str, Any]) -> Work:
    began, takes = int(data.get("timestamp") or 0), int(data.get("estimatedDuration") or -1)
    return Work(
        job=job_of(str(data.get("url") or "")),
        name=str(data.get("fullDisplayName") or ""),
        ends_at=(began + takes) / 1000 if began > 0 and takes > 0 else None,
    )
