"""Parts are killed and come back: each request is run once, and its run delivered once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.network.states import State

pytestmark = pytest.mark.slow


def _ended(network: Any, request: str) -> list[Path]:
    return list(network.outbox.glob(f"{request}.*"))


def test_a_bridge_killed_after_its_claim_goes_on_with_it(network: Any, until: Any) -> None:
    network.jenkins.end()  # so that it comes no further than the claim
    request = network.put()
    network.comes_to(request, State.ASSIGNED)
    network.bridge.kill()
    network.jenkins.start()
    network.bridge.start()
    network.comes_to(request, State.DONE)
    network.assert_one_run(request)


def test_a_bridge_killed_while_the_test_runs_brings_its_run(network: Any) -> None:
    request = network.running()
    network.bridge.kill()
    network.bridge.start()
    network.release()
    network.comes_to(request, State.DONE)
    network.assert_one_run(request)


def test_a_bridge_killed_before_the_test_ended_finds_its_outcome(network: Any, until: Any) -> None:
    request = network.running()
    network.bridge.kill()
    network.release()
    until(lambda: _ended(network, request), "the script has left its outcome")
    network.bridge.start()
    network.comes_to(request, State.DONE)
    network.assert_one_run(request)


def test_a_hub_that_is_killed_while_the_test_runs_hears_of_its_end(network: Any, until: Any) -> None:
    request = network.running()
    network.hub.kill()
    network.release()
    until(lambda: _ended(network, request), "the script has left its outcome")
    network.hub.start()
    network.comes_to(request, State.DONE)
    network.assert_one_run(request)
    again = network.put()  # the bridge waits at the new hub
    network.comes_to(again, State.DONE)


def test_while_vision_is_away_the_run_waits_and_the_board_works_on(network: Any) -> None:
    network.vision.end()
    first, second = network.put(), network.put()
    network.comes_to(first, State.TESTED)
    network.comes_to(second, State.TESTED)
    assert network.ftc(network.lab_conf, "outbox", "-q").stdout.split() == [
        f"{first}.1",
        "vision",
        f"{second}.1",
        "vision",
    ]
    network.vision.start()
    for request in (first, second):
        network.comes_to(request, State.DONE)
        network.assert_one_run(request)


def test_a_run_goes_on_while_its_jenkins_is_started_again(network: Any) -> None:
    request = network.running()
    network.jenkins.kill()  # the test's processes stay behind, Jenkins knows nothing of them any more
    network.jenkins.start()
    network.release()
    network.comes_to(request, State.DONE)
    network.assert_one_run(request)


def test_a_jenkins_that_stops_in_order_loses_no_request(network: Any) -> None:
    request = network.running()
    network.jenkins.end()
    network.jenkins.start()
    network.release()
    ended = network.comes_to(request, State.DONE, State.ERROR)
    if ended.state is State.ERROR:  # it took its builds along
        assert "aborted" in ended.reason
    network.comes_to(network.put(), State.DONE)


def test_a_bridge_stops_quickly_with_a_claim_waiting_and_a_test_running(network: Any) -> None:
    request = network.running()
    assert network.bridge.end() < 10
    network.bridge.start()
    network.release()
    network.comes_to(request, State.DONE)
    network.assert_one_run(request)
