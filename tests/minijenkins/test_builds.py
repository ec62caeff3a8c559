"""What a build does: steps, variables, results, aborts, artifacts, jobs it starts. Through real python-jenkins."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jenkins
import pytest

from child_process import is_alive

ARCHIVE = "<hudson.tasks.ArtifactArchiver><artifacts>{}</artifacts>{}</hudson.tasks.ArtifactArchiver>"


def downstream(job: str, threshold: str) -> str:
    return (
        f"<hudson.tasks.BuildTrigger><childProjects>{job}</childProjects>"
        f"<threshold><name>{threshold}</name></threshold></hudson.tasks.BuildTrigger>"
    )


def test_a_shell_step_without_a_first_line_runs_with_sh_xe(shop: Any) -> None:
    shop.job("j", "echo one\nfalse\necho never")
    assert shop.build("j")["result"] == "FAILURE"
    console = shop.console("j")
    assert "$ /bin/sh -xe " in console
    assert "+ echo one\none\n" in console
    assert "never" not in console.replace("echo never", "")


def test_a_first_line_names_the_interpreter(shop: Any) -> None:
    shop.job("j", "#!/usr/bin/env python3\nprint('größe', 6 * 7)")
    assert shop.build("j")["result"] == "SUCCESS"
    assert "größe 42\n" in shop.console("j")


def test_the_first_failing_step_stops_the_build(shop: Any) -> None:
    second = "<hudson.tasks.Shell><command>echo second</command></hudson.tasks.Shell>"
    shop.job("j", "exit 3", builders=second)
    assert shop.build("j")["result"] == "FAILURE"
    assert "second" not in shop.console("j")


def test_the_unstable_status_goes_on_with_the_next_step(shop: Any) -> None:
    second = "<hudson.tasks.Shell><command>echo second</command></hudson.tasks.Shell>"
    shop.job("j", "exit 3", unstable=3, builders=second)
    assert shop.build("j")["result"] == "UNSTABLE"
    assert "second" in shop.console("j")


def test_a_missing_interpreter_fails_with_a_reason(shop: Any) -> None:
    shop.job("j", "#!/nowhere/sh\necho hello")
    assert shop.build("j")["result"] == "FAILURE"
    assert "command execution failed" in shop.console("j")


def test_parameters_are_variables_undeclared_ones_are_dropped(shop: Any) -> None:
    shop.job("j", 'set +x; echo "[$A|$B|$C]"', parameters=("A", "B"))
    build = shop.build("j", {"A": "größe\nzwei; $(id)", "C": "not declared"})
    assert "[größe\nzwei; $(id)|default|]" in shop.console("j")
    parameters = build["actions"][0]["parameters"]
    assert [(p["name"], p["value"]) for p in parameters] == [("A", "größe\nzwei; $(id)"), ("B", "default")]


def test_jenkins_variables_are_there(shop: Any, controller: Any) -> None:
    shop.job("a job", "#!/bin/sh\nenv")
    shop.build("a job")
    lines = shop.console("a job").splitlines()
    for expected in (
        "BUILD_NUMBER=1",
        "BUILD_ID=1",
        "BUILD_TAG=jenkins-a job-1",
        "JOB_NAME=a job",
        "JOB_BASE_NAME=a job",
        "NODE_NAME=built-in",
        "EXECUTOR_NUMBER=0",
        f"JENKINS_URL={controller.url}/",
        f"HUDSON_URL={controller.url}/",
        f"JOB_URL={controller.url}/job/a%20job/",
        f"BUILD_URL={controller.url}/job/a%20job/1/",
        f"WORKSPACE={controller.settings.data_dir}/workspace/a job",
    ):
        assert expected in lines


def test_variables_with_secrets_of_the_controller_do_not_reach_a_build(
    start: Callable[..., Any], shop_on: Callable[[Any], Any]
) -> None:
    environment = {"PATH": os.environ["PATH"], "FUEGO_HUB_TOKEN": "s3cret", "JENKINS_PASSWORD": "x", "MONKEY": "yes"}
    shop = shop_on(start(environment=environment).client())
    shop.job("j", "#!/bin/sh\nenv")
    shop.build("j")
    assert "MONKEY=yes" in shop.console("j")
    assert "s3cret" not in shop.console("j")
    assert "JENKINS_PASSWORD" not in shop.console("j")


def test_a_custom_workspace_is_where_the_steps_run(shop: Any, tmp_path: Path) -> None:
    shop.job("j", "pwd", more=f"<customWorkspace>{tmp_path}/zone</customWorkspace>")
    shop.build("j")
    assert f"\n{tmp_path}/zone\n" in shop.console("j")


def test_what_core_does_and_this_does_not_fails_the_build_and_is_named(shop: Any) -> None:
    shop.job("j", "echo hello", publishers="<hudson.tasks.Fingerprinter/>", builders="<hudson.tasks.BatchFile/>")
    assert shop.build("j")["result"] == "FAILURE"
    assert "ERROR: hudson.tasks.Fingerprinter is not done by the embedded controller" in shop.console("j")
    assert "hudson.tasks.BatchFile" in shop.console("j")
    assert "hello" not in shop.console("j")


def test_elements_of_plugins_are_left_out_as_by_a_jenkins_without_them(shop: Any, server: jenkins.Jenkins) -> None:
    junit = '<hudson.tasks.junit.JUnitResultArchiver plugin="junit@1.20"><testResults>*.xml</testResults></{}>'
    publisher = junit.format("hudson.tasks.junit.JUnitResultArchiver")
    shop.job("j", "echo hello", publishers=publisher, builders="<hudson.plugins.ant.Ant/>")
    assert shop.build("j")["result"] == "SUCCESS"
    assert "\nhello\n" in shop.console("j")
    assert "Note: hudson.tasks.junit.JUnitResultArchiver belongs to a plugin" in shop.console("j")
    assert "JUnitResultArchiver" in server.get_job_config("j")
    assert len(server.get_plugins()) == 0


def test_texts_and_yes_or_no_are_parameters_too(shop: Any, server: jenkins.Jenkins) -> None:
    kinds = (("Text", "NOTES", "a\nb"), ("Boolean", "DRY", "true"))
    definitions = "".join(
        f"<hudson.model.{kind}ParameterDefinition><name>{name}</name><defaultValue>{default}</defaultValue>"
        f"</hudson.model.{kind}ParameterDefinition>"
        for kind, name, default in kinds
    )
    declared = f"<parameterDefinitions>{definitions}</parameterDefinitions>"
    holder = "hudson.model.ParametersDefinitionProperty"
    shop.job("j", 'echo "[$NOTES] [$DRY]"', properties=f"<{holder}>{declared}</{holder}>")
    build = shop.build("j", {"NOTES": "x\ny"})
    values = next(action["parameters"] for action in build["actions"] if "parameters" in action)
    assert [(value["name"], value["value"]) for value in values] == [("NOTES", "x\ny"), ("DRY", True)]
    assert "[x\ny] [true]" in shop.console("j")


def test_artifacts_are_archived_and_can_be_fetched(shop: Any, server: jenkins.Jenkins) -> None:
    command = "mkdir -p out/größe; printf '\\0\\377' > out/größe/b.bin; echo x > out/a.txt; echo x > out/a.txt~"
    shop.job("j", command, publishers=ARCHIVE.format("out/**", ""))
    build = shop.build("j")
    assert [a["relativePath"] for a in build["artifacts"]] == ["out/a.txt", "out/größe/b.bin"]
    assert server.get_build_artifact_as_bytes("j", 1, "out/größe/b.bin") == b"\0\xff"


def test_links_in_a_workspace_are_not_archived(shop: Any, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("password")
    shop.job("j", f"echo x > a; ln -sf {tmp_path}/secret b; ln -sfn {tmp_path} c", publishers=ARCHIVE.format("**", ""))
    assert [a["relativePath"] for a in shop.build("j")["artifacts"]] == ["a"]


def test_nothing_to_archive_fails_a_build_unless_allowed(shop: Any) -> None:
    shop.job("strict", publishers=ARCHIVE.format("out/**", ""))
    shop.job("lenient", publishers=ARCHIVE.format("out/**", "<allowEmptyArchive>true</allowEmptyArchive>"))
    assert shop.build("strict")["result"] == "FAILURE"
    assert "No artifacts found that match" in shop.console("strict")
    assert shop.build("lenient")["result"] == "SUCCESS"


@pytest.mark.parametrize(
    ("command", "threshold", "runs"),
    [
        ("true", "SUCCESS", True),
        ("exit 1", "SUCCESS", False),
        ("exit 4", "UNSTABLE", True),
        ("exit 4", "SUCCESS", False),
        ("exit 1", "FAILURE", True),
    ],
)
def test_a_downstream_job_starts_within_its_threshold(shop: Any, command: str, threshold: str, runs: bool) -> None:
    shop.job("below")
    shop.job("above", command, unstable=4, publishers=downstream("below", threshold))
    shop.build("above")
    assert ("Triggering a new build of below" in shop.console("above")) is runs
    if runs:
        build = shop.finished("below", 1)
        cause = build["actions"][0]["causes"][0]
        assert (cause["upstreamProject"], cause["upstreamBuild"]) == ("above", 1)


@pytest.mark.parametrize(("threshold", "runs"), [("FAILURE", False), ("ABORTED", True)])
def test_after_an_abort_only_the_threshold_aborted_starts_the_job(
    shop: Any, server: jenkins.Jenkins, until: Callable[..., Any], threshold: str, runs: bool
) -> None:
    shop.job("below")
    shop.job("above", "echo ready; sleep 60", publishers=downstream("below", threshold))
    number = shop.started(server.build_job("above"))
    until(lambda: "\nready" in shop.console("above"))
    server.stop_build("above", number)
    assert shop.finished("above", number)["result"] == "ABORTED"
    assert ("Triggering a new build of below" in shop.console("above")) is runs


def test_an_abort_ends_the_whole_tree_also_what_has_left_its_session(
    shop: Any, server: jenkins.Jenkins, until: Callable[..., Any], tmp_path: Path
) -> None:
    shop.job("j", f"setsid sleep 61 & echo $! > {tmp_path}/far; sleep 62 & echo $! > {tmp_path}/near; echo go; wait")
    number = shop.started(server.build_job("j"))
    until(lambda: "\ngo" in shop.console("j"))
    server.stop_build("j", number)
    build = shop.finished("j", number)
    assert build["result"] == "ABORTED"
    assert {"_class": "jenkins.model.InterruptedBuildAction"} in build["actions"]
    assert "Aborted by anonymous" in shop.console("j")
    for name in ("far", "near"):
        until(lambda name=name: not is_alive(int((tmp_path / name).read_text())), "it has ended")


def test_a_process_that_handles_term_gets_it_twice_and_outlives_the_aborted_build(
    start: Callable[..., Any], shop_on: Callable[[Any], Any], until: Callable[..., Any], tmp_path: Path
) -> None:
    server = start(term_wait_seconds=0.3).client()
    shop = shop_on(server)
    shop.job("j", f"#!/bin/sh\ntrap 'echo term >> {tmp_path}/terms' TERM\necho $$ > {tmp_path}/pid\necho go\n{LOOP}")
    number = shop.started(server.build_job("j"))
    until(lambda: "\ngo" in shop.console("j"))
    begin = time.monotonic()
    server.stop_build("j", number)
    assert shop.finished("j", number)["result"] == "ABORTED"
    took = time.monotonic() - begin
    pid = int((tmp_path / "pid").read_text())
    try:
        assert 0.6 <= took < 10
        assert is_alive(pid)
        until(lambda: (tmp_path / "terms").read_text().count("term") == 2)
        # The executor is free although the process lives.
        assert not server.get_running_builds()
    finally:
        os.kill(pid, signal.SIGKILL)


def test_what_a_finished_build_leaves_running_gets_term(shop: Any, until: Callable[..., Any], tmp_path: Path) -> None:
    shop.job("j", f"#!/bin/sh\nsetsid sleep 63 &\necho $! > {tmp_path}/pid\n")
    assert shop.build("j")["result"] == "SUCCESS"
    until(lambda: not is_alive(int((tmp_path / "pid").read_text())), "it has ended")


def test_a_process_that_changes_its_build_id_may_stay(shop: Any, tmp_path: Path) -> None:
    shop.job("j", f"#!/bin/sh\nBUILD_ID=dontKillMe setsid sleep 64 &\necho $! > {tmp_path}/pid\nsleep 0.2\n")
    assert shop.build("j")["result"] == "SUCCESS"
    pid = int((tmp_path / "pid").read_text())
    assert is_alive(pid)
    os.kill(pid, signal.SIGKILL)


def test_a_deleted_node_fails_its_build(
    shop: Any, server: jenkins.Jenkins, until: Callable[..., Any], make_node: Callable[[str], None]
) -> None:
    make_node("bbb")
    shop.job("j", "echo go; sleep 60", more="<assignedNode>bbb</assignedNode><canRoam>false</canRoam>")
    number = shop.started(server.build_job("j"))
    until(lambda: "\ngo" in shop.console("j"))
    server.delete_node("bbb")
    assert shop.finished("j", number)["result"] == "FAILURE"


def test_the_progressive_log_goes_on_where_the_reader_stopped(
    shop: Any, server: jenkins.Jenkins, until: Callable[..., Any], ask: Callable[..., Any], tmp_path: Path
) -> None:
    shop.job("j", f"#!/bin/sh\necho first\nuntil [ -e {tmp_path}/go ]; do sleep 0.01; done\necho last")
    number = shop.started(server.build_job("j"))
    until(lambda: "first" in shop.console("j"))
    head = ask("GET", f"/job/j/{number}/logText/progressiveText?start=0")
    assert head.headers["X-More-Data"] == "true"
    (tmp_path / "go").touch()
    shop.finished("j", number)
    tail = ask("GET", f"/job/j/{number}/logText/progressiveText?start={head.headers['X-Text-Size']}")
    assert tail.text == "last\nFinished: SUCCESS\n"
    assert "X-More-Data" not in tail.headers


def test_old_builds_go_as_the_discarder_says_but_the_last_good_one_stays(shop: Any, server: jenkins.Jenkins) -> None:
    discarder = (
        '<jenkins.model.BuildDiscarderProperty><strategy class="hudson.tasks.LogRotator">'
        "<daysToKeep>-1</daysToKeep><numToKeep>2</numToKeep></strategy></jenkins.model.BuildDiscarderProperty>"
    )
    shop.job("j", "exit $RC", parameters=("RC",), properties=discarder)
    for status in ("0", "1", "1", "1"):
        shop.build("j", {"RC": status})
    assert [build["number"] for build in server.get_job_info("j")["builds"]] == [4, 3, 1]


LOOP = "while :; do sleep 0.05; done"


@pytest.mark.slow
def test_an_abort_takes_ten_seconds_when_term_is_handled(
    start: Callable[..., Any], shop_on: Callable[[Any], Any], until: Callable[..., Any], tmp_path: Path
) -> None:
    server = start(term_wait_seconds=5.0).client()
    shop = shop_on(server)
    shop.job("j", f"#!/bin/sh\ntrap : TERM\necho $$ > {tmp_path}/pid\necho go\n{LOOP}")
    number = shop.started(server.build_job("j"))
    until(lambda: "\ngo" in shop.console("j"))
    begin = time.monotonic()
    server.stop_build("j", number)
    assert shop.finished("j", number)["result"] == "ABORTED"
    assert 10 <= time.monotonic() - begin < 15
    pid = int((tmp_path / "pid").read_text())
    assert is_alive(pid)
    os.kill(pid, signal.SIGKILL)
