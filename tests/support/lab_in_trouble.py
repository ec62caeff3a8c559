"""A whole network whose lab has the controller under test, behind a front door, for tests that provoke trouble."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

import jenkins
import requests

from controllers import UnderTest
from front_door import FrontDoor
from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.client.values import Request
from fuego_jenkins_remote.lab.jenkins.controller import Controller, QueueItem
from fuego_jenkins_remote.network.identities import AttemptId, new_call_id
from loopback import LabJenkins, running_network
from network_parts import Network
from until import until

LOCAL_JOB = """<project><assignedNode>{node}</assignedNode><canRoam>false</canRoam><quietPeriod>0</quietPeriod>
<builders><hudson.tasks.Shell><command>while [ -e "{hold}" ]; do sleep 0.1; done</command></hudson.tasks.Shell>
</builders><publishers/></project>"""


@dataclass
class Lab:
    """The lab and all around it. What is not here is the network's."""

    network: Network
    under_test: UnderTest
    door: FrontDoor
    board: str
    prefix: str
    _asked: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.network, name)

    @property
    def controller(self) -> Controller:
        """Straight, not through the door."""
        return self.under_test.adapter()

    @property
    def person(self) -> jenkins.Jenkins:
        """A person of the lab, in Jenkins."""
        return self.under_test.person()

    @property
    def job(self) -> str:
        """The board's job."""
        return f"{self.prefix}-{self.board}"

    @property
    def log(self) -> str:
        """What the bridge has said."""
        return self.network.bridge.log.read_text()

    def waits(self, request: str, *words: str, seconds: float = 90) -> Request:
        """Wait until the request's page shows each of these words as what it waits for."""

        def said() -> Request | None:
            found = self.network.anna.request(request)
            assert not found.is_final, f"{found.state}: {found.reason}"
            return found if all(word in found.queue_why for word in words) else None

        return until(said, f"{request} waits: {words}", seconds)

    def log_says(self, *words: str, since: int = 0, seconds: float = 90) -> str:
        """Wait for a line of the bridge's log with all these words; the line."""

        def line() -> str | None:
            lines = self.log[since:].splitlines()
            return next((one for one in lines if all(word in one for word in words)), None)

        return until(line, f"the log says {words}", seconds)

    def build_number(self, request: str) -> int:
        """The build that runs a request."""
        return int(
            until(lambda: self.network.anna.request(request).build_url, "its build").rstrip("/").rpartition("/")[2]
        )

    @contextlib.contextmanager
    def local_work(self) -> Iterator[str]:
        """A job of the lab itself occupies the board's only executor; its name."""
        name = f"{self.prefix}-local-{token_hex(3)}"
        hold = self.network.rw / f"hold-{name}"
        hold.touch()
        self.person.create_job(name, LOCAL_JOB.format(node=self.board, hold=hold))
        try:
            self.person.build_job(name)
            until(lambda: any(build.building for build in self.controller.builds(name)), "local work runs")
            yield name
        finally:
            hold.unlink(missing_ok=True)
            with contextlib.suppress(jenkins.JenkinsException, requests.RequestException):
                self.person.delete_job(name)

    @contextlib.contextmanager
    def queued(self) -> Iterator[str]:
        """A request that waits in Jenkins' queue, since work of the lab itself was there a moment earlier."""
        with self.door.holding(path=f"/job/{self.job}/build") as trigger:
            request = self.put()
            trigger.wait()
            with self.local_work():
                trigger.goes_on.set()
                until(lambda: self.in_queue(request), "in Jenkins' queue")
                yield request

    def in_queue(self, request: str) -> QueueItem | None:
        """The request's item in Jenkins' queue."""
        found = self.controller.find(self.job, AttemptId(request, self.network.anna.request(request).attempt or 1))
        return found if isinstance(found, QueueItem) else None

    def put(self, **more: Any) -> str:
        """Ask for the lab's test; the request's id."""
        self._asked.append(self.network.put(**more))
        return self._asked[-1]

    def running(self) -> str:
        """A request whose test holds."""
        self._asked.append(self.network.running())
        return self._asked[-1]

    def bridge_looks_again(self) -> None:
        """The bridge sees now what it would see within half a minute."""
        self.network.bridge.end()
        self.network.bridge.start()

    def assert_one_run_at_last(self, request: str) -> None:
        """Started once and delivered once, though perhaps not by the first attempt."""
        assert self.network.begun(request) == 1
        assert len(self.network.runs_of(request)) == 1

    def repaired(self) -> None:
        """The lab's admin has put right what the test has broken in Jenkins."""
        if self.under_test.process is not None:
            self.under_test.process.start()
        until(lambda: self._put_right() or True, "jobs and nodes are there")
        self.under_test.wait_for_agents()

    def make_nodes(self, names: Iterable[str]) -> None:
        """A person makes nodes whose agents connect by themselves, where `ftc lab jobs` would make others.

        With the plugin command-launcher Jenkins itself would start them, once an administrator has approved that.
        """
        make_inbound(self.under_test, names, self.root)

    def _put_right(self) -> None:
        self.make_nodes([self.board])
        self.network.well("lab", "jobs", "--overwrite", "-q")

    def tidy(self) -> None:
        """Nothing is left of a test: its requests have ended."""
        self.network.release()
        for request in self._asked:
            if not self.network.anna.request(request).is_final:
                with contextlib.suppress(ClientError):
                    self.network.anna.cancel(request, new_call_id(), "the test is over")
        for request in self._asked:
            until(lambda request=request: self.network.anna.request(request).is_final, f"{request} has ended", 90)
        self._asked.clear()


def make_inbound(under_test: UnderTest, names: Iterable[str], root: Path) -> None:
    """Make the nodes that are missing, on a Jenkins with the plugin command-launcher."""
    controller = under_test.adapter()
    if "command-launcher" not in (controller.plugins() or ()):
        return
    there = {node.name for node in controller.nodes()}
    for name in names:
        if name not in there:
            controller.create_node(name, str(root / name))


@contextlib.contextmanager
def lab_in_trouble(under_test: UnderTest, root: Path) -> Iterator[Lab]:
    """The network up, with the lab's boards in the controller; at the end nothing of it is left there."""
    name = f"contract-{token_hex(3)}"
    boards = [f"{name}-eins"]
    door = FrontDoor(under_test.url)
    names = {"job_prefix": name, "people_prefix": f"{name}-people", "jenkins_view": name}
    foreign = LabJenkins(
        url=door.url,
        user=under_test.user,
        token=under_test.token,
        part=under_test.process,
        settings=names,
    )

    def connect(network: Network) -> None:
        under_test.connect(boards, root / "agents")

    make_inbound(under_test, boards, root)
    try:
        with running_network(root / "network", boards=boards, jenkins=foreign, nodes_made=connect) as network:
            yield Lab(network=network, under_test=under_test, door=door, board=boards[0], prefix=name)
    finally:
        if under_test.process is not None:
            under_test.process.start()
        with contextlib.suppress(jenkins.JenkinsException, requests.RequestException):
            for job in under_test.adapter().list_jobs(name):
                under_test.person().delete_job(job)
            for board in boards:
                under_test.person().delete_node(board)
            under_test.adapter().delete_view(name)
        door.close()
