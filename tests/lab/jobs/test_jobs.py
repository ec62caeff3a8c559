"""The lab's jobs in a Jenkins: what is uploaded, what is removed, what is never touched."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import warnings

import pytest

from fuego_jenkins_remote.fuego.boards import BoardFile
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.jobs.definitions import LabValues, find_script, job_xml
from fuego_jenkins_remote.lab.jobs.update import JobChanges, nodes_to_make, update_jobs
from job_boards import boards

VALUES = LabValues()
BBB, PUSH, QEMU = "remote-request-bbb", "remote-request-push", "remote-request-qemu-arm"


class MemoryJenkins:
    """A Jenkins that keeps what it gets, and writes down what was changed."""

    def __init__(self, **jobs: str) -> None:
        self.jobs = dict(jobs)
        self.calls: list[str] = []

    def list_jobs(self, prefix: str) -> list[str]:
        return [name for name in self.jobs if name.startswith(prefix)]

    def get_job_config(self, name: str) -> str | None:
        return self.jobs.get(name)

    def create_job(self, name: str, xml: str) -> None:
        assert name not in self.jobs
        self.calls.append(f"create {name}")
        self.jobs[name] = xml

    def reconfig_job(self, name: str, xml: str) -> None:
        assert name in self.jobs
        self.calls.append(f"reconfig {name}")
        self.jobs[name] = xml

    def delete_job(self, name: str) -> None:
        self.calls.append(f"delete {name}")
        del self.jobs[name]


@pytest.fixture
def jenkins() -> MemoryJenkins:
    """One with the jobs of the boards bbb and qemu-arm."""
    return MemoryJenkins(**job_xml(boards("bbb", "qemu-arm"), VALUES))


def test_an_empty_jenkins_gets_a_job_a_board_and_the_push() -> None:
    jenkins = MemoryJenkins()
    assert update_jobs(jenkins, boards("bbb", "qemu-arm"), VALUES) == JobChanges(created=(BBB, PUSH, QEMU))
    assert sorted(jenkins.jobs) == [BBB, PUSH, QEMU]


def test_what_is_as_it_should_be_is_not_uploaded(jenkins: MemoryJenkins) -> None:
    assert update_jobs(jenkins, boards("qemu-arm", "bbb"), VALUES) == JobChanges(unchanged=(BBB, PUSH, QEMU))
    assert jenkins.calls == []


def test_only_the_job_that_differs_is_uploaded(jenkins: MemoryJenkins) -> None:
    jenkins.jobs[BBB] = jenkins.jobs[BBB].replace("<numToKeep>100<", "<numToKeep>5<")
    assert update_jobs(jenkins, boards("bbb", "qemu-arm"), VALUES).changed == (BBB,)
    assert jenkins.calls == [f"reconfig {BBB}"]
    assert jenkins.jobs[BBB] == job_xml(boards("bbb"), VALUES)[BBB]


def test_a_change_in_the_script_is_uploaded(jenkins: MemoryJenkins) -> None:
    jenkins.jobs[BBB] = jenkins.jobs[BBB].replace("set -u", "set -eu")
    assert update_jobs(jenkins, boards("bbb", "qemu-arm"), VALUES).changed == (BBB,)


def test_how_jenkins_writes_xml_is_no_difference(jenkins: MemoryJenkins) -> None:
    text = jenkins.jobs[BBB].replace('<?xml version="1.0" encoding="utf-8"?>', "<?xml version='1.1' encoding='UTF-8'?>")
    text = text.replace("<hudson.tasks.Shell>", '<hudson.tasks.Shell plugin="core@1">').replace("\n  <", "\n\n      <")
    jenkins.jobs[BBB] = text
    assert update_jobs(jenkins, boards("bbb", "qemu-arm"), VALUES).changed == ()


def test_a_job_that_the_labs_people_disabled_stays_disabled(jenkins: MemoryJenkins) -> None:
    jenkins.jobs[BBB] = jenkins.jobs[BBB].replace("<disabled>false<", "<disabled>true<")
    assert update_jobs(jenkins, boards("bbb", "qemu-arm"), VALUES).changed == ()
    update_jobs(jenkins, boards("bbb", "qemu-arm"), LabValues(fuego_rw="/elsewhere"))
    assert "<disabled>true<" in jenkins.jobs[BBB]
    assert "/elsewhere" in jenkins.jobs[BBB]


def test_a_job_made_by_the_plain_command_is_ours(jenkins: MemoryJenkins) -> None:
    mark = "lost.&lt;!-- Managed by Jenkins Job Builder --&gt;</description>"
    jenkins.jobs[BBB] = jenkins.jobs[BBB].replace("lost.</description>", mark)
    assert update_jobs(jenkins, boards("bbb", "qemu-arm"), VALUES).changed == (BBB,)


# ---- Orphans, and other people's jobs


def test_the_job_of_a_board_that_is_gone_is_removed(jenkins: MemoryJenkins) -> None:
    assert update_jobs(jenkins, boards("bbb"), VALUES).removed == (QEMU,)
    assert jenkins.calls == [f"delete {QEMU}"]


def test_a_job_with_our_prefix_that_is_not_marked_stays(jenkins: MemoryJenkins) -> None:
    mine = jenkins.jobs.pop(QEMU).replace("Made by ftc lab jobs", "Copied from ftc lab jobs")
    jenkins.jobs |= {"remote-request-mine": mine, "remote-request-broken": "<project", "other-bbb": mine}
    assert update_jobs(jenkins, boards("bbb"), VALUES).removed == ()
    assert jenkins.calls == []


def test_a_marked_job_that_somebody_copied_under_another_name_stays(jenkins: MemoryJenkins) -> None:
    jenkins.jobs["remote-request-try"] = jenkins.jobs[BBB]
    assert update_jobs(jenkins, boards("bbb", "qemu-arm"), VALUES).removed == ()


def test_the_jobs_of_another_lab_on_the_same_jenkins_stay(jenkins: MemoryJenkins) -> None:
    other = job_xml(boards("bbb"), LabValues(job_prefix="remote-request-x"))
    jenkins.jobs |= other
    assert update_jobs(jenkins, boards("bbb", "qemu-arm"), VALUES).removed == ()
    assert other.keys() <= jenkins.jobs.keys()


def test_somebody_elses_job_in_our_place_stops_everything(jenkins: MemoryJenkins) -> None:
    jenkins.jobs[BBB] = "<project><description>mine</description></project>"
    with pytest.raises(LabError, match=f"not ours, though so named: {BBB}"):
        update_jobs(jenkins, boards("bbb"), VALUES)
    assert jenkins.calls == []


def test_no_board_at_all_is_a_mistake_and_removes_nothing(jenkins: MemoryJenkins) -> None:
    with pytest.raises(LabError, match="no board"):
        update_jobs(jenkins, [], VALUES)
    assert jenkins.calls == []


# ---- Names and values


@pytest.mark.parametrize("board", ["../x", "a b", "a{b}", "$(id)", "-a", "a/b", "", "größe"])
def test_a_name_that_no_board_can_have_makes_no_job(board: str) -> None:
    with pytest.raises(LabError, match="cannot make jobs"):
        job_xml(boards(board), VALUES)


def test_a_board_cannot_take_the_push_jobs_name() -> None:
    with pytest.raises(LabError, match="cannot be called 'push'"):
        job_xml(boards("push"), VALUES)


@pytest.mark.parametrize("board", ["007", "yes", "1e3", "null", "a.b-c_d"])
def test_names_that_yaml_reads_as_something_else_stay_names(board: str) -> None:
    xml = job_xml(boards(board), VALUES)[f"remote-request-{board}"]
    assert f"<assignedNode>{board}</assignedNode>" in xml


def test_a_value_with_a_line_end_is_refused() -> None:
    with pytest.raises(LabError, match="fuego_rw"):
        job_xml(boards("bbb"), LabValues(fuego_rw="/rw\nid"))


def test_a_board_that_is_named_twice_has_one_job() -> None:
    assert list(job_xml(boards("bbb", "bbb"), VALUES)) == [BBB, PUSH]


def test_prefix_label_and_number_of_builds_are_the_labs_choice() -> None:
    made = job_xml(boards("bbb"), LabValues(job_prefix="fuego", label="control", builds_to_keep=7))
    assert list(made) == ["fuego-bbb", "fuego-push"]
    assert "<assignedNode>control</assignedNode>" in made["fuego-push"]
    assert "<childProjects>fuego-push</childProjects>" in made["fuego-bbb"]
    assert "<numToKeep>7</numToKeep>" in made["fuego-bbb"]


# ---- A good guest in its process


def test_importing_the_module_imports_no_jenkins_job_builder() -> None:
    code = "import sys, fuego_jenkins_remote.lab.jobs.definitions; sys.exit('jenkins_jobs' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_it_leaves_logging_environment_and_warnings_as_they_were(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/nowhere/cache")
    monkeypatch.setenv("JJB_USER", "somebody")
    root = logging.getLogger()
    before = (list(root.handlers), root.level, dict(os.environ), list(warnings.filters))
    job_xml(boards("bbb"), VALUES)
    assert (list(root.handlers), root.level, dict(os.environ), list(warnings.filters)) == before
    assert capfd.readouterr() == ("", "")


# ---- Nodes, and the script for people


def test_a_board_without_a_node_needs_one_and_a_node_that_is_there_is_kept() -> None:
    boards = [BoardFile(name=name, variables={"ARCHITECTURE": "arm"}) for name in ("qemu", "bbb", "minnow")]
    assert nodes_to_make(boards, ["Built-In Node", "minnow"]) == ["bbb", "qemu"]


def test_a_board_file_that_nobody_has_filled_in_needs_no_node() -> None:
    placeholder = BoardFile(name="template", variables={"IPADDR": "SET_IPADDR_HERE", "ARCHITECTURE": "arm"})
    assert nodes_to_make([placeholder], []) == []


def test_the_script_for_run_request_is_there() -> None:
    assert find_script().read_text().startswith("#!/bin/bash\n")
