"""A lab that runs no bridge: from a timer, or by hand."""

from __future__ import annotations

from typing import Any

import pytest

from fuego_jenkins_remote.network.identities import new_call_id
from fuego_jenkins_remote.network.states import State

pytestmark = pytest.mark.slow


@pytest.fixture
def lab(network: Any) -> Any:
    """The network without its bridge."""
    network.bridge.end()
    return network


def test_three_polls_bring_a_run_home(lab: Any, until: Any) -> None:
    request = lab.put()
    first = lab.ftc(lab.lab_conf, "lab", "poll")
    assert first.returncode == 0, first.stderr
    assert f"claimed {request}.1" in first.stderr
    until(lambda: list(lab.outbox.glob(f"{request}.*")), "the script has left its outcome")
    for _ in range(2):
        done = lab.ftc(lab.lab_conf, "lab", "poll")
        assert done.returncode == 0, done.stderr
    lab.comes_to(request, State.DONE, seconds=1)
    lab.assert_one_run(request)


def test_a_poll_beside_a_bridge_says_so(network: Any) -> None:
    done = network.ftc(network.lab_conf, "lab", "poll")
    assert done.returncode == 1
    assert "another ftc lab serve or poll is at work" in done.stderr


def test_a_request_run_by_hand_is_delivered_by_hand(lab: Any) -> None:
    request = lab.put()
    shown = lab.ftc(lab.lab_conf, "get-request", "-q")
    assert shown.stdout.split() == [request]
    ran = lab.ftc(lab.lab_conf, "run-request", request)
    assert ran.returncode == 0, ran.stderr
    assert lab.anna.request(request).state is State.TESTED
    put = lab.ftc(lab.lab_conf, "put-run", request)
    assert put.returncode == 0, put.stderr
    lab.comes_to(request, State.DONE, seconds=1)
    lab.assert_one_run(request)


def test_a_request_run_by_hand_can_be_cancelled(lab: Any, until: Any) -> None:
    lab.hold()
    request = lab.put()
    with lab.started(lab.lab_conf, "run-request", request) as ran:
        until(lambda: lab.begun(request), "the test has begun")
        lab.anna.cancel(request, new_call_id(), "")
        _, err = ran.communicate(timeout=90)
    assert ran.returncode == 1
    assert "stopped for its requester" in err
    assert lab.anna.request(request).state is State.CANCELLED
