"""The jobs for people as XML: golden files, linters, and whether the docs tell of all of them."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from fuego_jenkins_remote.lab.jobs.definitions import LabValues, job_xml
from fuego_jenkins_remote.lab.jobs.people import ALL
from golden import FOLDER, assert_golden, without_scripts
from job_boards import PLUGIN_NAMES, boards

ROOT = Path(__file__).parents[2]
SHELL = ROOT / "jenkins_jobs" / "shell"
CORE = LabValues(people=ALL)
PLUGINS = LabValues(
    people=ALL,
    plugins=PLUGIN_NAMES,
    hub_credentials="hub-token",
    vision_credentials="vision-token",
    people_credentials="people-token",
)


@pytest.fixture(scope="module")
def core() -> dict[str, str]:
    return job_xml(boards("beaglebone"), CORE)


@pytest.fixture(scope="module")
def plugins() -> dict[str, str]:
    return job_xml(boards("beaglebone"), PLUGINS)


def step(xml: str) -> str:
    return ET.fromstring(xml).findtext("builders/hudson.tasks.Shell/command") or ""


@pytest.mark.parametrize("job", ALL)
@pytest.mark.parametrize("profile", ["core", "plugins"])
def test_golden_job(job: str, profile: str, request: pytest.FixtureRequest) -> None:
    assert_golden(without_scripts(request.getfixturevalue(profile)[job]), f"people-jobs/{profile}/{job}.xml")


@pytest.mark.parametrize("profile", ["core", "plugins"])
def test_golden_has_every_template(profile: str) -> None:
    assert {path.stem for path in (FOLDER / "people-jobs" / profile).iterdir()} == set(ALL)


def test_without_being_asked_for_none_is_made() -> None:
    assert not set(ALL) & set(job_xml(boards("beaglebone"), LabValues()))


@pytest.mark.parametrize("job", ALL)
def test_a_step_is_the_common_part_and_the_script_as_they_are(core: dict[str, str], job: str) -> None:
    command = step(core[job])
    assert command.startswith("#!/bin/bash\n")
    common, script = ((SHELL / name).read_text() for name in ("people-common.sh", f"{job}.sh"))
    assert command.strip().endswith(script.strip())
    assert common.strip() in command


@pytest.mark.slow
@pytest.mark.parametrize("job", ALL)
def test_shellcheck_accepts_the_generated_step(job: str, tmp_path: Path) -> None:
    values = LabValues(people=ALL, fuego_conf="/a path/{here}/fuego.conf", push_ftc="/opt/my tools/ftc")
    made = step(job_xml(boards("beaglebone"), values)[job])
    file = tmp_path / "step.sh"
    # The scripts' own first lines are comments in the step.
    file.write_text(made.replace("\n#!/bin/bash\n", "\n"))
    shellcheck = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run([shellcheck, file], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def test_tokens_of_jenkins_credentials_are_variables_of_these_jobs_alone(plugins: dict[str, str]) -> None:
    for name, xml in plugins.items():
        bound = {one.text for one in ET.fromstring(xml).iter("variable")}
        assert ("FUEGO_PEOPLE_TOKEN" in bound) == (name in ALL), name


def test_jobs_may_be_called_otherwise() -> None:
    made = job_xml(boards("beaglebone"), LabValues(people=ALL, people_prefix="fuego"))
    assert {name for name in made if name.startswith("fuego-")} == {
        f"fuego{name.removeprefix('remote')}" for name in ALL
    }


def test_every_template_and_parameter_is_in_the_docs() -> None:
    text = (ROOT / "docs" / "from-jenkins.md").read_text()
    documents = yaml.load((ROOT / "jenkins_jobs" / "people.yaml").read_text(), Loader=_loader())
    templates = [one["job-template"]["id"] for one in documents if "job-template" in one]
    assert tuple(templates) == tuple(sorted(ALL, key=templates.index))
    assert set(templates) == set(ALL)
    for template in templates:
        assert f"`{template}`" in text
    for name in _parameter_names(documents):
        assert f"`{name}`" in text, name


def _loader() -> type[yaml.SafeLoader]:
    class Loader(yaml.SafeLoader):
        """Knows the tags, not what they do."""

    Loader.add_multi_constructor("!", lambda loader, suffix, node: str(node.value))
    return Loader


def _parameter_names(documents: list[dict[str, dict[str, object]]]) -> set[str]:
    found: set[str] = set()

    def look(value: object) -> None:
        if isinstance(value, dict):
            for kind in ("string", "choice"):
                if isinstance(value.get(kind), dict) and "name" in value[kind]:
                    found.add(value[kind]["name"])
            for one in value.values():
                look(one)
        elif isinstance(value, list):
            for one in value:
                look(one)

    look(documents)
    assert {"SELECTOR", "REQUEST", "ANSWER"} <= found
    return found
