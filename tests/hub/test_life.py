"""A request's life: put, claimed, started, tested, delivered, and what else may happen to it."""

from __future__ import annotations

import pytest

from fuego_jenkins_remote.hub import attempts, records
from fuego_jenkins_remote.hub.errors import Conflict, NotYours, Refused
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.states import State

from .conftest import World, lab


def test_a_request_is_run_and_delivered(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    which = world.running("demolab", "qemu")
    world.tested("demolab", which)
    world.done("demolab", which)

    ended = world.get(request.id)
    assert (ended.state, ended.status, ended.run_url) == (State.DONE, "PASS", "https://v/runs/1")
    assert ended.run_key == f"demolab/{request.id}.1"
    assert world.history(request.id) == [
        ("", "pending"),
        ("pending", "assigned"),
        ("assigned", "running"),
        ("running", "tested"),
        ("tested", "done"),
    ]


def test_the_board_is_free_as_soon_as_the_test_has_ended(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    world.put(ann, "demolab:qemu")
    second = world.put(ann, "demolab:qemu")
    which = world.running("demolab", "qemu")
    assert world.claim("demolab", "qemu") is None
    world.tested("demolab", which)
    assert world.claim("demolab", "qemu") == AttemptId(second.id, 1)


def test_the_gate_opens_once(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    world.put(ann, "demolab:qemu")
    which = world.claim("demolab", "qemu")
    assert which
    world.start("demolab", which, call_id="call-of-the-first")
    world.start("demolab", which, call_id="call-of-the-first")
    with pytest.raises(Conflict):
        world.start("demolab", which, call_id="call-of-another")


def test_the_gate_stays_shut_for_an_attempt_that_is_over(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    world.put(ann, "demolab:qemu")
    which = world.claim("demolab", "qemu")
    assert which
    world.clock.forward(minutes=2)
    world.sweep()
    with pytest.raises(Conflict):
        world.start("demolab", which)


def test_a_lost_attempt_does_not_pass_the_gate_again(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    world.put(ann, "demolab:qemu", timeout=60)
    which = world.claim("demolab", "qemu")
    assert which
    world.start("demolab", which, call_id="call-of-the-first")
    world.clock.forward(minutes=12)
    world.sweep()
    with pytest.raises(Conflict):
        world.start("demolab", which, call_id="call-of-the-first")


def test_a_lease_that_is_over_puts_the_request_back(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    world.claim("demolab", "qemu")
    world.clock.forward(seconds=59)
    world.sweep()
    assert world.get(request.id).state == State.ASSIGNED
    world.clock.forward(seconds=2)
    world.sweep()
    assert world.get(request.id).state == State.PENDING
    assert world.attempts(request.id)[0].state == "lease-over"


def test_heartbeats_keep_the_lease(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    which = world.claim("demolab", "qemu")
    assert which
    for _ in range(3):
        world.clock.forward(seconds=50)
        assert world.heartbeat("demolab", which, queue_why="waits for the node").lease_seconds == 60
        world.sweep()
    assert world.get(request.id).state == State.ASSIGNED
    assert world.get(request.id).queue_why == "waits for the node"


def test_a_heartbeat_with_news_is_a_new_version(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    which = world.running("demolab", "qemu")
    before = world.get(request.id).version
    world.heartbeat("demolab", which)
    assert world.get(request.id).version == before
    world.heartbeat("demolab", which, log_tail="cc -o hello hello.c\n")
    assert world.tell_news() == 1
    assert world.get(request.id).version == before + 1
    assert world.get(request.id).log_tail == "cc -o hello hello.c\n"


def test_a_running_attempt_is_lost_only_beyond_its_time_and_the_grace(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu", timeout=1800)
    world.running("demolab", "qemu")
    world.clock.forward(minutes=39)
    world.sweep()
    assert world.get(request.id).state == State.RUNNING
    world.clock.forward(minutes=2)
    world.sweep()
    assert world.get(request.id).state == State.LOST


def test_a_late_result_of_a_lost_attempt_counts(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu", timeout=60)
    which = world.running("demolab", "qemu")
    world.clock.forward(hours=5)
    world.sweep()
    world.tested("demolab", which)
    assert world.get(request.id).state == State.TESTED


def test_a_lost_request_is_given_up_after_a_day(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu", timeout=60)
    world.running("demolab", "qemu")
    world.clock.forward(hours=1)
    world.sweep()
    world.clock.forward(hours=25)
    world.sweep()
    ended = world.get(request.id)
    assert (ended.state, ended.reason) == (State.ERROR, "nothing was heard of the attempt for too long")


def test_a_lost_request_is_tried_elsewhere_if_retries_are_left(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    request = world.put(ann, "arch=x86_64", timeout=60, retries=1)
    late = world.running("demolab", "one")
    world.clock.forward(minutes=12)
    world.sweep()
    world.clock.forward(minutes=11)
    world.sweep()
    assert world.get(request.id).state == State.PENDING
    assert world.claim("demolab", "one") is None
    assert world.claim("demolab", "two") == AttemptId(request.id, 2)
    with pytest.raises(Conflict):
        world.tested("demolab", late)


def test_an_error_keeps_the_end_of_the_console(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    world.error("demolab", world.running("demolab", "qemu"))
    ended = world.get(request.id)
    assert ended.state == State.ERROR
    assert ended.reason.endswith("cc: not found")
    assert ended.log_tail == "cc: command not found\n"


def test_an_error_is_retried_on_another_board(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    request = world.put(ann, "arch=x86_64", retries=2)
    world.error("demolab", world.running("demolab", "one"))
    assert world.get(request.id).state == State.PENDING
    assert world.claim("demolab", "one") is None
    world.error("demolab", world.running("demolab", "two"))
    world.error("demolab", world.running("demolab", "one"))
    assert world.get(request.id).state == State.ERROR
    assert [attempt.board for attempt in world.attempts(request.id)] == ["one", "two", "one"]


def test_an_error_ends_a_request_that_fits_no_other_board(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    request = world.put(ann, "demolab:one", retries=5)
    world.error("demolab", world.running("demolab", "one"))
    assert world.get(request.id).state == State.ERROR


def test_what_was_given_back_is_offered_elsewhere_at_once_and_here_after_a_pause(
    world: World, ann: records.Caller
) -> None:
    world.add_lab("demolab", "one", "two")
    request = world.put(ann, "arch=x86_64")
    first = world.claim("demolab", "one")
    assert first
    world.give_back("demolab", first)
    assert world.claim("demolab", "one") is None
    second = world.claim("demolab", "two")
    assert second == AttemptId(request.id, 2)
    world.give_back("demolab", second)
    world.clock.forward(seconds=15)
    assert world.claim("demolab", "two") is None
    assert world.claim("demolab", "one") == AttemptId(request.id, 3)


def test_a_waiting_request_is_cancelled_at_once(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    world.cancel(ann, request.id)
    assert world.get(request.id).state == State.CANCELLED
    assert world.claim("demolab", "qemu") is None


def test_an_assigned_request_is_cancelled_at_once_and_the_gate_stays_shut(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    which = world.claim("demolab", "qemu")
    assert which
    world.cancel(ann, request.id)
    assert world.get(request.id).state == State.CANCELLED
    with pytest.raises(Conflict):
        world.start("demolab", which)


def test_a_running_request_is_cancelled_when_its_lab_has_stopped_it(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    which = world.running("demolab", "qemu")
    world.cancel(ann, request.id)
    assert world.get(request.id).state == State.RUNNING
    assert world.get(request.id).cancel_requested
    assert world.heartbeat("demolab", which).cancel
    assert [stop.request_id for stop in world.take("demolab").stops] == [request.id]
    world.cancelled("demolab", which)
    assert world.get(request.id).state == State.CANCELLED
    assert world.take("demolab").stops == ()


def test_a_stop_cuts_a_waiting_claim_short_once(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    world.running("demolab", "qemu")
    world.cancel(ann, request.id)
    assert world.take("demolab").worth_telling
    again = world.take("demolab")
    assert again.stops
    assert not again.worth_telling


def test_a_request_that_has_ended_is_not_cancelled(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    world.tested("demolab", world.running("demolab", "qemu"))
    with pytest.raises(Conflict, match="too late"):
        world.cancel(ann, request.id)


def test_only_the_requester_and_the_lab_where_it_is_cancel(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    world.add_lab("otherlab")
    eve = world.add_user("eve", "annslab")
    request = world.put(ann, "demolab:qemu")
    with pytest.raises(NotYours):
        world.cancel(eve, request.id)
    world.running("demolab", "qemu")
    with pytest.raises(NotYours):
        world.cancel(lab("otherlab"), request.id)
    world.cancel(lab("demolab"), request.id)


def test_a_deadline_expires_what_still_waits(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    deadline = world.clock.at.replace(hour=12)
    request = world.put(ann, "demolab:qemu", deadline=deadline)
    world.sweep()
    assert world.get(request.id).state == State.PENDING
    world.clock.forward(hours=2)
    world.sweep()
    assert world.get(request.id).state == State.EXPIRED


@pytest.mark.parametrize("verb", ["tested", "error", "cancelled"])
def test_a_repeated_report_gets_the_same_answer_and_another_one_a_conflict(
    world: World, ann: records.Caller, verb: str
) -> None:
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    which = world.running("demolab", "qemu")
    report = getattr(world, verb)
    first = report("demolab", which, "call-of-the-first")
    assert report("demolab", which, "call-of-the-first") == first == world.get(request.id)
    with pytest.raises(Conflict):
        report("demolab", which, "call-of-another")


def test_another_lab_cannot_speak_of_an_attempt(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    world.add_lab("otherlab")
    world.put(ann, "demolab:qemu")
    which = world.running("demolab", "qemu")
    with pytest.raises(NotYours):
        world.tested("otherlab", which)


def test_a_run_key_of_another_attempt_is_refused(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    world.put(ann, "demolab:qemu")
    which = world.running("demolab", "qemu")
    with world.hub.change() as change, pytest.raises(Refused):
        attempts.tested(change, "demolab", which, call_id="call-000099", status="PASS", key="otherlab/x", summary="")


def test_a_run_that_never_arrives_ends_the_request_with_the_reason(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    which = world.running("demolab", "qemu")
    world.tested("demolab", which)
    with world.hub.change() as change:
        attempts.done(
            change, "demolab", which, call_id=world.call_id(), target="vision", run_url="", note="vision refused it"
        )
    ended = world.get(request.id)
    assert (ended.state, ended.run_url, ended.reason) == (State.DONE, "", "vision refused it")


def test_an_error_names_the_run_that_shows_why(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    which = world.running("demolab", "qemu")
    key = f"demolab/{which}"
    with world.hub.change() as change, pytest.raises(Refused, match="is called"):
        attempts.error(
            change, "demolab", which, call_id="a-call-id", reason="lost", detail="", console_tail="", key="x"
        )
    with world.hub.change() as change:
        attempts.error(
            change, "demolab", which, call_id="a-call-id", reason="lost", detail="", console_tail="", key=key
        )
    assert world.get(request.id).run_key == key


def test_what_no_lab_could_do_better_is_not_tried_again(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    request = world.put(ann, "arch=x86_64", retries=2)
    which = world.running("demolab", "one")
    said = {"reason": "could-not-prepare", "detail": "no such branch", "console_tail": ""}
    with world.hub.change() as change:
        attempts.error(change, "demolab", which, call_id="call-error-1", **said)
    assert world.get(request.id).state == State.ERROR
