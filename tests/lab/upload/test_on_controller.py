"""The lab's jobs on a controller that really runs: uploaded, triggered, aborted, archived, pushed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded import embedded_controller
from fuego_jenkins_remote.lab.jenkins.controller import Build, Controller
from fuego_jenkins_remote.lab.jobs.definitions import LabValues
from fuego_jenkins_remote.lab.upload.memory import UploadedJobs
from fuego_jenkins_remote.lab.upload.update import JobChanges, Update, update_jobs
from fuego_jenkins_remote.network.identities import AttemptId
from job_boards import boards
from until import until

pytestmark = pytest.mark.slow

ATTEMPT = AttemptId("20261123-101500124-k3j7x2m4", 1)
JOB = "remote-request-bbb"

FTC = """#!/bin/bash
[[ $1 != push-runs ]] || { echo pushed >>"$FUEGO_RW/pushed"; exit; }
folder=$FUEGO_RW/logs/Functional.hello/bbb.default.1.1
mkdir -p "$folder"
echo '{"status": "PASS"}' >"$folder/run.json"
"""


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[Controller]:
    """The embedded controller with a node for the board bbb, as a process of its own."""
    with embedded_controller(tmp_path / "jenkins", "--label", "fuego-remote") as url:
        controller = Controller(url)
        controller.create_node("bbb", str(tmp_path / "node"))
        yield controller


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

    build = until(lambda: _over(controller, JOB))

    assert build.result == "SUCCESS", controller.console_tail(JOB, build.number, 4000)
    outcome = json.loads((lab_dir / "outbox" / str(ATTEMPT) / "outcome.json").read_text())
    assert (outcome["outcome"], outcome["build_number"], outcome["build_url"]) == ("ran", build.number, build.url)
    assert list((tmp_path / "jenkins").rglob("archive/run/run.json"))
    assert until(lambda: _over(controller, "remote-request-push")).result == "SUCCESS"
    assert (Path(values.fuego_rw or "") / "pushed").exists()


def test_an_aborted_build_leaves_an_outcome_and_starts_the_push(controller: Controller, values: LabValues) -> None:
    lab_dir = _prepare(values)
    with Path(values.fuego_ftc or "").open("a") as ftc:
        ftc.write("sleep 30 & wait\n")
    _update(controller, values, "bbb")
    controller.trigger(JOB, ATTEMPT)
    run_json = Path(values.fuego_rw or "") / "logs" / "Functional.hello" / "bbb.default.1.1" / "run.json"
    until(lambda: run_json.exists() or None)

    controller.stop_build(JOB, 1)

    build = until(lambda: _over(controller, JOB))
    assert build.result == "ABORTED"
    outcome = json.loads((lab_dir / "outbox" / str(ATTEMPT) / "outcome.json").read_text())
    assert (outcome["outcome"], outcome["aborted"]) == ("ran", True)
    assert until(lambda: _over(controller, "remote-request-push")).result == "SUCCESS"


def test_a_refused_build_is_unstable(controller: Controller, values: LabValues) -> None:
    lab_dir = _prepare(values)
    (lab_dir / "requests" / str(ATTEMPT) / "gate.answer").write_text("* go 1700000000\n")
    _update(controller, values, "bbb")
    controller.trigger(JOB, ATTEMPT)
    assert until(lambda: _over(controller, JOB)).result == "UNSTABLE"
    assert "has run out" in (lab_dir / "requests" / str(ATTEMPT) / "refused").read_text()
