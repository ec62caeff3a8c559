"""jenkins_jobs/: what the plain jenkins-jobs command makes of it, and whether the linters have anything to say."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from fuego_jenkins_remote.lab.jobs.definitions import JobBoard, LabValues, find_definitions, job_xml, lab_xml
from fuego_jenkins_remote.lab.upload.config_xml import JobConfig
from golden import FOLDER, assert_golden, without_scripts
from job_boards import PLUGIN_NAMES, boards

ROOT = Path(__file__).parents[2]
JOBS = ROOT / "jenkins_jobs"
BIN = Path(sys.executable).parent


def _accepts(*command: str | Path) -> None:
    """Run a linter of the environment that runs the tests; it must have nothing to complain of."""
    done = subprocess.run(
        [BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _made(profile: str) -> dict[str, str]:
    """A lab's jobs and view as a profile has them, with all that a lab may set."""
    if profile == "core":
        return lab_xml(boards("beaglebone"), LabValues())
    values = LabValues(
        plugins=PLUGIN_NAMES,
        hub_credentials="fuego-hub",
        vision_credentials="fuego-vision",
        trigger_token="a-trigger-token",
    )
    access = "Everybody in the network may ask for it."
    return lab_xml([JobBoard(name="beaglebone", access=access, resources=("power-1", "usb-2"))], values)


@pytest.mark.parametrize("name", ["remote-request-beaglebone", "remote-request-push", "Fuego network"])
@pytest.mark.parametrize("profile", ["core", "plugins"])
def test_golden_job(profile: str, name: str) -> None:
    assert_golden(without_scripts(_made(profile)[name]), f"jobs/{profile}/{name}.xml")


@pytest.mark.parametrize("profile", ["core", "plugins"])
def test_golden_has_every_template(profile: str) -> None:
    assert {f"{name}.xml" for name in _made(profile)} == {path.name for path in (FOLDER / "jobs" / profile).iterdir()}


@pytest.mark.parametrize("job", ["remote-request-beaglebone", "remote-request-push"])
def test_the_step_begins_with_bash_and_ends_with_the_script_as_it_is(job: str) -> None:
    script = (JOBS / "shell" / ("remote-request-push.sh" if job.endswith("push") else "remote-request.sh")).read_text()
    command = ET.fromstring(job_xml(boards("beaglebone"), LabValues())[job]).findtext(
        "builders/hudson.tasks.Shell/command"
    )
    assert command is not None
    assert command.startswith("#!/bin/bash\n")
    assert command.rstrip("\n").endswith("\n" + script.rstrip("\n"))


@pytest.mark.slow
@pytest.mark.parametrize("job", ["remote-request-beaglebone", "remote-request-push"])
def test_shellcheck_accepts_the_generated_steps(job: str, tmp_path: Path) -> None:
    values = LabValues(fuego_rw="/a path/{here}", fuego_ftc="/opt/my tools/ftc", plugins=PLUGIN_NAMES)
    made = ET.fromstring(job_xml(boards("beaglebone"), values)[job])
    commands = [command.text or "" for command in made.iterfind(".//hudson.tasks.Shell/command")]
    assert len(commands) == (1 if job.endswith("push") else 2)
    for number, command in enumerate(commands):
        # The script's own first line is a comment in the step.
        (tmp_path / f"step-{number}.sh").write_text(command.replace("\n#!/bin/bash\n", "\n"))
    _accepts("shellcheck", *tmp_path.iterdir())


@pytest.mark.slow
def test_shellcheck_accepts_the_scripts() -> None:
    _accepts("shellcheck", *sorted((JOBS / "shell").glob("*.sh")))


@pytest.mark.slow
def test_yamllint_accepts_the_definitions() -> None:
    _accepts("yamllint", "--strict", JOBS)


def test_the_folder_is_no_python_package() -> None:
    """jenkins-job-builder is imported by this name."""
    assert not list(JOBS.rglob("__init__.py"))
    assert find_definitions() == JOBS


def test_every_template_is_in_the_docs() -> None:
    text = (ROOT / "docs" / "jobs.md").read_text()
    for line in (JOBS / "templates.yaml").read_text().splitlines():
        if line.startswith("    id: "):
            assert f"`{line.removeprefix('    id: ')}" in text


def test_every_value_that_can_be_set_is_in_the_docs() -> None:
    text = (ROOT / "docs" / "jobs.md").read_text()
    keys = [
        line[4:].partition(":")[0]
        for line in (JOBS / "defaults.yaml").read_text().splitlines()
        if line.startswith("    ") and line[4:5].isalpha()
    ]
    assert len(keys) > 15
    assert [key for key in keys if key != "name" and f"`{key}`" not in text] == []


def test_every_job_says_whose_it_is() -> None:
    for xml in job_xml(boards("beaglebone"), LabValues()).values():
        assert JobConfig.parse(xml).is_ours


def test_values_reach_the_shell_as_they_are(tmp_path: Path) -> None:
    hostile = "/a {b} 'c' $(id) \"d\" `e` \\ * größe"
    names = ["fuego_core", "fuego_ro", "fuego_rw", "lab_dir", "fuego_ftc"]
    xml = job_xml(boards("beaglebone"), LabValues(**{name: f"{hostile}/{name}" for name in names}))
    command = ET.fromstring(xml["remote-request-beaglebone"]).findtext("builders/hudson.tasks.Shell/command") or ""
    head = command.split("\n#!/bin/bash\n")[0]
    show = '\nprintf "%s\\0" "$FUEGO_CORE" "$FUEGO_RO" "$FUEGO_RW" "$FUEGO_LAB_DIR" "$FUEGO_FTC"'
    done = subprocess.run(["bash", "-c", head + show], env={}, capture_output=True, text=True, check=True)
    assert done.stdout.split("\0")[:-1] == [f"{hostile}/{name}" for name in names]


def test_jenkins_own_folders_win_over_the_jobs(tmp_path: Path) -> None:
    xml = job_xml(boards("beaglebone"), LabValues(fuego_rw="/from/conf"))["remote-request-beaglebone"]
    command = ET.fromstring(xml).findtext("builders/hudson.tasks.Shell/command") or ""
    head = command.split("\n#!/bin/bash\n")[0] + '\necho "$FUEGO_RW $FUEGO_LAB_DIR"'
    done = subprocess.run(["bash", "-c", head], env={"FUEGO_RW": "/rw"}, capture_output=True, text=True, check=True)
    assert done.stdout == "/rw /rw/remote\n"
