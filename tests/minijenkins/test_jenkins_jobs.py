"""jenkins-job-builder 6.5.0 itself, in process, against a running controller."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jenkins
import pytest

with warnings.catch_warnings():
    # jenkins_jobs imports pkg_resources, which setuptools 80 and 81 warn about; that is theirs to change.
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)
    from jenkins_jobs.cli.entry import JenkinsJobs

# The same again when its subcommands are loaded.
pytestmark = [
    pytest.mark.filterwarnings("ignore:pkg_resources is deprecated:UserWarning"),
    # Its threads are made in a way that Python 3.10 has deprecated.
    pytest.mark.filterwarnings("ignore:setDaemon:DeprecationWarning"),
]

YAML = """
- job-template:
    name: 'remote-request-{board}'
    description: 'Runs requests for board {board}.'
    disabled: false
    node: '{board}'
    concurrent: false
    quiet-period: 0
    properties:
      - build-discarder: {num-to-keep: 100, days-to-keep: 30}
    parameters:
      - string: {name: REQUEST_ID}
    builders:
      - shell: {command: 'echo "request $REQUEST_ID"', unstable-return: 3}
    publishers:
      - archive: {artifacts: 'run/**', allow-empty: true}
      - trigger: {project: remote-request-push, threshold: FAILURE}
- job:
    name: remote-request-push
    disabled: false
    builders:
      - shell: 'echo push'
- project:
    name: lab
    board: [bbb, qemu-arm]
    jobs: ['remote-request-{board}']
- view:
    name: Remote requests
    view-type: list
    regex: 'remote-.*'
"""

# What the plugin profile of a lab's jobs is made of; the embedded controller has none of these plugins.
PLUGINS = """
- job:
    name: with-plugins
    disabled: false
    properties:
      - lockable-resources: {resources: power-switch}
    wrappers:
      - timeout: {timeout: 60, fail: true}
      - timestamps
    builders:
      - shell: 'mkdir -p run; echo hello; echo x > run/run.json'
    publishers:
      - archive: {artifacts: 'run/**'}
      - junit: {results: 'run/*.xml', allow-empty-results: true}
      - description-setter: {regexp: 'request (.*)'}
      - postbuildscript:
          builders:
            - role: BOTH
              build-on: [SUCCESS, FAILURE, ABORTED]
              build-steps:
                - shell: 'echo afterwards'
"""


@pytest.fixture
def jjb(controller: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run `jenkins-jobs` with a cache and a configuration of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "jobs.yaml").write_text(YAML)
    (tmp_path / "jjb.ini").write_text(f"[jenkins]\nurl={controller.url}\nquery_plugins_info=False\n")

    def run(*words: str) -> None:
        arguments = [word.replace("YAML", str(tmp_path / "jobs.yaml")) for word in words]
        # A client of its own each time keeps its connection open until it is collected.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            JenkinsJobs(["--conf", str(tmp_path / "jjb.ini"), *arguments]).execute()

    return run


NAMES = ["remote-request-bbb", "remote-request-push", "remote-request-qemu-arm"]


def names(server: jenkins.Jenkins) -> list[str]:
    return [job["name"] for job in server.get_all_jobs()]


def test_update_makes_jobs_and_views(jjb: Callable[..., None], server: jenkins.Jenkins) -> None:
    jjb("update", "YAML")
    assert names(server) == NAMES
    assert server.view_exists("Remote requests")


def test_what_jjb_made_runs(jjb: Callable[..., None], shop: Any, make_node: Callable[..., None]) -> None:
    jjb("update", "YAML")
    make_node("bbb")
    build = shop.build("remote-request-bbb", {"REQUEST_ID": "r1"})
    assert (build["result"], build["builtOn"]) == ("SUCCESS", "bbb")
    assert "request r1" in shop.console("remote-request-bbb")
    assert shop.finished("remote-request-push", 1)["result"] == "SUCCESS"


def test_ignore_cache_repairs_what_was_changed_by_hand(jjb: Callable[..., None], server: jenkins.Jenkins) -> None:
    jjb("update", "YAML")
    made = server.get_job_config("remote-request-bbb")
    server.reconfig_job("remote-request-bbb", made.replace("Runs requests", "Changed"))
    jjb("update", "YAML")
    assert server.get_job_config("remote-request-bbb") != made
    jjb("--ignore-cache", "update", "YAML")
    assert server.get_job_config("remote-request-bbb") == made


def test_list_names_the_jobs(
    jjb: Callable[..., None], server: jenkins.Jenkins, capsys: pytest.CaptureFixture[str]
) -> None:
    jjb("update", "YAML")
    capsys.readouterr()
    jjb("list")
    assert capsys.readouterr().out.split() == NAMES


def test_delete_takes_one_job(jjb: Callable[..., None], server: jenkins.Jenkins) -> None:
    jjb("update", "YAML")
    jjb("delete", "remote-request-qemu-arm")
    assert names(server) == NAMES[:2]


def test_a_job_with_plugins_works_as_on_a_jenkins_without_them(
    jjb: Callable[..., None], shop: Any, server: jenkins.Jenkins, tmp_path: Path
) -> None:
    (tmp_path / "jobs.yaml").write_text(PLUGINS)
    jjb("update", "YAML")
    stored = server.get_job_config("with-plugins")
    assert "BuildTimeoutWrapper" in stored
    build = shop.build("with-plugins")
    assert (build["result"], build["artifacts"][0]["relativePath"]) == ("SUCCESS", "run/run.json")
    console = shop.console("with-plugins").splitlines()
    assert "hello" in console
    assert "afterwards" not in console
    assert len([line for line in console if "belongs to a plugin; it is left out" in line]) == 6
    assert server.get_job_config("with-plugins") == stored
