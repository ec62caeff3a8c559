"""`ftc lab jenkins`, `jobs` and `doctor` with the embedded controller as a process."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import FTC

pytestmark = pytest.mark.slow


@pytest.fixture
def jenkins(lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a controller with a user, which the lab's settings name."""
    token = tmp_path / "jenkins.token"
    command = [*FTC, "lab", "jenkins", "--data", str(tmp_path / "jenkins"), "--port", "0", "--json"]
    command += ["--user", "bridge", "--token-file", str(token)]
    with (tmp_path / "jenkins.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
    assert process.stdout is not None
    with process.stdout:
        ready = json.loads(process.stdout.readline())
        assert ready == {"service": "jenkins", "url": ready["url"], "pid": process.pid}
        lab.add_settings(jenkins_url=ready["url"], jenkins_user="bridge", jenkins_token_file=token)
        yield ready["url"]
        process.terminate()
        assert process.wait(20) == 0


def test_jobs_are_made_kept_and_removed_with_the_boards(ftc, lab, jenkins: str) -> None:
    made = ftc("lab", "jobs", "--json")
    assert made.status == 0, made.err
    names = [f"remote-request-{name}" for name in ("local1", "local2", "other", "push")]
    done = made.json()
    assert (done["node_made"], done["job_created"]) == (["local1", "local2", "other"], names)
    assert done["view_created"] == ["Fuego network"]
    assert ftc("lab", "jobs", "-q").out == ""
    (lab.boards / "other.board").unlink()
    assert ftc("lab", "jobs", "-q").out == "job removed: remote-request-other\n"
    assert ftc("lab", "jobs", "--container", "-q").out.startswith("job changed: remote-request-local1\n")


def test_the_doctor_sees_who_we_are_and_that_the_jobs_are_there(ftc, lab, jenkins: str) -> None:
    assert ftc("lab", "jobs").status == 0
    checks = {one["what"]: one for one in json.loads(ftc("lab", "doctor", "--json").out)}
    assert checks["jenkins"]["ok"]
    assert checks["jenkins"]["text"].endswith("as bridge")
    assert checks["jobs"]["ok"]
    assert not checks["hub"]["ok"]


def test_a_wrong_jenkins_token_is_told_in_a_line(ftc, lab, jenkins: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JENKINS_TOKEN", "wrong")
    result = ftc("lab", "jobs")
    assert (result.status, result.err.count("\n")) == (1, 1)
    assert jenkins in result.err
