"""A probe's way through Jenkins and lab_dir, and what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.lab.attempts.folders import LabDir
from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.lab.errors import ControllerDown, LabError
from fuego_jenkins_remote.lab.jenkins.controller import QueueItem
from fuego_jenkins_remote.lab.probe.memory import forget, recall, remember
from fuego_jenkins_remote.lab.probe.probing import PATIENCE, TEST, Probe
from fuego_jenkins_remote.lab.probe.reading import Found
from fuego_jenkins_remote.network.identities import AttemptId

JOB = "remote-request-bbb"
LOG = b"@@fuego-probe uname\nLinux 6.6.1 armv7l\n@@fuego-probe end\n"


class Jenkins:
    """Queues the build; `acts` is what happens with each look."""

    def __init__(self) -> None:
        self.triggered: list[tuple[str, AttemptId]] = []
        self.cancelled: list[int] = []
        self.found: Any = QueueItem(id=7, job=JOB, why="Build #3 is in progress", attempt=None, label="bbb")

    def trigger(self, job: str, attempt: AttemptId) -> None:
        self.triggered.append((job, attempt))

    def find(self, job: str, attempt: AttemptId) -> Any:
        return self.found

    def cancel_queue_item(self, item: int) -> None:
        self.cancelled.append(item)


class Clock:
    """Time goes on while somebody sleeps; `then` happens after some seconds."""

    def __init__(self) -> None:
        self.now, self.then = 1_790_000_000.0, {}  # type: ignore[var-annotated]

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        before, self.now = self.now, self.now + seconds
        for at, act in list(self.then.items()):
            if before - 1_790_000_000.0 < at <= self.now - 1_790_000_000.0:
                act()


@pytest.fixture
def folders(tmp_path: Path) -> LabDir:
    return LabDir(tmp_path / "lab")


def ends(folders: LabDir, attempt: AttemptId, outcome: str = "ran", log: bytes = LOG) -> None:
    """The script has left this."""
    folder = folders.outbox_folder(attempt)
    (folder / "run").mkdir(parents=True)
    (folder / "run" / "testlog.txt").write_bytes(log)
    (folder / "outcome.json").write_text(json.dumps({"outcome": outcome, "reason": "board-unreachable"}))


def refuses(folders: LabDir, attempt: AttemptId) -> None:
    (folders.request_folder(attempt) / "refused").write_text("the board is in use\n")


def ask(folders: LabDir, act: Callable[[Probe], None] = lambda probe: None, at: float = 5.0) -> tuple[Any, Jenkins]:
    jenkins, clock = Jenkins(), Clock()
    probe = Probe(jenkins, folders, "bbb", JOB, clock=clock, sleep=clock.sleep)  # type: ignore[arg-type]
    clock.then[at] = lambda: act(probe)
    said: list[str] = []
    try:
        return (probe.run(said.append), said), jenkins
    finally:
        assert not list(folders.requests.iterdir())
        assert not list(folders.outbox.iterdir())


def test_a_board_is_asked_by_its_own_job_with_a_gate_that_stands_open(folders: LabDir) -> None:
    prepared: dict[str, Any] = {}

    def look_and_end(probe: Probe) -> None:
        folder = folders.request_folder(probe.attempt)
        prepared["args"] = (folder / "args").read_text().split("\0")
        prepared["test"] = sorted(path.name for path in (folder / "tests" / TEST).iterdir())
        prepared["gate"] = (folder / "gate.answer").read_text()
        ends(folders, probe.attempt)

    (found, said), jenkins = ask(folders, look_and_end)
    assert found.facts == {"arch": "arm", "kernel": "6.6.1"}
    assert [job for job, _ in jenkins.triggered] == [JOB]
    assert prepared["args"][:5] == ["run-test", "-b", "bbb", "-t", TEST]
    assert prepared["test"] == ["fuego_test.sh", "spec.json", "test.yaml"]
    assert prepared["gate"].startswith("* go ")
    assert said == ["bbb: waits in Jenkins: Build #3 is in progress"]


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (lambda folders, probe: ends(folders, probe.attempt, "failed"), "the board could not be reached"),
        (lambda folders, probe: ends(folders, probe.attempt, log=b"nothing"), "nothing that is understood"),
        (
            lambda folders, probe: (folders.request_folder(probe.attempt) / "refused").write_text(
                "the board is in use\n"
            ),
            "bbb was not asked: the board is in use",
        ),
    ],
)
def test_what_does_not_work_is_told_and_nothing_is_left(
    folders: LabDir, act: Callable[[LabDir, Probe], None], why: str
) -> None:
    with pytest.raises(LabError, match=why):
        ask(folders, lambda probe: act(folders, probe))


def test_a_board_that_is_never_free_is_not_waited_for_for_ever(folders: LabDir) -> None:
    jenkins, clock = Jenkins(), Clock()
    probe = Probe(jenkins, folders, "bbb", JOB, clock=clock, sleep=lambda s: clock.sleep(s * 50))  # type: ignore[arg-type]
    with pytest.raises(LabError, match=f"within {PATIENCE / 60:.0f} min"):
        probe.run(lambda _: None)
    assert jenkins.cancelled == [7]


def test_a_build_that_is_gone_and_left_nothing_is_told(folders: LabDir) -> None:
    jenkins, clock = Jenkins(), Clock()
    jenkins.found = None
    probe = Probe(jenkins, folders, "bbb", JOB, clock=clock, sleep=clock.sleep)  # type: ignore[arg-type]
    with pytest.raises(LabError, match="left nothing"):
        probe.run(lambda _: None)


def test_a_jenkins_that_does_not_answer_ends_it(folders: LabDir) -> None:
    jenkins, clock = Jenkins(), Clock()

    def down(job: str, attempt: AttemptId) -> None:
        raise ControllerDown("Jenkins does not answer")

    jenkins.trigger = down  # type: ignore[method-assign]
    with pytest.raises(ControllerDown):
        Probe(jenkins, folders, "bbb", JOB, clock=clock, sleep=clock.sleep).run(lambda _: None)  # type: ignore[arg-type]
    assert not list(folders.requests.iterdir())


def test_what_was_found_is_remembered_by_board(tmp_path: Path) -> None:
    found = Found(facts={"arch": "arm"}, options={"CONFIG_SMP": "y"})
    remember(tmp_path, "bbb", found)
    assert recall(tmp_path, "bbb") == found
    assert recall(tmp_path, "other") == Found()
    forget(tmp_path, "bbb")
    assert recall(tmp_path, "bbb") == Found()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"facts": 1, "options": {}}', '{"facts": {"arch": "x"}}', "\xff"])
def test_a_memory_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "probes").mkdir()
    (tmp_path / "probes" / "bbb.json").write_text(text, encoding="latin-1")
    assert recall(tmp_path, "bbb") == Found()


def test_by_hand_comes_before_the_probe_and_that_before_the_board_file(lab: LabConfig) -> None:
    facts = {"arch": "arm64", "cpu": "cortex-a53", "type": "am335x-bone", "kernel": "6.6.1"}
    remember(lab.state_dir, "bbb", Found(facts=facts, options={"CONFIG_SMP": "y", "CONFIG_MINE": "m"}))
    (lab.conf_dir / "boards.yaml").write_text("boards: {bbb: {cpu: cortex-a8, config: [CONFIG_MINE]}}\n")
    board = lab.board_file("bbb")
    assert board is not None
    assert board.facts()["arch"] == "arm"
    assert lab.board_record(board)["facts"] == {
        "arch": "arm64",
        "cpu": "cortex-a8",
        "type": "am335x-bone",
        "kernel": "6.6.1",
        "config.CONFIG_MINE": "m",
        "config.CONFIG_SMP": "y",
    }
