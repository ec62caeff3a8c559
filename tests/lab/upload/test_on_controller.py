"""The lab's jobs on a controller that really runs: uploaded, triggered, aborted, archived, pushed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from fuego_jenkins_remote.lab.jenkins.controller import Build, Controller
from fuego_jenkins_remote.lab.jobs.definitions import LabValues
from fuego_jenkins_remote.lab.upload.memory import UploadedJobs
from fuego_jenkins_remote.lab.upload.update import JobChanges, Update, update_jobs
from fuego_jenkins_remote.network.identities import AttemptId
from job_boards import boards

pytestmark = pytest.mark.slow

ATTEMPT = AttemptId("20261123-101500124-k3j7x2m4", 1)
JOB = "remote-request-bbb"
_T = TypeVar("_T")

FTC = """#!/bin/bash
[[ $1 != push-runs ]] || { echo pushed >>"$FUEGO_RW/pushed"; exit; }
folder=$FUEGO_RW/logs/Functional.hello/bbb.default.1.1
mkdir -p "$folder"
echo '{"status": "PASS"}' >"$folder/run.json"
"""


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[Controller]:
    """The embedded controller with a node for the board bbb, as a process of its own."""
    options = ["--json", "--data", str(tmp_path / "jenkins"), "--port", "0", "--label", "fuego-remote"]
    process = subprocess.Popen(
        [sys.executable, "-m", "fuego_jenkins_remote.minijenkins", *options],
        env={name: value for name, value in os.environ.items() if not name.startswith(("FUEGO_", "JENKINS_"))},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    controller = Controller(json.loads(process.stdout.readline())["url"])
    controller.create_node("bbb", str(tmp_path / "node"))
    yield controller
    process.terminate()
    process.communicate(timeout=10)


@pytest.fixture
def values(tmp_path: Path) -> LabValues:
    """Of a lab with a space in its path, and an ftc that leaves a run."""
    rw = tmp_path / "fuego rw"
    rw.mkdir()
    ftc = tmp_path / "my ftc"
    ftc.write_text(FTC)
    ftc.chmod(0o755)
    return LabValues(fuego_rw=str(rw), fuego_ftc=str(ftc), push_ftc=str(ftc))


def _prepare(values: LabValues) -> Path:
    lab_dir = Path(values.fuego_rw or "") / "remote"
    folder = lab_dir / "requests" / str(ATTEMPT)
    folder.mkdir(parents=True)
    for name, text in {"board": "bbb", "test": "Functional.hello", "spec": "default", "time_limit": "30"}.items():
        (folder / name).write_text(f"{text}\n")
    (folder / "args").write_bytes(b"run-test\0-b\0bbb\0-t\0Functional.hello\0")
    (folder / "gate.answer").write_text("* go 99999999999\n")
    return lab_dir


def _until(condition: Callable[[], _T | None], seconds: float = 15) -> _T:
    end = time.monotonic() + seconds
    while (value := condition()) is None:
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
    return value


def _update(controller: Controller, values: LabValues, *names: str, memory: UploadedJobs | None = None) -> JobChanges:
    """`ftc lab jobs`, by a lab that remembers nothing or this."""
    url = controller.url
    return update_jobs(
        Update(jenkins=lambda: Controller(url), memory=memory or UploadedJobs(None)), boards(*names), values
    )


def _over(controller: Controller, job: str) -> Build | None:
    return next((build for build in controller.builds(job) if not build.building and build.result), None)


def test_jobs_are_taken_once_and_then_left_alone(controller: Controller, values: LabValues) -> None:
    names, memory = ("Fuego network", JOB, "remote-request-push"), UploadedJobs(None)
    assert _update(controller, values, "bbb", memory=memory) == JobChanges(created=names)
    assert _update(controller, values, "bbb", memory=memory) == JobChanges(unchanged=names)
    assert _update(controller, values, "qemu", memory=memory).removed == (JOB,)


def test_a_build_runs_the_attempt_archives_the_run_and_starts_the_push(
    controller: Controller, values: LabValues, tmp_path: Path
) -> None:
    lab_dir = _prepare(values)
    _update(controller, values, "bbb")
    controller.trigger(JOB, ATTEMPT)

    build = _until(lambda: _over(controller, JOB))

    assert build.result == "SUCCESS", controller.console_tail(JOB, build.number, 4000)
    outcome = json.loads((lab_dir / "outbox" / str(ATTEMPT) / "outcome.json").read_text())
    assert (outcome["outcome"], outcome["build_number"], outcome["build_url"]) == ("ran", build.number, build.url)
    assert list((tmp_path / "jenkins").rglob("archive/run/run.json"))
    assert _until(lambda: _over(controller, "remote-request-push")).result == "SUCCESS"
    assert (Path(values.fuego_rw or "") / "pushed").exists()


def test_an_aborted_build_leaves_an_outcome_and_starts_the_push(controller: Controller, values: LabValues) -> None:
    lab_dir = _prepare(values)
    with Path(values.fuego_ftc or "").open("a") as ftc:
        ftc.write("sleep 30 & wait\n")
    _update(controller, values, "bbb")
    controller.trigger(JOB, ATTEMPT)
    run_json = Path(values.fuego_rw or "") / "logs" / "Functional.hello" / "bbb.default.1.1" / "run.json"
    _until(lambda: run_json.exists() or None)

    controller.stop_build(JOB, 1)

    build = _until(lambda: _over(controller, JOB))
    assert build.result == "ABORTED"
    outcome = json.loads((lab_dir / "outbox" / str(ATTEMPT) / "outcome.json").read_text())
    assert (outcome["outcome"], outcome["aborted"]) == ("ran", True)
    assert _until(lambda: _over(controller, "remote-request-push")).result == "SUCCESS"


def test_a_refused_build_is_unstable(controller: Controller, values: LabValues) -> None:
    lab_dir = _prepare(values)
    (lab_dir / "requests" / str(ATTEMPT) / "gate.answer").write_text("* go 1700000000\n")
    _update(controller, values, "bbb")
    controller.trigger(JOB, ATTEMPT)
    assert _until(lambda: _over(controller, JOB)).result == "UNSTABLE"
    assert "has run out" in (lab_dir / "requests" / str(ATTEMPT) / "refused").read_text()
