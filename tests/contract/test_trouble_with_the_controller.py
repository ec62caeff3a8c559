"""Jenkins is not there, starts, stops in order or is killed: no request is lost, and none is started twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fuego_jenkins_remote.network.identities import new_call_id
from fuego_jenkins_remote.network.states import State

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture
def process(lab: Any) -> Iterator[Any]:
    """The controller's process; afterwards it runs, and its nodes are there."""
    if lab.under_test.process is None:
        pytest.skip("this Jenkins is somebody's (JENKINS_URL): it is not stopped here")
    yield lab.under_test.process
    lab.repaired()
    lab.bridge_looks_again()


# -- not there, and not yet there


def test_a_jenkins_that_is_not_there_when_the_bridge_starts_is_waited_for(lab: Any, process: Any) -> None:
    lab.bridge.end()
    process.end()
    since = len(lab.log)
    lab.bridge.start()
    request = lab.put()
    lab.log_says("Jenkins at", "starting or shutting down", since=since)
    assert lab.anna.request(request).state is State.PENDING
    process.start()
    lab.comes_to(request, State.DONE)
    lab.assert_one_run(request)


def test_a_401_while_jenkins_starts_is_no_refused_token(lab: Any) -> None:
    """It answers 503, for a moment 401, and 503 again: all of them without X-Jenkins."""
    since = len(lab.log)
    with lab.door.answering(503), lab.door.answering(401, times=3), lab.door.answering(503, times=1):
        request = lab.put()
        lab.log_says("Jenkins at", "starting", since=since)
        assert lab.anna.request(request).state in {State.PENDING, State.ASSIGNED}
    lab.comes_to(request, State.DONE)
    assert "does not accept this user or token (jenkins_token_file)" not in lab.log[since:]
    lab.assert_one_run(request)


# -- stopped in order


def test_what_waits_in_the_queue_survives_a_restart(lab: Any, process: Any) -> None:
    with lab.queued() as request:
        item = lab.in_queue(request).id
        process.end()
        process.launch()
        process.wait()
        waiting = lab.in_queue(request)
        assert waiting is None or waiting.id == item
        lab.comes_to(request, State.DONE)
    lab.assert_one_run(request)


# -- killed


def test_a_test_whose_build_is_lost_goes_on_and_its_run_comes_home(lab: Any, process: Any) -> None:
    request = lab.running()
    process.kill()
    assert lab.test_processes(request)
    process.start()
    assert lab.anna.request(request).state is State.RUNNING
    lab.release()
    lab.comes_to(request, State.DONE)
    lab.assert_one_run(request)


def test_a_queue_id_that_is_handed_out_again_is_not_taken_for_the_requests(
    lab: Any, process: Any, until: Callable[..., Any], jobs: Any
) -> None:
    with lab.queued() as request:
        old = lab.in_queue(request).id
        process.kill()
        process.start()
        other = jobs.make(node="contract-no-such-node")
        for number in range(500):
            item = lab.person.build_job(other, {"REQUEST_ID": f"local-{number}", "ATTEMPT": "0"})
            if item >= old:
                break
        waiting = {one.id for one in lab.controller.queue() if one.job == other}
        assert old in waiting, "the id was handed out again"
        lab.anna.cancel(request, new_call_id(), "doch nicht")
        lab.comes_to(request, State.CANCELLED)
        until(lambda: lab.in_queue(request) is None, "out of the queue")
        assert {one.id for one in lab.controller.queue() if one.job == other} == waiting
    assert lab.begun(request) == 0


def test_a_request_whose_queue_is_lost_is_queued_again(lab: Any, process: Any) -> None:
    with lab.queued() as request:
        process.kill()
        process.start()
        lab.comes_to(request, State.DONE)
    lab.assert_one_run(request)
