"""A trial build: the job's real script as the build, and what a Jenkins says in a fake's place."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from fuego_jenkins_remote.lab.attempts.folders import LabDir
from fuego_jenkins_remote.lab.errors import ControllerRefused
from fuego_jenkins_remote.lab.jenkins.controller import Build, Controller, QueueItem
from fuego_jenkins_remote.lab.jobs.definitions import find_script
from fuego_jenkins_remote.lab.survey import trial
from fuego_jenkins_remote.lab.survey.trial import TrialFailed, try_build
from fuego_jenkins_remote.network.identities import AttemptId

JOB = "remote-request-bbb"


class FakeJenkins:
    """Runs the job's script with `lab_dir` as the job sees it; its user may stop builds or not."""

    def __init__(self, lab_dir: Path, *, may_stop: bool = True, starts: bool = True) -> None:
        self.lab_dir, self.may_stop, self.starts = lab_dir, may_stop, starts
        self.process: subprocess.Popen[bytes] | None = None
        self.cancelled: list[int] = []
        self.attempt: AttemptId | None = None

    def trigger(self, job: str, attempt: AttemptId) -> int:
        self.attempt = attempt
        if self.starts:
            environment = {
                **os.environ,
                "REQUEST_ID": attempt.request,
                "ATTEMPT": str(attempt.number),
                "FUEGO_REMOTE_BOARD": "bbb",
                "FUEGO_RW": str(self.lab_dir.parent),
                "FUEGO_LAB_DIR": str(self.lab_dir),
                "BUILD_NUMBER": "7",
                "BUILD_URL": "http://127.0.0.1:8090/job/remote-request-bbb/7/",
            }
            self.process = subprocess.Popen(
                ["bash", str(find_script())], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        return 1

    def find(self, job: str, attempt: AttemptId) -> Build | QueueItem | None:
        if self.process is None:
            return QueueItem(id=1, job=job, why="‘bbb’ is offline", attempt=attempt)
        building = self.process.poll() is None
        return Build(job=job, number=7, building=building, result="", url="http://j/7/", attempt=attempt)

    def stop_build(self, job: str, number: int) -> None:
        if not self.may_stop:
            raise ControllerRefused("Job/Cancel is missing")
        assert self.process is not None
        self.process.terminate()

    def cancel_queue_item(self, item: int) -> None:
        self.cancelled.append(item)


@pytest.fixture
def made() -> Iterator[list[FakeJenkins]]:
    fakes: list[FakeJenkins] = []
    yield fakes
    for fake in fakes:
        if fake.process is not None:
            fake.process.kill()
            fake.process.wait()


def _try(fake: FakeJenkins, folders: LabDir, made: list[FakeJenkins]) -> trial.Trial:
    made.append(fake)
    return try_build(cast("Controller", fake), folders, "bbb", JOB)


def test_a_build_comes_to_the_gate_with_the_lock_and_is_stopped_there(tmp_path: Path, made: list[FakeJenkins]) -> None:
    folders = LabDir(tmp_path / "remote")
    done = _try(FakeJenkins(folders.path), folders, made)
    assert (done.may_stop, done.lock_is_seen) == (True, True)
    assert done.build_url == "http://127.0.0.1:8090/job/remote-request-bbb/7/"
    assert list(folders.requests.iterdir()) == list(folders.outbox.iterdir()) == []


def test_who_may_not_stop_builds_has_it_end_by_a_no(tmp_path: Path, made: list[FakeJenkins]) -> None:
    folders = LabDir(tmp_path / "remote")
    done = _try(FakeJenkins(folders.path, may_stop=False), folders, made)
    assert not done.may_stop
    assert made[0].process is not None
    assert made[0].process.wait(90) == 3  # unstable: the board was not touched


def test_a_job_with_another_lab_dir_is_found_out(
    tmp_path: Path, made: list[FakeJenkins], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "AT_GATE", 0.3)
    monkeypatch.setattr(trial, "_LOOK", 0.1)
    folders = LabDir(tmp_path / "remote")
    other = LabDir(tmp_path / "other")
    with pytest.raises(TrialFailed, match=r"nothing of it is to be seen in .*/remote/requests.*FUEGO_LAB_DIR"):
        _try(FakeJenkins(other.path), folders, made)


def test_a_build_that_waits_too_long_is_called_off_and_says_why(
    tmp_path: Path, made: list[FakeJenkins], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "IN_QUEUE", 0.3)
    monkeypatch.setattr(trial, "_LOOK", 0.1)
    folders = LabDir(tmp_path / "remote")
    with pytest.raises(TrialFailed, match="waits in Jenkins' queue: ‘bbb’ is offline"):
        _try(FakeJenkins(folders.path, starts=False), folders, made)
    assert made[0].cancelled == [1]
    assert list(folders.requests.iterdir()) == []
