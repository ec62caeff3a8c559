"""A lab on disk, with a hub and a Jenkins that are plain objects: each keeps what it was told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.client.errors import Conflict
from fuego_jenkins_remote.client.values import Attempt, Claims, Request
from fuego_jenkins_remote.lab.attempts.folders import LabDir
from fuego_jenkins_remote.lab.attempts.journal import Journal
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.lab.jenkins.controller import Build, Node, QueueItem
from fuego_jenkins_remote.lab.jenkins.overview import Overview, SeenNode
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.publish.targets import NeverDelivered, NotDelivered, RunPackage
from lab_places import lab_at

REQUEST = "20261123-101500123-k3j7x2m4"
ATTEMPT = AttemptId(REQUEST, 1)


def wire_request(**more: Any) -> dict[str, Any]:
    """A request as the hub tells of it."""
    return {
        "id": REQUEST,
        "state": "assigned",
        "selector": "demolab:bbb",
        "test": "Functional.hello_world",
        "spec": "default",
        "timeout": 60,
        "requester": "anna",
        "team": "demolab",
        "attempt": 1,
        **more,
    }


@dataclass
class FakeHub:
    """Answers as the hub does, as far as the steps see it; `over` makes every call about an attempt a conflict."""

    told: list[tuple[Any, ...]] = field(default_factory=list)
    started_by: str = ""
    wants_stop: bool = False
    over: bool = False

    def _tell(self, *what: Any) -> None:
        self.told.append(what)
        if self.over:
            raise Conflict("the attempt is over", status=409)

    def start(self, attempt: AttemptId, call_id: str, build_url: str, build_number: str) -> bool:
        self._tell("start", call_id)
        if self.started_by not in ("", call_id):
            raise Conflict("another build has started it", status=409)
        self.started_by = call_id
        return True

    def heartbeat(self, attempt: AttemptId, **said: str) -> dict[str, Any]:
        self._tell("heartbeat", said)
        return {"lease_seconds": 60, "cancel": self.wants_stop, "state": "running"}

    def tested(self, attempt: AttemptId, call_id: str, status: str, run_key: str, summary: str) -> None:
        self._tell("tested", status, run_key)

    def done(self, attempt: AttemptId, call_id: str, target: str, run_url: str, note: str = "") -> None:
        self._tell("done", target, run_url, *([note] if note else []))

    def error(
        self, attempt: AttemptId, call_id: str, reason: str, detail: str, console_tail: str, *, run_key: str = ""
    ) -> None:
        self._tell("error", reason, detail or console_tail)

    def give_back(self, attempt: AttemptId, call_id: str, reason: str, approval: str | None = None) -> None:
        self._tell("give-back", reason, approval)

    def cancelled(self, attempt: AttemptId, call_id: str, reason: str) -> None:
        self._tell("cancelled", reason)

    def words(self) -> list[str]:
        """What it was told, without signs of life."""
        return [what[0] for what in self.told if what[0] != "heartbeat"]


@dataclass
class FakeJenkins:
    """A Jenkins with one job; `found` is what a search for the attempt gives."""

    triggered: int = 0
    stopped: list[int] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    found: Build | QueueItem | None = None
    trouble: Exception | None = None
    console: str = ""
    taken_out: list[int] = field(default_factory=list)
    look_trouble: Exception | None = None
    quieting_down: bool = False
    seen_nodes: list[SeenNode] = field(default_factory=lambda: [SeenNode(name="bbb", online=True)])

    def trigger(self, job: str, attempt: AttemptId) -> int:
        if self.trouble:
            raise self.trouble
        self.triggered += 1
        self.found = QueueItem(id=7, job=job, why="Waiting for next available executor on 'bbb'", attempt=attempt)
        return 7

    def find(self, job: str, attempt: AttemptId) -> Build | QueueItem | None:
        if self.trouble:
            raise self.trouble
        return self.found

    def was_cancelled(self, item: int, attempt: AttemptId) -> bool:
        return item in self.taken_out

    def overview(self, clock: Callable[[], float], *, view: str = "", folder: str = "") -> Overview:
        if self.look_trouble:
            raise self.look_trouble
        found = self.found
        return Overview(
            begun=clock(),
            quieting_down=self.quieting_down,
            queue=(found,) if isinstance(found, QueueItem) else (),
            builds={found.attempt: found} if isinstance(found, Build) and found.attempt else {},
            nodes={node.name: node for node in self.seen_nodes},
        )

    def stop_build(self, job: str, number: int) -> None:
        self.stopped.append(number)

    def cancel_queue_item(self, item: int) -> None:
        self.cancelled.append(item)

    def console_tail(self, job: str, number: int, limit: int) -> str:
        return self.console

    def build_url(self, job: str, number: str) -> str:
        return f"http://jenkins/job/{job}/{number}/"

    def nodes(self) -> list[Node]:
        return [Node(name=one.name, online=one.online, idle=not one.work) for one in self.seen_nodes]

    def build(self, *, building: bool, number: int = 3) -> None:
        """The attempt has become a build."""
        url = f"http://127.0.0.1:1/job/remote-request-bbb/{number}/"
        self.found = Build(
            job="remote-request-bbb", number=number, building=building, result="", url=url, attempt=ATTEMPT
        )


@dataclass
class FakeTarget:
    """Takes runs, unless it is away."""

    name: str = "vision"
    away: bool = False
    refusal: str = ""
    got: list[RunPackage] = field(default_factory=list)

    def deliver(self, run: RunPackage) -> str:
        if self.away:
            raise NotDelivered("vision cannot be reached")
        if self.refusal:
            raise NeverDelivered(self.refusal)
        self.got.append(run)
        return f"http://vision/runs/{run.key}"


@dataclass
class Bench:
    """A lab with everything around it within reach."""

    steps: Steps
    hub: FakeHub
    jenkins: FakeJenkins
    target: FakeTarget
    lab: LabConfig
    now: list[float]

    @property
    def folders(self) -> LabDir:
        return self.steps.folders

    @property
    def journal(self) -> Journal:
        return self.steps.journal

    def claim(self, **more: Any) -> AttemptId:
        """The hub has given us a request."""
        request = Request.from_json(wire_request(**more))
        approved = more.get("approved_by")
        attempt = Attempt(request=request, number=1, board="bbb", lease_seconds=60, approved_by=approved)
        self.journal.begin_claim("claim-0001", ["bbb"])
        self.journal.end_claim("claim-0001", Claims(attempts=(attempt,), cancels=()).attempts, self.now[0])
        return ATTEMPT

    def phase(self) -> str:
        entry = self.journal.entry(ATTEMPT)
        assert entry is not None
        return str(entry.phase)

    def until(self, phase: str) -> None:
        """Take steps until the attempt is in a phase."""
        for _ in range(10):
            if self.phase() == phase:
                return
            self.steps.take(ATTEMPT)
        raise AssertionError(f"still in {self.phase()}")

    def job_asks(self, nonce: str = "0123456789abcdef") -> None:
        """A job stands at the gate."""
        folder = self.folders.request_folder(ATTEMPT)
        (folder / "gate.ask").write_text(f"{nonce} 3 http://127.0.0.1:1/job/remote-request-bbb/3/\n")

    def running(self, **more: Any) -> None:
        """The hub has given us a request, and its job has its go."""
        self.claim(**more)
        self.until("gate")
        self.job_asks()
        self.until("run")

    def gate_answer(self) -> str:
        return (self.folders.request_folder(ATTEMPT) / "gate.answer").read_text().strip()

    def job_ends(self, *, run: dict[str, Any] | None = None, **outcome: Any) -> None:
        """The script leaves what came of it."""
        entry = self.folders.outbox_folder(ATTEMPT)
        entry.mkdir()
        said = {"outcome": "ran" if run else "failed", "exit_status": 0, **outcome}
        (entry / "outcome.json").write_text(json.dumps(said))
        (entry / "console.log").write_text("the end of the console: geheim-3 says ü\n", encoding="utf-8")
        if run:
            (entry / "run").mkdir()
            (entry / "run" / "run.json").write_text(json.dumps(run))
            (entry / "run" / "testlog.txt").write_text("login with geheim-3\n")


RUN = {
    "name": "Functional.hello_world",
    "status": "PASS",
    "schema_version": "1.0",
    "metadata": {"board": "bbb", "host_name": "x"},
    "test_sets": [{"name": "default", "status": "PASS", "test_cases": [{"name": "hello", "status": "PASS"}]}],
}


@pytest.fixture
def run_json() -> dict[str, Any]:
    """A run that passed."""
    return dict(RUN)


@pytest.fixture
def lab(tmp_path: Path) -> LabConfig:
    """A lab with one board and a policy that runs what its own team asks for."""
    for folder in ("ro/boards", "ro/conf", "rw/logs", "core/tests", "state"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "ro/boards/bbb.board").write_text('IPADDR="192.0.2.9"\nPASSWORD="geheim-3"\nARCHITECTURE="arm"\n')
    return lab_at(tmp_path)


@pytest.fixture
def bench(lab: LabConfig) -> Iterator[Bench]:
    """The lab at work, with fakes around it."""
    hub, jenkins, target, now = FakeHub(), FakeJenkins(), FakeTarget(), [1000.0]
    journal = Journal(lab.state_dir / "journal.sqlite")
    steps = Steps(
        lab,
        journal=journal,
        folders=LabDir(lab.lab_dir),
        hub=lambda: hub,  # type: ignore[arg-type,return-value]
        controller=lambda: jenkins,  # type: ignore[arg-type,return-value]
        targets={"vision": target},
        clock=lambda: now[0],
    )
    yield Bench(steps, hub, jenkins, target, lab, now)
    journal.close()
