"""A running test is stopped: for its requester, or by a person in the lab's Jenkins."""

from __future__ import annotations

from typing import Any

import pytest

from fuego_jenkins_remote.network.identities import new_call_id
from fuego_jenkins_remote.network.states import State

pytestmark = pytest.mark.slow


def test_a_cancel_ends_the_tests_processes(network: Any, until: Any) -> None:
    request = network.running()
    assert network.test_processes(request)
    network.anna.cancel(request, new_call_id(), "doch nicht")
    ended = network.comes_to(request, State.CANCELLED)
    until(lambda: not network.test_processes(request), "its processes have ended")
    assert ended.reason == "doch nicht"
    assert network.runs_of(request) == []


def test_an_abort_in_jenkins_cancels_the_request_and_says_who(network: Any) -> None:
    request = network.running()
    build = int(network.anna.request(request).build_url.rstrip("/").rpartition("/")[2])
    network.controller.stop_build("remote-request-eins", build)
    ended = network.comes_to(request, State.CANCELLED)
    assert "aborted in Jenkins by anonymous" in ended.reason


def test_a_request_that_waits_is_cancelled_without_touching_the_board(network: Any) -> None:
    first = network.running()
    second = network.put()
    network.anna.cancel(second, new_call_id(), "")
    network.release()
    network.comes_to(first, State.DONE)
    assert network.anna.request(second).state is State.CANCELLED
    assert network.begun(second) == 0
