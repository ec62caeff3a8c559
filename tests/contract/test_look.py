"""One look at all builds, the queue and the nodes."""

from __future__ import annotations

import time
from collections.abc import Callable
from secrets import token_hex
from typing import Any

import pytest
import requests

from controllers import UnderTest
from fuego_jenkins_remote.lab.jenkins.controller import Build, Controller, QueueItem
from fuego_jenkins_remote.lab.jenkins.overview import Overview
from fuego_jenkins_remote.lab.jenkins.queue_reasons import waits_for

pytestmark = pytest.mark.slow
NOWHERE = "contract-no-such-node"


def _look(controller: Controller, view: str = "") -> Overview:
    return controller.overview(time.time, view=view)


def test_a_running_build_and_what_its_node_is_at_are_seen(
    jobs: Any, controller: Controller, until: Callable[..., Any]
) -> None:
    name, attempt = jobs.make("sleep 60"), jobs.attempt()
    controller.trigger(name, attempt)
    build = jobs.build(name, attempt, over=False)
    seen = _look(controller)
    found = seen.find(name, attempt)
    assert isinstance(found, Build)
    assert (found.number, found.building) == (build.number, True)
    assert name in {work.job for node in seen.nodes.values() for work in node.work}
    assert not seen.quieting_down
    controller.stop_build(name, build.number)
    jobs.build(name, attempt, over=True)
    found = _look(controller).find(name, attempt)
    assert isinstance(found, Build)
    assert not found.building


def test_what_waits_is_seen_with_the_node_that_it_waits_for(
    jobs: Any, controller: Controller, until: Callable[..., Any]
) -> None:
    name, attempt = jobs.make(node=NOWHERE), jobs.attempt()
    controller.trigger(name, attempt)

    def said() -> str | None:
        found = _look(controller).find(name, attempt)
        assert isinstance(found, QueueItem)
        assert found.label == NOWHERE
        told = waits_for(found, "timslab:bbb", None, time.time())
        return told if NOWHERE in told else None

    assert until(said, "the reason") == f"waits for timslab:bbb: this lab's Jenkins has no node {NOWHERE}"
    found = _look(controller).find(name, attempt)
    assert isinstance(found, QueueItem)
    assert not controller.was_cancelled(found.id, attempt)
    controller.cancel_queue_item(found.id)
    until(lambda: controller.was_cancelled(found.id, attempt), "known as cancelled")
    assert not controller.was_cancelled(found.id, jobs.attempt())


def test_a_build_that_waits_for_another_one_is_told_so(
    jobs: Any, controller: Controller, until: Callable[..., Any]
) -> None:
    name, first, second = jobs.make("sleep 60"), jobs.attempt(), jobs.attempt()
    controller.trigger(name, first)
    build = jobs.build(name, first, over=False)
    controller.trigger(name, second)

    def said() -> str | None:
        found = _look(controller).find(name, second)
        told = waits_for(found, "timslab:bbb", None, time.time()) if isinstance(found, QueueItem) else ""
        return told if "its job is running" in told else None

    assert until(said, "the reason").startswith(f"waits for timslab:bbb: build {build.number} of its job is running")
    item = _look(controller).find(name, second)
    assert isinstance(item, QueueItem)
    controller.cancel_queue_item(item.id)
    controller.stop_build(name, build.number)


def test_a_view_keeps_other_jobs_out_of_a_look(under_test: UnderTest, jobs: Any, controller: Controller) -> None:
    ours, other, view = jobs.make(), jobs.make(), f"contract-{token_hex(4)}"
    names = f"<jobNames><string>{ours}</string></jobNames>"
    xml = f"<hudson.model.ListView><name>{view}</name>{names}</hudson.model.ListView>"
    under_test.person().create_view(view, xml)
    attempts = []
    for name in (ours, other):
        attempts.append(jobs.attempt())
        controller.trigger(name, attempts[-1])
        jobs.build(name, attempts[-1], over=True)
    seen = _look(controller, view)
    assert seen.find(ours, attempts[0]) is not None
    assert seen.find(other, attempts[1]) is None
    under_test.person().delete_view(view)
    assert _look(controller, view).find(other, attempts[1]) is not None


def test_a_node_that_a_person_sets_offline_is_seen_with_the_reason(
    under_test: UnderTest, controller: Controller, tmp_path: Any
) -> None:
    name = f"contract-{token_hex(4)}"
    controller.create_node(name, str(tmp_path))
    try:
        under_test.person().disable_node(name, "the board is being moved")
        node = _look(controller).nodes[name]
        assert not node.online
        # Without an agent it was offline before, and Jenkins keeps no person's word.
        assert node.reason == ("the board is being moved" if under_test.is_embedded else "")
        assert node.by_person or not under_test.is_embedded
    finally:
        under_test.person().delete_node(name)


def test_a_jenkins_that_is_about_to_shut_down_is_seen_so(under_test: UnderTest, controller: Controller) -> None:
    under_test.person().quiet_down()
    try:
        assert _look(controller).quieting_down
    finally:
        under_test.person().jenkins_open(requests.Request("POST", f"{controller.url}/cancelQuietDown"))
