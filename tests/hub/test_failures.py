"""Retries elsewhere, and boards on which nothing can be run: taken out, told of, and back again."""

from __future__ import annotations

import pytest

from fuego_jenkins_remote.hub import approvals, boards, records
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.states import State

from .conftest import World, lab
from .told import titles


def fails(world: World, name: str, host: str = "demolab") -> records.Request:
    return world.error(host, world.running(host, name))


def board(world: World, name: str) -> records.Board:
    with world.hub.reading() as conn:
        return boards.find(conn, "demolab", name)


def test_a_retry_goes_to_no_board_where_it_failed_while_there_are_others(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two", "three")
    world.put(ann, "arch=x86_64", retries=4)
    fails(world, "one")
    fails(world, "two")
    assert world.claim("demolab", "one") is None
    assert world.claim("demolab", "two") is None
    fails(world, "three")
    # It has failed on all of them: only the last is left out.
    assert world.claim("demolab", "three") is None
    assert fails(world, "one").state is State.PENDING


def test_a_failed_request_whose_last_other_board_goes_ends_with_the_failures_reason(
    world: World, ann: records.Caller
) -> None:
    world.add_lab("demolab", "one", "two")
    [request] = world.put_all(ann, "arch=x86_64", retries=2)
    fails(world, "one")
    world.remove_board("demolab", "two")
    ended = world.get(request.id)
    assert (ended.state, ended.host, ended.board) == (State.ERROR, "demolab", "one")
    assert ended.reason.endswith("cc: not found (on demolab:one; no other board is left)")
    assert ended.log_tail == "cc: command not found\n"
    assert world.history(request.id)[-3:] == [("running", "error"), ("error", "pending"), ("pending", "error")]


def test_what_another_lab_gave_back_before_its_board_went_ends_so_too(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    request = world.put(ann, "arch=x86_64", retries=2)
    fails(world, "one")
    which = world.claim("demolab", "two")
    assert which is not None
    world.give_back("demolab", which)
    world.put_board("demolab", "two", facts={"arch": "arm"})
    ended = world.get(request.id)
    assert (ended.state, ended.host) == (State.ERROR, None)
    assert ended.reason.endswith("cc: not found (on demolab:one; no other board is left)")


def test_one_that_has_had_all_the_attempts_there_may_be_ends_so_too(
    world: World, ann: records.Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approvals, "MAX_ATTEMPTS", 2)
    world.add_lab("demolab", "one", "two")
    request = world.put(ann, "arch=x86_64", retries=2)
    fails(world, "one")
    which = world.claim("demolab", "two")
    assert which is not None
    world.give_back("demolab", which)
    ended = world.get(request.id)
    assert ended.state is State.ERROR
    assert ended.reason.endswith("cc: not found (on demolab:one; 2 attempts, and no lab has run it)")


def test_a_lost_one_ends_so_too(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    request = world.put(ann, "arch=x86_64", timeout=60, retries=1)
    world.running("demolab", "one")
    for _ in range(2):
        world.clock.forward(hours=3)
        world.sweep()
    assert world.get(request.id).state is State.PENDING
    world.remove_board("demolab", "two")
    ended = world.get(request.id)
    assert ended.state is State.ERROR
    assert ended.reason.startswith("nothing was heard of the attempt for too long (on demolab:one")


def test_of_boards_where_it_failed_all_but_the_last_may_have_it_again_when_the_others_go(
    world: World, ann: records.Caller
) -> None:
    world.add_lab("demolab", "one", "two", "three")
    request = world.put(ann, "arch=x86_64", retries=4)
    fails(world, "one")
    fails(world, "two")
    world.remove_board("demolab", "three")
    assert world.get(request.id).state is State.PENDING
    assert world.claim("demolab", "two") is None
    assert world.claim("demolab", "one") == AttemptId(request.id, 3)


def test_a_failed_request_that_the_other_lab_refuses_ends_with_the_failures_reason(
    world: World, ann: records.Caller
) -> None:
    world.add_lab("demolab", "one")
    world.add_lab("otherlab", "two")
    request = world.put(ann, "arch=x86_64", retries=2)
    fails(world, "one")
    with world.hub.change() as change:
        approvals.answer(change, lab("otherlab"), request.id, "otherlab", given="rejected", reason="not here")
    ended = world.get(request.id)
    assert ended.state is State.ERROR
    assert ended.reason.endswith("cc: not found (on demolab:one; no other lab runs it: otherlab: not here)")


def test_what_the_other_lab_has_refused_before_is_not_tried_again(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    world.add_lab("otherlab", "two")
    request = world.put(ann, "arch=x86_64", retries=2)
    with world.hub.change() as change:
        approvals.answer(change, lab("otherlab"), request.id, "otherlab", given="rejected", reason="not here")
    assert fails(world, "one").state is State.ERROR
    assert world.get(request.id).reason.endswith("cc: not found")


def test_one_that_has_not_failed_is_rejected_when_its_last_board_goes(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    request = world.put(ann, "arch=x86_64", retries=2)
    world.remove_board("demolab", "one")
    assert world.get(request.id).state is State.REJECTED


def test_a_test_that_fails_is_not_tried_again(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    world.put(ann, "arch=x86_64", retries=4)
    which = world.running("demolab", "one")
    world.tested("demolab", which)
    assert world.claim("demolab", "two") is None


def test_a_board_that_fails_three_times_in_a_row_is_taken_out_and_its_people_are_told(
    world: World, ann: records.Caller
) -> None:
    world.add_lab("demolab", "one", notify=("mailto://people@example.org",))
    for _ in range(4):
        world.put(ann, "demolab:one")
    fails(world, "one")
    fails(world, "one")
    assert board(world, "one").up
    fails(world, "one")
    out = board(world, "one")
    assert (out.up, out.health, out.failures) == (False, "broken", 3)
    assert out.health_reason.startswith("3 attempts, one after the other, could not be run on it; the last one: ")
    assert world.claim("demolab", "one") is None
    assert any("demolab:one is broken" in title for title in titles(world))


def test_a_test_that_runs_begins_the_count_anew(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    for _ in range(5):
        world.put(ann, "demolab:one")
    fails(world, "one")
    fails(world, "one")
    world.tested("demolab", world.running("demolab", "one"))
    fails(world, "one")
    assert (board(world, "one").up, board(world, "one").failures) == (True, 1)


def test_lost_attempts_count(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    for _ in range(3):
        world.put(ann, "demolab:one")
        world.running("demolab", "one")
        world.clock.forward(hours=2)
        world.sweep()
    assert board(world, "one").health == "broken"


def test_what_is_the_tests_own_fault_does_not_count(world: World, ann: records.Caller) -> None:
    from fuego_jenkins_remote.hub import attempts

    world.add_lab("demolab", "one")
    for _ in range(3):
        world.put(ann, "demolab:one")
        which = world.running("demolab", "one")
        with world.hub.change() as change:
            attempts.error(
                change,
                "demolab",
                which,
                call_id=world.call_id(),
                reason="could-not-prepare",
                detail="",
                console_tail="",
            )
    assert (board(world, "one").up, board(world, "one").failures) == (True, 0)


def test_the_labs_check_brings_it_back(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    for _ in range(4):
        world.put(ann, "demolab:one")
    for _ in range(3):
        fails(world, "one")
    world.health("demolab", "one", "online")
    assert (board(world, "one").up, board(world, "one").failures) == (True, 0)
    assert world.claim("demolab", "one") is not None


def test_its_people_bring_it_back(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    tim = world.add_user("tim", "demolab:maintainer")
    for _ in range(3):
        world.put(ann, "demolab:one")
    for _ in range(3):
        fails(world, "one")
    with world.hub.change() as change:
        boards.put_maintenance(change, tim, "demolab", "one", "")
    assert (board(world, "one").up, board(world, "one").failures) == (True, 0)


def test_what_the_lab_calls_broken_its_people_do_not_bring_back_by_a_word(world: World) -> None:
    world.add_lab("demolab", "one")
    tim = world.add_user("tim", "demolab:maintainer")
    world.health("demolab", "one", "broken", "does not boot")
    with world.hub.change() as change:
        boards.put_maintenance(change, tim, "demolab", "one", "")
    assert board(world, "one").health == "broken"
