"""Turns on a hub's boards: the example of docs/queue.md, and a flood that starves nobody."""

from __future__ import annotations

from collections import Counter
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.schema import shares
from fuego_jenkins_remote.network.terms import Terms

from .conftest import World


def turn(world: World, board: str = "bbb", host: str = "timslab", minutes: float = 10) -> records.Request | None:
    """What the board gets next, once it has run."""
    which = world.claim(host, board)
    if which is None:
        return None
    world.start(host, which)
    world.clock.forward(minutes=minutes)
    world.tested(host, which)
    return world.get(which.request)


def who(world: World, number: int, **values: Any) -> list[str]:
    got = [turn(world, **values) for _ in range(number)]
    return [one.requester if one else "" for one in got]


def test_the_example_of_the_page_on_the_queue(world: World) -> None:
    world.add_lab("timslab")
    world.put_board("timslab", "bbb", terms=Terms(priority=50))
    tim, anna = world.add_user("tim", "timslab"), world.add_user("anna", "kernel")
    ben, cleo = world.add_user("ben", "distro"), world.add_user("cleo", "distro")
    for whose, priority in ((anna, 50), (anna, 100), (anna, 50), (ben, 50), (cleo, 50), (tim, 10)):
        world.put(whose, "timslab:bbb", priority=priority)
    got = [turn(world) for _ in range(6)]
    assert [one.requester for one in got if one] == ["tim", "anna", "ben", "anna", "cleo", "anna"]
    assert [one.priority for one in got if one and one.requester == "anna"] == [100, 50, 50]


def test_a_flood_of_one_team_starves_no_other(world: World) -> None:
    world.add_lab("timslab", "bbb")
    flood = world.add_user("flood", "floodteam")
    for _ in range(60):
        world.put(flood, "timslab:bbb", priority=100)
    others = [world.add_user(f"u{number}", f"team{number}") for number in range(6)]
    for one in others:
        world.put(one, "arch=x86_64", priority=10)
    turns = who(world, 7 * 4)
    assert {one.name for one in others} <= set(turns)


def test_in_equal_priorities_a_team_waits_for_one_turn_of_each_other(world: World) -> None:
    world.add_lab("timslab", "bbb")
    flood = world.add_user("flood", "floodteam")
    for _ in range(30):
        world.put(flood, "timslab:bbb")
    who(world, 5)
    others = [world.add_user(f"u{number}", f"team{number}") for number in range(5)]
    for one in others:
        world.put(one, "arch=x86_64")
        world.put(one, "timslab:bbb")
    turns = Counter(who(world, 12))
    assert turns == {"flood": 2, **{one.name: 2 for one in others}}


def test_between_users_of_a_team_it_is_the_same(world: World) -> None:
    world.add_lab("timslab", "bbb")
    loud, quiet = world.add_user("loud", "kernel"), world.add_user("quiet", "kernel")
    for _ in range(10):
        world.put(loud, "timslab:bbb")
    for _ in range(3):
        world.put(quiet, "timslab:bbb")
    assert who(world, 6) == ["loud", "quiet", "loud", "quiet", "loud", "quiet"]


def test_who_uses_much_time_gets_fewer_turns(world: World) -> None:
    world.add_lab("timslab", "bbb")
    slow, quick = world.add_user("slow", "slowteam"), world.add_user("quick", "quickteam")
    for _ in range(3):
        world.put(slow, "timslab:bbb")
        world.put(quick, "timslab:bbb")
    assert who(world, 1, minutes=90) == ["slow"]
    assert who(world, 3) == ["quick", "quick", "quick"]


def test_what_is_given_back_before_it_begins_costs_nothing(world: World, ann: records.Caller) -> None:
    world.add_lab("timslab", "bbb")
    bob = world.add_user("bob", "bobslab")
    first = world.put(ann, "timslab:bbb")
    world.put(ann, "timslab:bbb")
    world.put(bob, "timslab:bbb")
    which = world.claim("timslab", "bbb")
    assert which is not None
    assert which.request == first.id
    world.clock.forward(seconds=30)
    world.give_back("timslab", which)
    assert who(world, 1) == ["ann"]  # another one of hers, since that one pauses


def test_what_was_used_long_ago_is_forgotten(world: World, ann: records.Caller) -> None:
    world.add_lab("timslab", "bbb")
    world.put(ann, "timslab:bbb")
    turn(world)
    world.clock.forward(days=8)
    world.sweep()
    with world.hub.reading() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(shares)).scalar_one() == 0


def test_a_request_that_was_called_off_leaves_its_place_to_the_next(world: World, ann: records.Caller) -> None:
    world.add_lab("timslab", "bbb")
    bob = world.add_user("bob", "bobslab")
    gone = world.put(ann, "timslab:bbb", priority=90)
    world.put(ann, "timslab:bbb", priority=10)
    world.put(bob, "timslab:bbb", priority=50)
    world.cancel(ann, gone.id)
    assert who(world, 3) == ["bob", "ann", ""]
