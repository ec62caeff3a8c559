"""`ftc lab jenkins`, `jobs` and `doctor` with the embedded controller as a process."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fuego_jenkins_remote.lab.jenkins.controller import Controller

from ..conftest import FTC

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
        assert process.wait(90) == 0


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


def test_a_diff_shows_what_would_change_and_changes_nothing(ftc, lab, jenkins: str) -> None:
    shown = ftc("lab", "jobs", "--diff")
    assert (shown.status, "node to make: local1\n" in shown.out) == (0, True)
    assert "+++ remote-request-push (ftc lab jobs)\n" in shown.out
    assert ftc("lab", "jobs", "-q").out.count("job created") == 4
    again = ftc("lab", "jobs", "--diff")
    assert (again.status, again.out, again.err) == (0, "", "nothing would change\n")


def test_what_was_edited_by_hand_is_said_and_kept(ftc, lab, jenkins: str, tmp_path: Path) -> None:
    ftc("lab", "jobs")
    controller = Controller(jenkins, "bridge", (tmp_path / "jenkins.token").read_text().strip())
    xml = controller.get_job_config("remote-request-push") or ""
    controller.reconfig_job("remote-request-push", xml.replace("<numToKeep>100<", "<numToKeep>5<"))
    said = ftc("lab", "jobs")
    assert "edited by hand  remote-request-push\n" in said.out
    assert "--overwrite" in said.err
    shown = ftc("lab", "jobs", "--diff").out
    assert shown.startswith("remote-request-push: edited by hand")
    assert "-        <numToKeep>5</numToKeep>\n" in shown
    assert ftc("lab", "jobs", "--overwrite", "-q").out == "job changed: remote-request-push\n"


def test_the_trigger_token_is_made_rotated_removed_and_never_shown(ftc, lab, jenkins: str, tmp_path: Path) -> None:
    ftc("lab", "jobs")
    controller = Controller(jenkins, "bridge", (tmp_path / "jenkins.token").read_text().strip())
    seen, said = [], ""
    for _ in range(2):
        done = ftc("lab", "trigger-token", "--rotate", "--json").json()
        seen.append(Path(done["file"]).read_text().strip())
        assert done["changed"] == [f"remote-request-{name}" for name in ("local1", "local2", "other")]
        assert f"<authToken>{seen[-1]}</authToken>" in (controller.get_job_config("remote-request-other") or "")
        said += ftc("lab", "jobs").out + ftc("lab", "jobs", "--diff").out + ftc("lab", "trigger-token").out
    assert "job changed" not in said
    assert ftc("lab", "trigger-token", "--remove").out == "there is no token any more; jobs changed: 3\n"
    said += ftc("lab", "trigger-token").out
    assert "no token" in said
    assert seen[0] != seen[1]
    assert not any(token in said for token in seen)
    assert ftc("lab", "jobs", "--diff").out == ""
    assert ftc("lab", "trigger-token", "--rotate", "--remove").status == 2


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
