"""A lab's terms are kept when requests are put and when they are claimed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from fuego_jenkins_remote.hub import approvals, records
from fuego_jenkins_remote.hub.errors import NoBoard, Refused
from fuego_jenkins_remote.network.states import State
from fuego_jenkins_remote.network.terms import Quota, Terms, Windows

from .conftest import World, lab

ASK = Terms(ask=True)


def approve(world: World, request: records.Request, host: str = "demolab") -> records.Request:
    with world.hub.change() as change:
        return approvals.answer(change, lab(host), request.id, host, given="approved")


def finish(world: World, name: str = "one", host: str = "demolab") -> str:
    which = world.running(host, name)
    world.tested(host, which)
    return which.request


# -- approval


def test_the_people_of_a_lab_that_asks_are_asked_when_it_is_put(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    world.put_board("demolab", "one", terms=ASK)
    request = world.get(world.put(ann, "demolab:one").id)
    assert request.held
    assert [(one.host, one.answer, one.by) for one in request.approvals] == [("demolab", "requested", "hub")]
    assert world.claim("demolab", "one") is None
    assert world.claim("demolab", "one", request=request.id) is None


def test_an_approved_request_runs_where_it_was_asked(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    world.put_board("demolab", "one", terms=ASK)
    request = world.put(ann, "demolab:one")
    assert not approve(world, request).held
    [given] = world.take("demolab", "one").assignments
    assert (given.request.id, given.approved_by) == (request.id, "demolab")


def test_the_labs_own_team_is_not_asked(world: World) -> None:
    world.add_lab("demolab")
    world.put_board("demolab", "one", terms=ASK)
    tim = world.add_user("tim", "demolab")
    assert not world.put(tim, "demolab:one").approvals
    assert world.claim("demolab", "one") is not None


def test_another_lab_runs_what_one_lab_asks_its_people_for(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    world.put_board("demolab", "one", terms=ASK)
    world.add_lab("otherlab", "two")
    request = world.put(ann, "arch=x86_64")
    assert not world.get(request.id).held
    assert world.claim("demolab", "one") is None
    assert world.claim("otherlab", "two") is not None


def test_a_lab_with_a_board_that_does_not_ask_is_not_asked(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "open")
    world.put_board("demolab", "one", terms=ASK)
    request = world.put(ann, "arch=x86_64")
    assert not world.get(request.id).approvals
    assert world.claim("demolab", "one") is None
    assert world.claim("demolab", "open") is not None


def test_a_lab_that_asks_no_more_frees_what_waits(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    world.put_board("demolab", "one", terms=ASK)
    request = world.put(ann, "demolab:one")
    world.put_board("demolab", "one")
    assert not world.get(request.id).held
    assert world.claim("demolab", "one") is not None


def test_a_lab_that_begins_to_ask_holds_what_waits_already(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    request = world.put(ann, "demolab:one")
    world.put_board("demolab", "one", terms=ASK)
    assert world.claim("demolab", "one") is None
    assert world.get(request.id).held


def test_a_no_where_every_board_asks_rejects_it(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    world.put_board("demolab", "one", terms=ASK)
    request = world.put(ann, "demolab:one")
    with world.hub.change() as change:
        approvals.answer(change, lab("demolab"), request.id, "demolab", given="rejected", reason="no")
    assert world.get(request.id).state is State.REJECTED


# -- priority, time


def test_a_priority_above_the_band_counts_as_the_band(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    world.put_board("demolab", "one", terms=Terms(priority=50))
    bob = world.add_user("bob", "bobslab")
    older, louder = world.put(bob, "demolab:one").id, world.put(ann, "demolab:one", priority=100).id
    assert [finish(world), finish(world)] == [older, louder]


def test_what_is_too_long_for_outsiders_is_not_given_to_them(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    world.put_board("demolab", "long", terms=Terms(max_time=7200))
    world.put_board("demolab", "short", terms=Terms(max_time=60))
    world.put(ann, "arch=x86_64", timeout=3600)
    assert world.claim("demolab", "short") is None
    assert world.claim("demolab", "long") is not None


def test_a_limit_that_is_lowered_later_holds_too(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    world.put_board("demolab", "one", terms=Terms(max_time=7200))
    world.put_board("demolab", "two", terms=Terms(max_time=7200))
    request = world.put(ann, "arch=x86_64", timeout=3600)
    world.put_board("demolab", "one", terms=Terms(max_time=60))
    assert world.claim("demolab", "one") is None
    world.put_board("demolab", "two", terms=Terms(max_time=60))
    assert world.get(request.id).state is State.REJECTED


def test_outside_of_the_windows_only_the_labs_own_team_gets_something(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    windows = Windows(time_zone="Europe/Berlin", windows=("Mon-Sun 18:00-20:00",))
    world.put_board("demolab", "one", terms=Terms(windows=windows))
    tim = world.add_user("tim", "demolab")
    other = world.put(ann, "demolab:one", timeout=1800)
    assert world.claim("demolab", "one") is None  # 11:00 in Berlin
    own = world.put(tim, "demolab:one", timeout=1800)
    assert finish(world) == own.id
    world.clock.at = datetime(2026, 11, 23, 17, 1, tzinfo=UTC)
    assert finish(world) == other.id


def test_a_test_must_end_before_the_window_does(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    windows = Windows(time_zone="Europe/Berlin", windows=("Mon-Sun 18:00-20:00",))
    world.put_board("demolab", "one", terms=Terms(windows=windows))
    world.put(ann, "demolab:one", timeout=1800)
    world.clock.at = datetime(2026, 11, 23, 18, 30, 1, tzinfo=UTC)
    assert world.claim("demolab", "one") is None
    world.clock.at = datetime(2026, 11, 23, 18, 29, 59, tzinfo=UTC)
    assert world.claim("demolab", "one") is not None


# -- quota


def test_a_user_has_no_more_boards_than_the_quota(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    bob = world.add_user("bob", "annslab")
    names = ["b1", "b2", "b3", "b4"]
    for name in names:
        world.put_board("demolab", name, terms=Terms(running=Quota(user=1, team=2)))
    for who in (ann, ann, bob, bob):
        world.put(who, "arch=x86_64")
    given = world.take("demolab", *names).assignments
    assert sorted(one.request.requester for one in given) == ["ann", "bob"]
    carol = world.add_user("carol", "annslab")
    world.put(carol, "arch=x86_64")
    assert world.take("demolab", *names).assignments == ()
    other = world.add_user("other", "othersteam")
    world.put(other, "arch=x86_64")
    assert world.claim("demolab", *names) is not None


def test_a_quota_counts_the_boards_of_its_lab_alone(world: World, ann: records.Caller) -> None:
    for host in ("demolab", "otherlab"):
        world.add_lab(host)
        world.put_board(host, "one", terms=Terms(running=Quota(user=1)))
        world.put(ann, f"{host}:one")
    assert world.claim("demolab", "one")
    assert world.claim("otherlab", "one")


def test_the_labs_own_team_has_no_quota(world: World) -> None:
    world.add_lab("demolab")
    tim = world.add_user("tim", "demolab")
    for name in ("one", "two"):
        world.put_board("demolab", name, terms=Terms(running=Quota(user=1, team=1)))
        world.put(tim, f"demolab:{name}")
    assert len(world.take("demolab", "one", "two").assignments) == 2


@pytest.mark.parametrize(("quota", "term"), [(Quota(user=0), "running: user: 0"), (Quota(team=0), "running: team: 0")])
def test_what_a_quota_never_lets_run_is_refused_when_it_is_put(
    world: World, ann: records.Caller, quota: Quota, term: str
) -> None:
    world.add_lab("demolab")
    world.put_board("demolab", "one", terms=Terms(running=quota))
    with pytest.raises(NoBoard, match=rf"outsiders may have 0 boards of demolab at a time \({term}\)"):
        world.put(ann, "demolab:one")
    assert world.put(world.add_user("tim", "demolab"), "demolab:one").state is State.PENDING
    world.put_board("demolab", "two")
    assert world.put(ann, "arch=x86_64").state is State.PENDING


def test_a_quota_that_is_lowered_to_none_rejects_what_waits_for_it_alone(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    alone, other = world.put(ann, "demolab:one"), world.put(ann, "arch=x86_64")
    world.put_board("demolab", "one", terms=Terms(running=Quota(user=0)))
    assert world.get(alone.id).state is State.REJECTED
    assert world.get(other.id).state is State.PENDING


def test_a_quota_that_is_used_up_is_waited_for(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    for name in ("one", "two"):
        world.put_board("demolab", name, terms=Terms(running=Quota(user=1)))
        world.put(ann, "arch=x86_64")
    assert world.claim("demolab", "one")
    assert world.put(ann, "demolab:two").state is State.PENDING


def test_no_more_wait_than_the_lab_lets_wait_for_its_boards(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    for name in ("one", "two"):
        world.put_board("demolab", name, terms=Terms(waiting=Quota(user=2)))
    for _ in range(4):
        world.put(ann, "arch=x86_64")
    with pytest.raises(Refused, match="ann has 4 requests waiting for demolab, which lets 4 wait for its 2 boards"):
        world.put(ann, "demolab:one")
    finish(world)
    world.put(ann, "demolab:one")


def test_what_waits_is_counted_by_team_too(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    world.put_board("demolab", "one", terms=Terms(waiting=Quota(team=2)))
    bob = world.add_user("bob", "annslab")
    world.put(ann, "demolab:one")
    world.put(bob, "demolab:one")
    with pytest.raises(Refused, match="the team annslab has 2 requests waiting for demolab, which lets 2 wait"):
        world.put(bob, "demolab:one")
    assert len(world.put_all(world.add_user("dan", "danslab"), "demolab:one")) == 1


def test_a_lab_with_room_takes_what_another_has_none_for(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    world.put_board("demolab", "one", terms=Terms(waiting=Quota(user=0)))
    with pytest.raises(Refused, match="ann has 0 requests waiting for demolab, which lets 0 wait for its board"):
        world.put(ann, "demolab:one")
    world.add_lab("otherlab", "two")
    assert world.put(ann, "arch=x86_64").state is State.PENDING


def test_one_put_of_many_is_counted_as_many(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    for name in ("one", "two", "three"):
        world.put_board("demolab", name, terms=Terms(waiting=Quota(user=1)))
    world.put_all(ann, "arch=x86_64", count=2)
    with pytest.raises(Refused, match="ann has 2 requests waiting for demolab, which lets 3 wait for its 3 boards"):
        world.put_all(ann, "arch=x86_64", count="each")


@pytest.fixture
def mixed(world: World) -> World:
    """A lab with a board that has limits, `quo`, and two that have none."""
    world.add_lab("demolab", "free", "open")
    world.put_board("demolab", "quo", terms=Terms(waiting=Quota(user=2, team=3)))
    return world


def test_the_limit_of_one_board_holds_beside_boards_without_one(mixed: World, ann: records.Caller) -> None:
    for _ in range(2):
        mixed.put(ann, "demolab:quo")
    with pytest.raises(
        Refused, match="ann has 2 requests waiting that only one board of demolab may run, and 2 may wait"
    ):
        mixed.put(ann, "demolab:quo")
    bob = mixed.add_user("bob", "annslab")
    mixed.put(bob, "demolab:quo")
    with pytest.raises(Refused, match="the team annslab has 3 requests waiting that only one board of demolab may run"):
        mixed.put(bob, "demolab:quo")
    finish(mixed, "quo")
    mixed.put(bob, "board=quo")


def test_what_may_wait_for_a_board_without_a_limit_is_not_refused_and_takes_no_room(
    mixed: World, ann: records.Caller
) -> None:
    for _ in range(5):
        mixed.put(ann, "arch=x86_64")
        mixed.put(ann, "demolab:free")
    mixed.put_all(ann, "demolab:quo")
    mixed.put_all(ann, "demolab:quo")
    with pytest.raises(Refused, match="ann has 2 requests"):
        mixed.put(ann, "demolab:quo")
    assert mixed.put(ann, "board=quo or board=free").state is State.PENDING


def test_a_limit_cannot_be_passed_by_other_words_or_one_call(mixed: World, ann: records.Caller) -> None:
    mixed.put(ann, "demolab:quo")
    mixed.put(ann, "host=demolab and board=quo")
    with pytest.raises(Refused, match="ann has 2 requests"):
        mixed.put(ann, "not board=free and not board=open")
    with pytest.raises(Refused, match="ann has 2 requests"):
        mixed.put_all(ann, "arch=x86_64", count="each")


def test_the_room_of_other_boards_is_not_that_of_one(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    for name, most in (("small", 1), ("large", 3)):
        world.put_board("demolab", name, terms=Terms(waiting=Quota(user=most)))
    world.put(ann, "demolab:small")
    with pytest.raises(
        Refused, match="ann has 1 requests waiting that only one board of demolab may run, and 1 may wait"
    ):
        world.put(ann, "demolab:small")
    for _ in range(3):
        world.put(ann, "arch=x86_64")
    with pytest.raises(Refused, match="ann has 4 requests waiting for demolab, which lets 4 wait for its 2 boards"):
        world.put(ann, "demolab:large")


def test_a_board_that_is_open_for_shorter_tests_alone_has_no_room_for_long_ones(
    world: World, ann: records.Caller
) -> None:
    world.add_lab("demolab", "open")
    world.put_board("demolab", "quo", terms=Terms(max_time=20_000, waiting=Quota(user=2)))
    for _ in range(3):
        world.put(ann, "arch=x86_64", timeout=600)
    for _ in range(2):
        world.put(ann, "arch=x86_64", timeout=10_000)
    with pytest.raises(Refused, match="ann has 2 requests waiting that only one board"):
        world.put(ann, "arch=x86_64", timeout=10_000)
    assert world.put(ann, "arch=x86_64", timeout=600).state is State.PENDING


def test_a_team_limit_and_a_user_limit_on_different_boards_hold_together(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    world.put_board("demolab", "one", terms=Terms(waiting=Quota(user=1)))
    world.put_board("demolab", "two", terms=Terms(waiting=Quota(team=2)))
    for _ in range(3):
        world.put(ann, "arch=x86_64")
    with pytest.raises(Refused, match="ann has 3 requests waiting"):
        world.put(ann, "arch=x86_64")


def test_of_puts_that_come_together_no_more_wait_than_may(mixed: World, ann: records.Caller) -> None:
    def put(_number: int) -> bool:
        try:
            mixed.put(ann, "demolab:quo")
        except Refused:
            return False
        return True

    mixed.put(mixed.add_user("cleo", "cleosteam"), "demolab:quo")
    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(put, range(12)))
    assert taken.count(True) == 2
