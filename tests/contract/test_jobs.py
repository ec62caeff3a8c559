"""Jobs: made, read back, changed, listed, removed."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from fuego_jenkins_remote.lab.errors import ControllerTrouble
from fuego_jenkins_remote.lab.jenkins.controller import Controller
from fuego_jenkins_remote.lab.upload.config_xml import JobConfig, is_same

pytestmark = pytest.mark.slow


def _parts(xml: str) -> list[tuple[str, str]]:
    """The elements and their texts. A real Jenkins writes another declaration, and empty elements its own way."""
    root = ElementTree.fromstring(xml.partition("?>")[2])
    return [(element.tag, (element.text or "").strip()) for element in root.iter()]


def test_a_job_is_read_back_as_it_was_posted(jobs: Any, controller: Controller) -> None:
    xml = jobs.xml("echo 'größer & <kleiner>'")
    name = jobs.make()
    controller.reconfig_job(name, xml)
    read = controller.get_job_config(name)
    assert read is not None
    assert is_same(JobConfig.parse(read).tree, JobConfig.parse(xml).tree)


def test_a_job_that_is_not_there_has_no_config_and_is_removed_already(controller: Controller) -> None:
    assert controller.get_job_config("contract-gone") is None
    controller.delete_job("contract-gone")


def test_a_removed_job_is_gone_with_its_builds(jobs: Any, controller: Controller) -> None:
    name = jobs.make()
    jobs.ran(name)
    controller.delete_job(name)
    assert controller.get_job_config(name) is None
    assert controller.builds(name) == []


def test_jobs_are_listed_by_how_their_names_begin(jobs: Any, controller: Controller) -> None:
    first = jobs.make()
    second = jobs.make(name=f"{first}-zwei")
    jobs.make()
    assert sorted(controller.list_jobs(first)) == [first, second]


@pytest.mark.parametrize("end", ["a.b_c", "größe", "with spaces"])
def test_names_with_signs_in_them_are_found(jobs: Any, controller: Controller, end: str) -> None:
    name = jobs.make(name=f"{jobs.make()}-{end}")
    build = jobs.ran(name)
    assert controller.list_jobs(name) == [name]
    assert jobs.console(build)


@pytest.mark.parametrize("end", ["50%", "a/b", "a?b", ".."])
def test_names_that_no_job_may_have_are_refused(controller: Controller, jobs: Any, end: str) -> None:
    with pytest.raises(ControllerTrouble):
        controller.create_job(end, jobs.xml())


def test_a_second_job_of_the_same_name_is_refused(jobs: Any, controller: Controller) -> None:
    name = jobs.make()
    with pytest.raises(ControllerTrouble, match="already exists"):
        controller.create_job(name, jobs.xml())


def test_what_is_no_xml_is_refused_and_makes_no_job(controller: Controller) -> None:
    with pytest.raises(ControllerTrouble):
        controller.create_job("contract-broken", "<project>")
    assert controller.get_job_config("contract-broken") is None
