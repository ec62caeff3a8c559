"""Labs that ask their people, and what the others do meanwhile."""

from __future__ import annotations

import pytest

from fuego_jenkins_remote.hub import approvals, records
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown, NotYours
from fuego_jenkins_remote.network.states import State

from .conftest import World, lab
from .told import titles, told


def answer(world: World, who: records.Caller, request: records.Request, host: str, given: str) -> records.Request:
    with world.hub.change() as change:
        return approvals.answer(change, who, request.id, host, given=given, reason="so")  # type: ignore[arg-type]


def ask(world: World, host: str, board: str) -> records.Request:
    which = world.claim(host, board)
    assert which is not None
    return world.give_back(host, which, "asks", approval="requested")


@pytest.fixture
def request_at_two(world: World, ann: records.Caller) -> records.Request:
    world.add_lab("demolab", "one")
    world.add_lab("otherlab", "two")
    return world.put(ann, "arch=x86_64")


def test_a_lab_that_asks_does_not_stop_another(world: World, request_at_two: records.Request) -> None:
    assert not ask(world, "demolab", "one").held
    assert world.claim("demolab", "one") is None
    assert world.claim("otherlab", "two") is not None


def test_a_request_is_held_when_every_lab_asks(world: World, request_at_two: records.Request) -> None:
    ask(world, "demolab", "one")
    assert ask(world, "otherlab", "two").held


def test_a_yes_offers_it_again(world: World, request_at_two: records.Request) -> None:
    ask(world, "demolab", "one")
    ask(world, "otherlab", "two")
    assert not answer(world, lab("otherlab"), request_at_two, "otherlab", "approved").held
    assert world.claim("demolab", "one") is None
    assert world.claim("otherlab", "two") is not None


def test_the_last_no_rejects_it_with_all_reasons(world: World, request_at_two: records.Request) -> None:
    ask(world, "demolab", "one")
    assert answer(world, lab("demolab"), request_at_two, "demolab", "rejected").state == State.PENDING
    ended = answer(world, lab("otherlab"), request_at_two, "otherlab", "rejected")
    assert (ended.state, ended.reason) == (State.REJECTED, "demolab: so; otherlab: so")


def test_a_board_of_another_lab_frees_a_held_request(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    world.add_lab("otherlab")
    request = world.put(ann, "arch=x86_64")
    ask(world, "demolab", "one")
    world.put_board("otherlab", "two")
    assert not world.get(request.id).held
    assert world.claim("otherlab", "two") is not None


def test_a_board_that_goes_leaves_the_no_of_the_others(world: World, request_at_two: records.Request) -> None:
    ask(world, "demolab", "one")
    answer(world, lab("demolab"), request_at_two, "demolab", "rejected")
    world.remove_board("otherlab", "two")
    assert world.get(request_at_two.id).state == State.REJECTED


def test_the_same_answer_again_changes_nothing(world: World, request_at_two: records.Request) -> None:
    first = answer(world, lab("demolab"), request_at_two, "demolab", "approved")
    assert answer(world, lab("demolab"), request_at_two, "demolab", "approved") == first


def test_a_yes_that_it_runs_on_stays_with_who_gave_it(world: World, request_at_two: records.Request) -> None:
    admin = world.add_user("admin", "demolab:admin")
    answer(world, admin, request_at_two, "demolab", "approved")
    assert world.claim("demolab", "one") is not None
    assert answer(world, lab("demolab"), request_at_two, "demolab", "approved").approvals[0].by == "admin"


def test_only_the_labs_people_answer(world: World, request_at_two: records.Request, ann: records.Caller) -> None:
    member = world.add_user("member", "demolab")
    for who in (ann, member, lab("otherlab")):
        with pytest.raises(NotYours):
            answer(world, who, request_at_two, "demolab", "approved")
    admin = world.add_user("admin", "demolab:admin")
    assert answer(world, admin, request_at_two, "demolab", "approved").approvals[0].by == "admin"


def test_a_lab_without_a_board_for_it_has_nothing_to_answer(world: World, request_at_two: records.Request) -> None:
    world.add_lab("elsewhere", "rpi", open_to=())
    with pytest.raises(NotYours, match="for no board of elsewhere"):
        answer(world, lab("elsewhere"), request_at_two, "elsewhere", "rejected")
    assert world.get(request_at_two.id).approvals == ()


def test_an_unknown_lab_is_told(world: World, request_at_two: records.Request) -> None:
    with pytest.raises(NotKnown):
        answer(world, lab("nolab"), request_at_two, "nolab", "approved")


def test_three_labs_one_of_which_comes_later_all_have_to_refuse(
    world: World, request_at_two: records.Request, ann: records.Caller
) -> None:
    ask(world, "demolab", "one")
    assert ask(world, "otherlab", "two").held
    assert answer(world, lab("demolab"), request_at_two, "demolab", "rejected").state == State.PENDING
    world.add_lab("latelab", "three")
    assert not world.get(request_at_two.id).held
    assert ask(world, "latelab", "three").held
    assert answer(world, lab("otherlab"), request_at_two, "otherlab", "rejected").state == State.PENDING
    ended = answer(world, lab("latelab"), request_at_two, "latelab", "rejected")
    assert (ended.state, ended.reason) == (State.REJECTED, "demolab: so; latelab: so; otherlab: so")


def test_people_who_do_not_answer_are_told_again_once(world: World, request_at_two: records.Request) -> None:
    world.add_user("tim", "demolab:admin", email="tim@example.org")
    ask(world, "demolab", "one")
    counts = []
    for hours in (23, 2, 24, 24):
        world.clock.forward(hours=hours)
        world.sweep()
        counts.append(len(told(world)))
    assert counts == [1, 2, 2, 2]
    assert "waits for your approval since 2026-11-23" in titles(world)[-1]


def test_people_who_have_answered_are_not_told_again(world: World, request_at_two: records.Request) -> None:
    world.add_user("tim", "demolab:admin", email="tim@example.org")
    ask(world, "demolab", "one")
    answer(world, lab("demolab"), request_at_two, "demolab", "approved")
    world.clock.forward(hours=25)
    assert world.sweep() == 0


def test_what_waits_is_listed_for_the_people_of_the_labs_it_waits_for(
    world: World, request_at_two: records.Request, ann: records.Caller
) -> None:
    ask(world, "demolab", "one")
    tim, member = world.add_user("tim", "demolab:maintainer"), world.add_user("member", "demolab")
    with world.hub.reading() as conn:
        [held] = approvals.held_for(conn, tim)
        assert (held.request.id, held.approval.host, held.boards) == (request_at_two.id, "demolab", ("one",))
        assert [approvals.held_for(conn, who) for who in (ann, member, lab("otherlab"))] == [[], [], []]
        with pytest.raises(NotYours):
            approvals.held_for(conn, ann, "demolab")


def test_nobody_is_asked_about_a_request_that_has_ended(world: World, request_at_two: records.Request) -> None:
    ask(world, "demolab", "one")
    which = world.running("otherlab", "two")
    world.tested("otherlab", which)
    world.done("otherlab", which)
    assert world.get(request_at_two.id).approvals == ()
    with world.hub.reading() as conn:
        assert approvals.held_for(conn, lab("demolab")) == []


def test_what_is_over_is_not_answered(world: World, request_at_two: records.Request, ann: records.Caller) -> None:
    world.cancel(ann, request_at_two.id)
    with pytest.raises(Conflict):
        answer(world, lab("demolab"), request_at_two, "demolab", "approved")
