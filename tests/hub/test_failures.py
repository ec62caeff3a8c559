"""Retries elsewhere, and boards on which nothing can be run: taken out, told of, and back again."""

from __future__ import annotations

from fuego_jenkins_remote.hub import boards, records
from fuego_jenkins_remote.network.states import State

from .conftest import World
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
