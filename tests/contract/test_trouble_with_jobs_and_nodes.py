"""A person disables, renames, deletes or edits a board's job, or its node; an agent is killed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fuego_jenkins_remote.network.states import State

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture
def broken(lab: Any) -> Iterator[Any]:
    """The lab; afterwards its jobs and nodes are as they should be."""
    yield lab
    for name in lab.controller.list_jobs(f"{lab.prefix}-moved"):
        lab.person.delete_job(name)
    lab.repaired()
    lab.person.enable_job(lab.job)


def _does_not_hammer(lab: Any) -> None:
    """While the trouble lasts, Jenkins and the hub are asked now and then only."""
    triggers, claims = lab.door.count("POST", "/build"), lab.log.count("claimed")
    time.sleep(4)
    assert lab.door.count("POST", "/build") - triggers <= 3
    assert lab.log.count("claimed") - claims <= 3


def test_a_disabled_job_gets_no_request_and_goes_on_when_it_is_enabled(broken: Any) -> None:
    lab = broken
    lab.person.disable_job(lab.job)
    request = lab.put()
    lab.log_says(lab.job, "disabled")
    _does_not_hammer(lab)
    assert lab.anna.request(request).state in {State.PENDING, State.ASSIGNED}
    lab.person.enable_job(lab.job)
    lab.comes_to(request, State.DONE)
    lab.assert_one_run_at_last(request)


def test_a_deleted_job_is_said_and_lab_jobs_makes_it_again(broken: Any) -> None:
    lab = broken
    lab.person.delete_job(lab.job)
    request = lab.put()
    lab.log_says(lab.job, "no job")
    _does_not_hammer(lab)
    assert lab.anna.request(request).state in {State.PENDING, State.ASSIGNED}
    lab.well("lab", "jobs")
    lab.comes_to(request, State.DONE)
    lab.assert_one_run_at_last(request)


def test_a_renamed_job_is_said_and_lab_jobs_makes_one_of_the_right_name(broken: Any, until: Callable[..., Any]) -> None:
    lab = broken
    # Jenkins renames no job while it builds, and a run comes home before the post-build steps are over.
    until(lambda: not any(one.building for one in lab.controller.builds(lab.job)), "its last build is over")
    lab.person.rename_job(lab.job, f"{lab.prefix}-moved")
    request = lab.put()
    lab.log_says(lab.job, "no job")
    assert lab.anna.request(request).state in {State.PENDING, State.ASSIGNED}
    lab.well("lab", "jobs")
    lab.comes_to(request, State.DONE)
    lab.assert_one_run_at_last(request)


def test_a_job_that_no_longer_calls_the_script_ends_the_request_in_words(broken: Any) -> None:
    lab = broken
    xml = lab.person.get_job_config(lab.job)
    begin, end = xml.index("<command>") + len("<command>"), xml.index("</command>")
    lab.person.reconfig_job(lab.job, f"{xml[:begin]}echo edited by hand{xml[end:]}")
    request = lab.put()
    ended = lab.comes_to(request, State.ERROR)
    assert "before it reached the test" in ended.reason
    assert "edited by hand" in ended.log_tail
    lab.well("lab", "jobs", "--overwrite")
    again = lab.put()
    lab.comes_to(again, State.DONE)
    lab.assert_one_run(again)


def test_a_job_that_lost_its_parameters_is_said(broken: Any) -> None:
    lab = broken
    xml = lab.person.get_job_config(lab.job)
    begin, end = xml.index("<hudson.model.ParametersDefinitionProperty>"), xml.index("</properties>")
    lab.person.reconfig_job(lab.job, xml[:begin] + xml[end:])
    request = lab.put()
    lab.log_says(lab.job, "ftc lab jobs --overwrite")
    assert lab.anna.request(request).state in {State.PENDING, State.ASSIGNED}
    lab.well("lab", "jobs", "--overwrite")
    lab.comes_to(request, State.DONE)


def test_a_job_that_is_deleted_while_its_test_runs_ends_the_request(broken: Any, until: Callable[..., Any]) -> None:
    lab = broken
    request = lab.running()
    lab.person.delete_job(lab.job)
    ended = lab.comes_to(request, State.ERROR, State.CANCELLED)
    assert ended.reason
    until(lambda: not lab.test_processes(request), "its processes have ended")


def test_a_node_that_is_deleted_while_its_test_runs_ends_the_request(broken: Any, until: Callable[..., Any]) -> None:
    lab = broken
    request = lab.running()
    lab.under_test.post(f"computer/{lab.board}/doDelete")
    lab.release()
    ended = lab.comes_to(request, State.DONE, State.ERROR, State.CANCELLED)
    assert ended.state is State.DONE or ended.reason
    until(lambda: not lab.test_processes(request), "its processes have ended")


def test_a_board_whose_node_is_deleted_gets_no_request(broken: Any) -> None:
    lab = broken
    lab.person.delete_node(lab.board)
    lab.bridge_looks_again()
    request = lab.put()
    _does_not_hammer(lab)
    assert lab.anna.request(request).state is State.PENDING
    lab.repaired()
    lab.bridge_looks_again()
    lab.comes_to(request, State.DONE)
    lab.assert_one_run(request)


def test_a_test_whose_agent_is_killed_comes_to_its_end(broken: Any, until: Callable[..., Any]) -> None:
    lab = broken
    if lab.under_test.is_embedded:
        pytest.skip("the embedded controller's nodes have no agents")
    request = lab.running()
    lab.under_test.agents[lab.board].kill()
    lab.release()
    ended = lab.comes_to(request, State.DONE, State.ERROR)
    assert ended.state is State.DONE or ended.reason
    lab.under_test.wait_for_agents()
    again = lab.put()
    lab.comes_to(again, State.DONE)
    lab.assert_one_run(again)
