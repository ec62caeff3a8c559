"""jenkins_jobs/ with the plain `jenkins-jobs` command, as the people of a lab who know it would use it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from controllers import Embedded
from fuego_jenkins_remote.lab.jenkins.controller import Controller
from fuego_jenkins_remote.lab.jobs.definitions import LabValues, lab_xml
from fuego_jenkins_remote.lab.upload.memory import UploadedJobs
from fuego_jenkins_remote.lab.upload.update import Update, update_jobs
from job_boards import boards

pytestmark = pytest.mark.slow

JOBS = Path(__file__).parents[2] / "jenkins_jobs"
MARK = "&lt;!-- Managed by Jenkins Job Builder --&gt;"
BOARD, PUSH, VIEW = "remote-request-beaglebone", "remote-request-push", "Fuego network"

JenkinsJobs = Callable[..., None]


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """The embedded controller."""
    embedded = Embedded(tmp_path_factory.mktemp("jenkins"))
    yield embedded
    embedded.process.end()


@pytest.fixture
def controller(embedded: Embedded) -> Controller:
    """The lab's link to it."""
    return embedded.adapter()


@pytest.fixture
def jenkins_jobs(embedded: Embedded, tmp_path: Path) -> JenkinsJobs:
    """The command, with a cache and a configuration of its own."""
    login = f"user={embedded.user}\npassword={embedded.token}"
    (tmp_path / "jjb.ini").write_text(f"[jenkins]\nurl={embedded.url}\n{login}\nquery_plugins_info=False\n")

    def run(*words: str | Path) -> None:
        command = [Path(sys.executable).parent / "jenkins-jobs", "--conf", "jjb.ini", *words]
        environment = {"XDG_CACHE_HOME": str(tmp_path)}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr

    return run


def test_test_makes_what_ftc_makes(jenkins_jobs: JenkinsJobs, tmp_path: Path) -> None:
    jenkins_jobs("test", "--config-xml", "-o", "out", JOBS)
    made = {path.parent.name: path.read_text() for path in (tmp_path / "out").glob("*/config.xml")}
    assert {name: xml.replace(MARK, "") for name, xml in made.items()} == lab_xml(boards("beaglebone"), LabValues())


def test_update_and_delete_take_names(jenkins_jobs: JenkinsJobs, controller: Controller) -> None:
    jenkins_jobs("update", JOBS, PUSH)
    assert controller.list_jobs("remote-") == [PUSH]
    jenkins_jobs("update", JOBS)
    assert controller.list_jobs("remote-") == [BOARD, PUSH]
    assert VIEW in controller.list_views("")
    jenkins_jobs("delete", BOARD)
    assert controller.list_jobs("remote-") == [PUSH]


def test_ftc_takes_up_what_the_plain_command_has_made(jenkins_jobs: JenkinsJobs, controller: Controller) -> None:
    jenkins_jobs("update", JOBS)
    update = Update(jenkins=lambda: controller, memory=UploadedJobs(None))
    # It takes out the mark by which `jenkins-jobs update --delete-old` would delete them.
    assert update_jobs(update, boards("beaglebone"), LabValues()).changed == (VIEW, BOARD, PUSH)
    assert update_jobs(update, boards("beaglebone"), LabValues()).unchanged == (VIEW, BOARD, PUSH)


def test_plugins_are_used_where_a_project_says_so(jenkins_jobs: JenkinsJobs, tmp_path: Path) -> None:
    for path in JOBS.iterdir():
        if path.name != "project.yaml":
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / "project.yaml").write_text(
        """
- project:
    name: mylab
    board:
      - bbb:
          resources: power-1
          board_properties:
            - build-discarder: {num-to-keep: '{builds_to_keep}'}
            - remote-request-resources: {resources: '{resources}'}
      - rpi
    board_wrappers: [timestamps, remote-request-time-limit: {build_minutes: '{build_minutes}'}]
    build_minutes: 90
    jenkins_folder: lab/
    jobs: [remote-request, remote-request-push]
    views: [fuego-network]
"""
    )
    files = ":".join(str(path) for path in tmp_path.glob("*.yaml"))
    jenkins_jobs("test", "--config-xml", "-o", "out", files)
    made = (tmp_path / "out" / "lab" / "remote-request-bbb" / "config.xml").read_text()
    assert "<resourceNames>power-1</resourceNames>" in made
    assert "<timeoutMinutes>90</timeoutMinutes>" in made
    assert "resourceNames" not in (tmp_path / "out" / "lab" / "remote-request-rpi" / "config.xml").read_text()
