"""A lab that serves an old Fuego server: all is real but Jenkins and its scripts."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import model_jenkins
from fserver_server import FserverServer, running
from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.client.fserver.calls import Fserver
from fuego_jenkins_remote.lab.attempts.journal import Journal
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.fserver.book import BOOK, ClaimBook
from fuego_jenkins_remote.lab.fserver.hub import FserverLab
from fuego_jenkins_remote.network.identities import new_call_id
from fuego_jenkins_remote.publish.fserver.target import FserverTarget
from lab_places import lab_at
from model_jenkins import ModelJenkins, ModelLabDir, ScriptRunner
from mortality import Fates, Killed, lab_folders

RUN = {
    "name": "Functional.hello",
    "status": "PASS",
    "metadata": {"board": "bbb", "test_spec": "default", "timestamp": "2026-11-23T10:15:00+0000"},
    "test_sets": [],
}


class MortalFserver(Fserver):
    """Calls of an old server that count themselves; the process dies before or after the one that is told."""

    calls = 0
    dies_at = -1
    dies_before = True

    def _counted(self, do: Callable[[], Any]) -> Any:
        cls = MortalFserver
        number, cls.calls = cls.calls, cls.calls + 1
        if number == cls.dies_at and cls.dies_before:
            raise Killed(f"before call {number}")
        answer = do()
        if number == cls.dies_at:
            raise Killed(f"after call {number}")
        return answer

    def ask(self, *arguments: Any, **more: Any) -> Any:
        return self._counted(lambda: Fserver.ask(self, *arguments, **more))

    def change(self, *arguments: Any, **more: Any) -> Any:
        return self._counted(lambda: Fserver.change(self, *arguments, **more))

    def upload(self, *arguments: Any, **more: Any) -> Any:
        return self._counted(lambda: Fserver.upload(self, *arguments, **more))

    def stored(self, *arguments: Any, **more: Any) -> Any:
        return self._counted(lambda: Fserver.stored(self, *arguments, **more))


class World:
    """A lab `demolab` with the board `bbb`, at an old server."""

    def __init__(self, server: FserverServer, name: str = "demolab") -> None:
        self.server = server
        self.root = lab_folders(f"fserver-{name}-", ("bbb",))
        self.policy("default: run\nrules: []\n")
        self.now = datetime(2026, 11, 23, 10, 0, tzinfo=UTC).timestamp()
        server.now = lambda: datetime.fromtimestamp(self.now, UTC)
        self.pauses: list[float] = []
        self.jenkins = ModelJenkins(Fates())
        self.folders = ModelLabDir(self.root / "rw/remote", self.jenkins)
        self.scripts = ScriptRunner(self.folders, lambda: self.now)
        self.start()

    def policy(self, text: str) -> None:
        (self.root / "ro/conf/lab-policy.yaml").write_text(text)

    def start(self) -> None:
        """A new process: all it has is its files."""
        self.journal = Journal(self.root / "state/journal.sqlite")
        self.book = ClaimBook(self.root / "state" / BOOK)
        calls = MortalFserver(self.server.url)
        self.hub = FserverLab(
            calls, "demolab", self.book, now=lambda: self.now, sleep=self.sleep, between=lambda low, high: high
        )
        target = FserverTarget(lambda: calls)
        self.steps = Steps(
            lab_at(self.root),
            journal=self.journal,
            folders=self.folders,
            hub=lambda: self.hub,
            controller=lambda: self.jenkins,  # type: ignore[arg-type,return-value]
            targets={"vision": target},
            clock=lambda: self.now,
        )

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def close(self) -> None:
        self.journal.close()
        self.book.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def survive(self, do: Callable[[], object]) -> None:
        """Do something; if the process dies there, another one starts."""
        try:
            do()
        except (ClientError, LabError):
            pass
        except Killed:
            self.journal.close()
            self.book.close()
            self.start()

    def claim(self) -> None:
        """What the bridge does for idle boards; claims whose answer is not known come first, under their id."""
        for claim_id, _ in self.journal.open_claims():
            self.journal.end_claim(claim_id, self.hub.claim(claim_id, ()).attempts, self.now)
        idle = sorted({"bbb"} - self.journal.busy_boards())
        if idle:
            claim_id = new_call_id()
            self.journal.begin_claim(claim_id, idle)
            self.journal.end_claim(claim_id, self.hub.claim(claim_id, idle).attempts, self.now)

    def work(self, rounds: int = 1) -> None:
        """Look, claim, one step for each attempt, one for each script."""
        for _ in range(rounds):
            self.now += 5
            self.survive(lambda: self.steps.looks.keep(self.jenkins.overview(lambda: self.now)))
            self.survive(self.claim)
            for entry in self.journal.open_entries():
                self.survive(lambda id_=entry.id: self.steps.take(id_))
            self.jenkins.schedule()
            for script in self.jenkins.scripts:
                self.scripts.step(script)

    def to_the_end(self, *asked: str) -> None:
        """Work until these have ended, and nothing is left to do."""
        for _ in range(60):
            self.work()
            ended = all(self.server.requests[one]["state"] in {"done", "error"} for one in asked)
            if ended and not self.journal.open_entries():
                return

    def put(self, **more: str) -> str:
        """Somebody with an old client asks for a test; its id."""
        self.now += 1
        self.server.boards["demolab:bbb"] = {"host": "demolab", "board": "bbb"}
        wanted = {"host": "demolab", "board": "bbb", "test_name": "Functional.hello", "test_spec": "default"}
        said = Fserver(self.server.url).change(
            "put_request", {**wanted, "requestor": "otherlab:ann", "timeout": "5m", **more}
        )
        return said.strip().partition("=")[2]


server = pytest.fixture(running)


@pytest.fixture
def world(server: FserverServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(model_jenkins, "RUN", RUN)
    monkeypatch.setattr(MortalFserver, "calls", 0)
    monkeypatch.setattr(MortalFserver, "dies_at", -1)
    world = World(server)
    yield world
    world.close()
