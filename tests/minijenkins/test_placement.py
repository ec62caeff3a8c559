"""Where a job may run: a pure function of the job, its running build and the nodes, in every order."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from fuego_jenkins_remote.minijenkins.documents import decode
from fuego_jenkins_remote.minijenkins.jobs.builds import Build
from fuego_jenkins_remote.minijenkins.jobs.job_config import JobConfig, read_job
from fuego_jenkins_remote.minijenkins.nodes import Node
from fuego_jenkins_remote.minijenkins.waiting.placement import Place, Wait, place


def job(label: str = "", more: str = "") -> JobConfig:
    tied = f"<assignedNode>{label}</assignedNode><canRoam>false</canRoam>" if label else ""
    return read_job(decode(f"<project>{tied}{more}</project>".encode())[1])


def node(name: str, *labels: str, exclusive: bool = True, offline: bool = False, busy: bool = False) -> Node:
    made = Node(
        name=name, description="", executors=1, labels=labels, exclusive=exclusive, folder=Path(name), offline=offline
    )
    if busy:
        made.running[0] = build()
    return made


def build(number: int = 7) -> Build:
    return Build(
        job="j", number=number, folder=Path(), queue_id=1, node="", executor=0, parameters=None, causes=(), started_ms=0
    )


NODES = (node("bbb", "usb"), node("pi", "usb", busy=True), node("away", "far", offline=True), node("", exclusive=False))


@pytest.mark.parametrize("nodes", list(itertools.permutations(NODES)))
def test_the_order_of_nodes_does_not_matter_where_one_fits(nodes: tuple[Node, ...]) -> None:
    decisions = {label: place(job(label), None, nodes) for label in ("usb", "bbb", "", "built-in")}
    assert {label: d.node.name for label, d in decisions.items() if isinstance(d, Place)} == {
        "usb": "bbb",
        "bbb": "bbb",
        "": "",
        "built-in": "",
    }


@pytest.mark.parametrize(
    ("label", "reason", "stuck"),
    [
        ("pi", "Waiting for next available executor on ‘pi’", False),
        ("away", "‘away’ is offline", True),
        ("nowhere", "There are no nodes with the label ‘nowhere’", True),
    ],
)
def test_what_cannot_run_says_why(label: str, reason: str, stuck: bool) -> None:
    assert place(job(label), None, NODES) == Wait(state="buildable", reason=reason, stuck=stuck)


@pytest.mark.parametrize(("label", "stuck"), [("bbb", False), ("nobody", True)])
def test_in_quiet_mode_only_what_nobody_could_run_is_stuck(label: str, stuck: bool) -> None:
    waits = Wait(state="buildable", reason="Jenkins is about to shut down", stuck=stuck)
    assert place(job(label), None, NODES, quieting_down=True) == waits


def test_a_running_build_blocks_its_job_unless_concurrent() -> None:
    assert place(job("bbb"), build(7), NODES, until_ms=5) == Wait(
        state="blocked", reason="Build #7 is already in progress", until_ms=5
    )
    concurrent = job("bbb", "<concurrentBuild>true</concurrentBuild>")
    assert isinstance(place(concurrent, build(7), NODES), Place)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ("<assignedNode>a &amp;&amp; b</assignedNode>", "assignedNode a && b (label expressions)"),
        ("<blockBuildWhenUpstreamBuilding>true</blockBuildWhenUpstreamBuilding>", "blockBuildWhenUpstreamBuilding"),
        ("<triggers><hudson.triggers.SCMTrigger/></triggers>", "hudson.triggers.SCMTrigger"),
        ("<publishers><hudson.tasks.Fingerprinter/></publishers>", "hudson.tasks.Fingerprinter"),
    ],
)
def test_what_core_does_and_this_does_not_is_named(more: str, named: str) -> None:
    assert job(more=more).unsupported == (named,)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ('<scm class="hudson.plugins.git.GitSCM"/>', "hudson.plugins.git.GitSCM"),
        ("<buildWrappers><hudson.plugins.timestamper.T/></buildWrappers>", "hudson.plugins.timestamper.T"),
        (
            "<publishers><hudson.tasks.junit.JUnitResultArchiver/></publishers>",
            "hudson.tasks.junit.JUnitResultArchiver",
        ),
        ("<properties><x.LockableProperty/></properties>", "x.LockableProperty"),
        ("<surprise/>", "surprise"),
    ],
)
def test_what_a_plugin_would_do_is_left_out_and_told(more: str, named: str) -> None:
    config = job(more=more)
    assert config.unsupported == ()
    assert config.notes == (f"{named} belongs to a plugin; it is left out, as by a Jenkins without that plugin",)


def test_what_says_nothing_about_a_build_is_no_reason_to_refuse() -> None:
    harmless = (
        '<actions/><scm class="hudson.scm.NullSCM"/><triggers class="vector"/><buildWrappers/><jdk>(Default)</jdk>'
        "<blockBuildWhenUpstreamBuilding>false</blockBuildWhenUpstreamBuilding><keepDependencies>false</keepDependencies>"
    )
    assert job(more=harmless).unsupported == ()
