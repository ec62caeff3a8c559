"""From the trigger to the console's end: queue items, builds, and what stops them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from controllers import UnderTest
from fuego_jenkins_remote.lab.errors import ControllerTrouble
from fuego_jenkins_remote.lab.jenkins.controller import Build, Controller, QueueItem
from fuego_jenkins_remote.network.identities import AttemptId

pytestmark = pytest.mark.slow
NOWHERE = "contract-no-such-node"


def _waiting(jobs: Any, controller: Controller) -> tuple[str, AttemptId]:
    """A job that waits in the queue, since no node can run it."""
    name, attempt = jobs.make(node=NOWHERE), jobs.attempt()
    controller.trigger(name, attempt)
    return name, attempt


def _cancel(controller: Controller, name: str) -> None:
    for item in controller.queue():
        if item.job == name:
            controller.cancel_queue_item(item.id)


# -- the queue


def test_a_triggered_attempt_waits_in_the_queue_and_the_reason_is_said(
    jobs: Any, controller: Controller, until: Callable[..., Any]
) -> None:
    name, attempt = _waiting(jobs, controller)

    def said() -> QueueItem | None:
        found = controller.find(name, attempt)
        return found if isinstance(found, QueueItem) and NOWHERE in found.why else None

    item = until(said, "the reason")
    assert (item.job, item.attempt) == (name, attempt)
    _cancel(controller, name)


def test_a_cancelled_item_is_gone_and_may_be_cancelled_again(
    jobs: Any, controller: Controller, until: Callable[..., Any]
) -> None:
    name, attempt = _waiting(jobs, controller)
    found = controller.find(name, attempt)
    assert isinstance(found, QueueItem)
    controller.cancel_queue_item(found.id)
    until(lambda: controller.find(name, attempt) is None, "out of the queue")
    controller.cancel_queue_item(found.id)


def test_cancelling_an_item_that_never_was_is_no_error(controller: Controller) -> None:
    controller.cancel_queue_item(99_999_999)


def test_the_same_attempt_twice_merges_into_one_item(jobs: Any, controller: Controller) -> None:
    name, attempt = _waiting(jobs, controller)
    item = controller.find(name, attempt)
    assert isinstance(item, QueueItem)
    assert controller.trigger(name, attempt) in (None, item.id)
    assert [one.id for one in controller.queue() if one.job == name] == [item.id]
    _cancel(controller, name)


def test_another_attempt_of_the_same_request_is_an_item_of_its_own(jobs: Any, controller: Controller) -> None:
    name, attempt = _waiting(jobs, controller)
    second = AttemptId(attempt.request, 2)
    controller.trigger(name, second)
    assert {one.attempt for one in controller.queue() if one.job == name} == {attempt, second}
    _cancel(controller, name)
    _cancel(controller, name)


def test_a_job_that_runs_lets_the_next_attempt_wait_and_says_so(
    jobs: Any, controller: Controller, until: Callable[..., Any]
) -> None:
    name, first, second = jobs.make("sleep 60"), jobs.attempt(), jobs.attempt()
    controller.trigger(name, first)
    build = jobs.build(name, first, over=False)
    controller.trigger(name, second)

    def why() -> bool:
        found = controller.find(name, second)
        return isinstance(found, QueueItem) and f"Build #{build.number} is already in progress" in found.why

    until(why, "the reason")
    _cancel(controller, name)
    controller.stop_build(name, build.number)


def test_disabling_a_job_takes_its_item_out_of_the_queue(
    jobs: Any, controller: Controller, under_test: UnderTest, until: Callable[..., Any]
) -> None:
    name, attempt = _waiting(jobs, controller)
    under_test.person().disable_job(name)
    until(lambda: controller.find(name, attempt) is None, "out of the queue")


# -- what is not taken


def test_a_job_that_is_not_there_is_not_triggered(jobs: Any, controller: Controller) -> None:
    with pytest.raises(ControllerTrouble, match="contract-gone"):
        controller.trigger("contract-gone", jobs.attempt())


def test_a_disabled_job_is_not_triggered(jobs: Any, controller: Controller, under_test: UnderTest) -> None:
    name = jobs.make()
    under_test.person().disable_job(name)
    with pytest.raises(ControllerTrouble, match=rf"{name}.*disabled"):
        controller.trigger(name, jobs.attempt())


def test_a_job_without_parameters_is_not_triggered_for_an_attempt(jobs: Any, controller: Controller) -> None:
    name = jobs.make()
    controller.reconfig_job(name, "<project><builders/><publishers/></project>")
    with pytest.raises(ControllerTrouble, match=name):
        controller.trigger(name, jobs.attempt())


# -- builds


def test_a_build_is_found_by_its_attempt_and_told_from_others(jobs: Any, controller: Controller) -> None:
    name, attempt = jobs.make("echo hier ist $REQUEST_ID.$ATTEMPT"), jobs.attempt()
    other = AttemptId(attempt.request, 2)
    for one in (other, attempt):
        controller.trigger(name, one)
    build = jobs.build(name, attempt, over=True)
    assert (build.attempt, build.result) == (attempt, "SUCCESS")
    assert build.number == 2
    assert f"hier ist {attempt}" in jobs.console(build)
    assert controller.find(name, AttemptId(attempt.request, 3)) is None


def test_a_builds_page_is_where_the_adapter_says(jobs: Any, controller: Controller, under_test: UnderTest) -> None:
    name = jobs.make()
    build = jobs.ran(name)
    assert build.url.endswith(f"/job/{name}/{build.number}/")
    assert controller.build_url(name, str(build.number)) == f"{under_test.url}/job/{name}/{build.number}/"


@pytest.mark.parametrize(("command", "result"), [("exit 0", "SUCCESS"), ("exit 1", "FAILURE")])
def test_a_builds_result_is_jenkins_own(jobs: Any, command: str, result: str) -> None:
    assert jobs.ran(jobs.make(command)).result == result


def test_the_newest_builds_come_first(jobs: Any, controller: Controller) -> None:
    name = jobs.make()
    numbers = [jobs.ran(name).number for _ in range(3)]
    assert [build.number for build in controller.builds(name)] == numbers[::-1]
    assert not any(build.building for build in controller.builds(name))


def test_a_build_that_a_person_started_belongs_to_no_attempt(
    jobs: Any, controller: Controller, under_test: UnderTest, until: Callable[..., Any]
) -> None:
    name = jobs.make()
    under_test.person().build_job(name, {"REQUEST_ID": "hello", "ATTEMPT": ""})
    assert until(lambda: controller.builds(name))[0].attempt is None


def test_a_running_build_is_stopped_and_says_by_whom(jobs: Any, controller: Controller, under_test: UnderTest) -> None:
    name, attempt = jobs.make("sleep 60"), jobs.attempt()
    controller.trigger(name, attempt)
    build = jobs.build(name, attempt, over=False)
    controller.stop_build(name, build.number)
    ended = jobs.build(name, attempt, over=True)
    assert ended.result == "ABORTED"
    assert f"Aborted by {under_test.user}" in jobs.console(ended)


def test_a_build_that_is_over_stays_as_it_is_when_it_is_stopped(jobs: Any, controller: Controller) -> None:
    name = jobs.make()
    build = jobs.ran(name)
    controller.stop_build(name, build.number)
    assert controller.builds(name) == [build]


def test_a_deleted_build_is_found_nowhere(jobs: Any, controller: Controller, under_test: UnderTest) -> None:
    name = jobs.make()
    build = jobs.ran(name)
    assert build.attempt
    assert jobs.console(build)  # a real one writes the record of a build again until then
    under_test.person().delete_build(name, build.number)
    assert controller.find(name, build.attempt) is None
    assert controller.console_tail(name, build.number, 100) == ""
    controller.stop_build(name, build.number)


def test_of_a_long_console_only_the_end_is_given(jobs: Any, controller: Controller) -> None:
    name = jobs.make("for i in $(seq 9999); do echo line $i; done")
    build = jobs.ran(name)
    assert len(jobs.console(build, 300).encode()) == 300


def test_a_console_is_told_while_it_grows(jobs: Any, controller: Controller, until: Callable[..., Any]) -> None:
    name, attempt = jobs.make("echo schön hier; sleep 60"), jobs.attempt()
    controller.trigger(name, attempt)
    build = jobs.build(name, attempt, over=False)
    until(lambda: "schön hier" in controller.console_tail(name, build.number, 400), "its first line")
    controller.stop_build(name, build.number)


def test_builds_of_a_job_that_is_not_there_are_none(jobs: Any, controller: Controller) -> None:
    assert controller.builds("contract-gone") == []
    assert controller.find("contract-gone", jobs.attempt()) is None
    assert controller.console_tail("contract-gone", 1, 100) == ""
    controller.stop_build("contract-gone", 1)


def test_a_build_runs_while_its_last_step_does(jobs: Any, controller: Controller, until: Callable[..., Any]) -> None:
    """Jenkins gives a result before the build is over: what counts is that it is over."""
    name, attempt = jobs.make("echo; exit 1"), jobs.attempt()
    controller.trigger(name, attempt)
    seen: list[Build] = []
    while not seen or seen[-1].building:
        found = controller.find(name, attempt)
        if isinstance(found, Build):
            seen.append(found)
    assert seen[-1].result == "FAILURE"
