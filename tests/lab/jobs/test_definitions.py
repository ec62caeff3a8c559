"""The lab's jobs as XML: names, values and plugins, and what the process is left with."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.jobs.definitions import JobBoard, LabValues, find_script, job_xml
from fuego_jenkins_remote.lab.jobs.plugins import Profile, choose
from job_boards import PLUGIN_NAMES, boards

VALUES = LabValues()
BBB, PUSH = "remote-request-bbb", "remote-request-push"

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


@pytest.mark.parametrize("view", ["a/b", "a?", "x\ny", "<b>"])
def test_a_view_that_jenkins_would_refuse_is_refused(view: str) -> None:
    with pytest.raises(LabError, match="jenkins_view"):
        job_xml(boards("bbb"), LabValues(jenkins_view=view))


def test_who_may_use_a_board_is_harmless_where_descriptions_are_raw_html() -> None:
    board = JobBoard(name="bbb", access="<script>{job_prefix}</script> & co\nMade by ftc")
    description = ET.fromstring(job_xml([board], VALUES)[BBB]).findtext("description") or ""
    assert description.splitlines()[1] == "&lt;script&gt;{job_prefix}&lt;/script&gt; &amp; co Made by ftc"


# ---- Plugins


def test_without_plugins_nothing_of_them_is_in_a_job() -> None:
    board = JobBoard(name="bbb", resources=("power-1",))
    assert "plugins" not in "".join(job_xml([board], LabValues(hub_credentials="hub")).values())


def test_what_boards_share_is_locked() -> None:
    board = JobBoard(name="bbb", resources=("power-1", "usb-2"))
    made = job_xml([board, *boards("rpi")], LabValues(plugins=frozenset({"lockable-resources"})))
    assert "<resourceNames>power-1 usb-2</resourceNames>" in made[BBB]
    assert "lockableresources" not in made["remote-request-rpi"]


def test_a_resource_is_a_name() -> None:
    with pytest.raises(LabError, match="cannot make jobs"):
        job_xml([JobBoard(name="bbb", resources=("a b",))], LabValues(plugins=PLUGIN_NAMES))


def test_tokens_come_from_jenkins_credentials_only_where_they_are_named() -> None:
    assert "credentialsbinding" not in job_xml(boards("bbb"), LabValues(plugins=PLUGIN_NAMES))[PUSH]
    made = job_xml(
        boards("bbb"), LabValues(plugins=PLUGIN_NAMES, hub_credentials="hub-{1}", vision_credentials="vision")
    )
    assert "<credentialsId>hub-{1}</credentialsId>" in made[PUSH]
    assert "<variable>FUEGO_VISION_TOKEN</variable>" in made[PUSH]
    assert "credentialsbinding" not in made[BBB]


def test_auto_uses_each_plugin_that_is_there_and_names_the_others() -> None:
    choice = choose(Profile.AUTO, {"junit", "git", "cloudbees-folder"})
    assert list(choice.used) == ["junit"]
    assert "postbuildscript" in choice.missing
    assert not {"junit", "git", "cloudbees-folder", "credentials-binding"} & choice.missing.keys()


def test_core_uses_none_and_misses_none() -> None:
    choice = choose(Profile.CORE, PLUGIN_NAMES)
    assert (choice.used, choice.missing) == ({}, {})


def test_plugins_wants_them_all() -> None:
    with pytest.raises(LabError, match=r"profile plugins: .*postbuildscript.*not there"):
        choose(Profile.PLUGINS, {"junit"})
    assert choose(Profile.PLUGINS, PLUGIN_NAMES).used.keys() == PLUGIN_NAMES - {"credentials-binding"}


@pytest.mark.parametrize(
    ("more", "plugin"), [({"folder": "fuego"}, "cloudbees-folder"), ({"credentials": True}, "credentials-binding")]
)
def test_what_was_asked_for_names_the_plugin_it_needs(more: dict[str, Any], plugin: str) -> None:
    with pytest.raises(LabError, match=plugin):
        choose(Profile.AUTO, {"junit"}, **more)


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


def test_the_script_for_run_request_is_there() -> None:
    assert find_script().read_text().startswith("#!/bin/bash\n")


@pytest.mark.parametrize("line", ["<b>", "$FUEGO_HUB_TOKEN", 'http://x" onclick="y'])
def test_a_description_is_not_taken_from_a_line_that_would_do_something(line: str) -> None:
    made = ET.fromstring(job_xml(boards("bbb"), LabValues(plugins=PLUGIN_NAMES))[BBB])
    setter = "publishers/hudson.plugins.descriptionsetter.DescriptionSetterPublisher"
    for pattern in (made.findtext(f"{setter}/regexp"), made.findtext(f"{setter}/regexpForFailed")):
        assert re.search(str(pattern), "remote-request: this is anna's Functional.hello &amp; co on bbb")
        assert not re.search(str(pattern), f"remote-request: this is {line}")
