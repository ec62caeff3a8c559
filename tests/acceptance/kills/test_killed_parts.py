"""A part is killed at a point of a request's way and started again: the test has begun once, one run is delivered."""

from __future__ import annotations

from typing import Any

import pytest
from holding_proxy import At
from points import POINTS

from fuego_jenkins_remote.network.states import State

pytestmark = pytest.mark.slow

# Whoever has no part in what is under way, and keeps nothing of it, is not killed there.
LATE = list(POINTS)[list(POINTS).index("tested on its way") :]
VICTIMS = {
    "bridge": list(POINTS),
    "hub": list(POINTS),
    "vision": LATE,
    "jenkins": [name for name in POINTS if name not in LATE] + ["tested on its way"],
}


@pytest.mark.parametrize(
    ("victim", "point"), [pytest.param(who, name, id=f"{who}-{name}") for who in VICTIMS for name in VICTIMS[who]]
)
def test_its_run_is_delivered_once(stage: Any, victim: str, point: str) -> None:
    with POINTS[point](stage) as stop:
        request = stage.put()
        stop.reached(request)
        stage.part(victim).kill()
        stage.part(victim).start()
        stop.go_on(victim)
        stage.comes_to(request, State.DONE)
    stage.assert_one_run(request)


def test_a_board_whose_build_jenkins_has_lost_goes_to_nobody_before_its_test_has_ended(stage: Any) -> None:
    first = stage.running()
    stage.jenkins.kill()
    stage.jenkins.start()
    stage.bridge.kill()
    second = stage.put()
    stage.bridge.start()  # it claims for the boards that it holds for idle
    path = r"/attempts/1/heartbeat$"
    with stage.proxies["hub"].holding("POST", f"{first}{path}", At.AFTER) as beat:
        beat.wait()  # the bridge has looked after the first
    assert stage.anna.request(second).state is State.PENDING
    stage.release()
    for request in (first, second):
        stage.comes_to(request, State.DONE)
        stage.assert_one_run(request)
    assert stage.order[-4:] == [f"{first}.1", f"ended {first}.1", f"{second}.1", f"ended {second}.1"]


def test_of_two_builds_of_an_attempt_one_runs(stage: Any) -> None:
    """Its trigger is answered to nobody; Jenkins and bridge are killed, so it is triggered again."""
    with POINTS["triggered"](stage) as stop:
        request = stage.put()
        stop.reached(request)
        for part in (stage.bridge, stage.jenkins):
            part.kill()
        for part in (stage.jenkins, stage.bridge):
            part.start()
        stop.go_on("bridge")
        stage.comes_to(request, State.DONE)
    stage.assert_one_run(request)


def test_while_the_bridge_is_dead_jenkins_brings_the_run_home(stage: Any) -> None:
    with stage.push_job():
        request = stage.running()
        stage.bridge.kill()
        stage.release()
        stage.comes_to(request, State.DONE)
    stage.bridge.start()
    stage.assert_one_run(request)
