"""Trouble between the trigger and the job's start: what the requester reads, and that nothing starts twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fuego_jenkins_remote.network.identities import new_call_id
from fuego_jenkins_remote.network.states import State

pytestmark = pytest.mark.slow


def test_a_request_is_run_once_and_its_run_comes_home(lab: Any) -> None:
    """No trouble at all, for comparison."""
    request = lab.put()
    ended = lab.comes_to(request, State.DONE)
    assert ended.build_url.endswith(f"/job/{lab.job}/{lab.build_number(request)}/")
    lab.assert_one_run(request)


def test_local_work_goes_first_and_the_requester_reads_what_it_waits_for(lab: Any) -> None:
    with lab.queued() as request:
        lab.waits(request, lab.board)
        assert lab.begun(request) == 0
    lab.comes_to(request, State.DONE)
    lab.assert_one_run(request)


def test_a_trigger_whose_answer_is_lost_starts_one_build(lab: Any) -> None:
    with lab.door.losing_answers(path=f"/job/{lab.job}/build"):
        request = lab.put()
        lab.comes_to(request, State.DONE)
    lab.assert_one_run(request)


def test_a_person_who_starts_the_same_while_it_waits_starts_nothing_twice(lab: Any) -> None:
    """The same parameters merge with what is in the queue (303)."""
    with lab.queued() as request:
        answer = lab.under_test.post(f"job/{lab.job}/buildWithParameters", REQUEST_ID=request, ATTEMPT="1")
        assert answer.status_code == 303
        assert answer.headers["Location"].endswith(f"/queue/item/{lab.in_queue(request).id}/")
    lab.comes_to(request, State.DONE)
    lab.assert_one_run(request)


def test_an_item_that_a_person_takes_out_of_the_queue_is_not_started_again(lab: Any, until: Callable[..., Any]) -> None:
    with lab.queued() as request:
        lab.person.cancel_queue(lab.in_queue(request).id)
        ended = lab.comes_to(request, State.CANCELLED, State.PENDING)
        assert ended.reason == "taken out of the queue in Jenkins"
    assert lab.begun(request) == 0


def test_a_cancel_takes_the_item_out_of_the_queue(lab: Any, until: Callable[..., Any]) -> None:
    with lab.queued() as request:
        lab.anna.cancel(request, new_call_id(), "doch nicht")
        lab.comes_to(request, State.CANCELLED)
        until(lambda: lab.in_queue(request) is None, "out of the queue")
    assert lab.begun(request) == 0
