"""A lab with one board in care, and whoever it talks to within reach."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from fuego_jenkins_remote.lab.attempts.folders import LabDir
from fuego_jenkins_remote.lab.attempts.journal import Journal
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.care.book import CareEntry, Step
from fuego_jenkins_remote.lab.care.checks import Checks
from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.lab.jenkins.controller import Build, Node, QueueItem
from fuego_jenkins_remote.network.identities import AttemptId


@dataclass
class HealthHub:
    """Hears how boards are."""

    told: list[tuple[str, str, str]] = field(default_factory=list)
    trouble: Exception | None = None

    def put_health(self, host: str, board: str, health: str, reason: str = "") -> None:
        if self.trouble:
            raise self.trouble
        self.told.append((board, health, reason))

    def board(self, host: str, board: str) -> SimpleNamespace:
        if self.trouble:
            raise self.trouble
        return SimpleNamespace(health=self.told[-1][1] if self.told else "online")


@dataclass
class OneJob:
    """A Jenkins with the board's job; `found` is what a search for the check gives."""

    triggered: list[AttemptId] = field(default_factory=list)
    found: Build | QueueItem | None = None
    idle: bool = True
    trouble: Exception | None = None
    refusal: Exception | None = None

    def trigger(self, job: str, attempt: AttemptId) -> int:
        if self.refusal:
            raise self.refusal
        self.triggered.append(attempt)
        self.found = QueueItem(id=7, job=job, why="Waiting for next available executor on 'bbb'", attempt=attempt)
        return 7

    def find(self, job: str, attempt: AttemptId) -> Build | QueueItem | None:
        if self.trouble:
            raise self.trouble
        return self.found

    def nodes(self) -> list[Node]:
        return [Node(name="bbb", online=True, idle=self.idle)]

    def build(self, *, building: bool) -> None:
        """The check's item has become a build."""
        attempt = self.triggered[-1]
        url = "http://127.0.0.1:1/job/remote-request-bbb/3/"
        self.found = Build(job="remote-request-bbb", number=3, building=building, result="", url=url, attempt=attempt)


@dataclass
class CareBench:
    """Board bbb, its checks, and a clock that stands still."""

    lab: LabConfig
    journal: Journal
    folders: LabDir
    checks: Checks
    hub: HealthHub
    jenkins: OneJob
    now: list[float]

    def says(self, check: str) -> None:
        """What boards.yaml has for the board."""
        (self.lab.conf_dir / "boards.yaml").write_text(f"boards: {{bbb: {{check: {check}}}}}\n")

    def due(self, why: str = "the test went on beyond its time limit") -> None:
        self.checks.book.due("bbb", why, self.now[0])

    def take(self) -> float | None:
        return self.checks.take("bbb")

    @property
    def entry(self) -> CareEntry:
        found = self.checks.book.entry("bbb")
        assert found is not None
        return found

    @property
    def step(self) -> Step | None:
        found = self.checks.book.entry("bbb")
        return found.step if found else None

    def until(self, step: Step | None) -> None:
        """Take steps until the board is at one; None: until it is not in care any more."""
        for _ in range(12):
            if self.step is step:
                return
            self.take()
        raise AssertionError(f"still at {self.step}")

    @property
    def attempt(self) -> AttemptId:
        return AttemptId.parse(self.entry.attempt)

    def job_asks(self, nonce: str = "0123456789abcdef") -> None:
        """The check's job stands at the gate."""
        (self.folders.request_folder(self.attempt) / "gate.ask").write_text(f"{nonce} 3 http://127.0.0.1:1/\n")

    def job_ends(self, status: str | None = "PASS", *, console: str = "", **outcome: Any) -> None:
        """The script leaves what came of the check."""
        entry = self.folders.outbox_folder(self.attempt)
        entry.mkdir()
        said = {"outcome": "ran" if status else "failed", "exit_status": 0, **outcome}
        (entry / "outcome.json").write_text(json.dumps(said))
        (entry / "console.log").write_text(console)
        if status:
            (entry / "run").mkdir()
            run = {"name": "Functional.fuego_board_check", "status": status, "metadata": {}, "test_sets": []}
            (entry / "run" / "run.json").write_text(json.dumps(run))

    def test_runs(self) -> None:
        """The check is at its test, which has its go."""
        self.until(Step.GATE)
        self.job_asks()
        self.until(Step.RUN)
        (self.folders.request_folder(self.attempt) / "started").mkdir()


@pytest.fixture
def care(lab: LabConfig) -> Iterator[CareBench]:
    """The board, well so far."""
    hub, jenkins, now = HealthHub(), OneJob(), [1_000_000.0]
    journal, folders = Journal(lab.state_dir / "journal.sqlite"), LabDir(lab.lab_dir)
    steps = Steps(
        lab,
        journal=journal,
        folders=folders,
        hub=lambda: hub,  # type: ignore[arg-type,return-value]
        controller=lambda: jenkins,  # type: ignore[arg-type,return-value]
        targets={},
        clock=lambda: now[0],
    )
    yield CareBench(lab, journal, folders, Checks(steps), hub, jenkins, now)
    journal.close()
