"""Of two bridges that claim for one lab the second is turned away."""

from __future__ import annotations

import pytest

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.claims import BRIDGE_GONE
from fuego_jenkins_remote.hub.errors import Conflict

from .conftest import World

FIRST, SECOND = "timsbox-1a2b3c4d", "rack-5e6f7a8b"


@pytest.fixture(autouse=True)
def _lab(world: World) -> None:
    world.add_lab("demolab", "one")


def test_the_second_is_told_who_is_there_and_gets_nothing(world: World, ann: records.Caller) -> None:
    world.take("demolab", instance=FIRST)
    world.put(ann, "demolab:one")
    world.clock.forward(seconds=12)
    with pytest.raises(Conflict, match=f"another bridge serves demolab: {FIRST}, heard of 12 s ago") as refused:
        world.take("demolab", "one", instance=SECOND)
    assert refused.value.code == "other-bridge"
    assert world.claim("demolab", "one", instance=FIRST) is not None


def test_the_first_goes_on_at_once_when_it_starts_again(world: World) -> None:
    for _ in range(3):
        world.take("demolab", instance=FIRST)


def test_one_that_has_been_silent_leaves_its_place(world: World) -> None:
    world.take("demolab", instance=FIRST)
    world.clock.at += BRIDGE_GONE
    world.take("demolab", instance=SECOND)
    with pytest.raises(Conflict, match=SECOND):
        world.take("demolab", instance=FIRST)


def test_who_is_turned_away_does_not_lengthen_its_own_wait(world: World) -> None:
    world.take("demolab", instance=FIRST)
    for _ in range(3):
        with pytest.raises(Conflict):
            world.take("demolab", instance=SECOND)
        world.clock.at += BRIDGE_GONE / 3
    world.take("demolab", instance=SECOND)


def test_one_that_stops_makes_room_at_once(world: World) -> None:
    world.take("demolab", instance=FIRST)
    world.take("demolab", instance=FIRST, leaves=True)
    world.take("demolab", instance=SECOND)
    world.take("demolab", instance=FIRST, leaves=True)  # a late word of who is gone already
    with pytest.raises(Conflict, match=SECOND):
        world.take("demolab", instance=FIRST)


def test_a_claim_by_hand_is_no_bridge(world: World, ann: records.Caller) -> None:
    world.take("demolab", instance=FIRST)
    world.put(ann, "demolab:one")
    assert world.claim("demolab", "one") is not None
    world.take("demolab", instance=FIRST)


def test_another_lab_has_its_own_bridge(world: World) -> None:
    world.add_lab("timslab")
    world.take("demolab", instance=FIRST)
    world.take("timslab", instance=SECOND)


def test_a_claim_of_before_without_boards_tells_what_it_won_and_wins_nothing(world: World, ann: records.Caller) -> None:
    world.put(ann, "demolab:one")
    assert not world.take("demolab", claim_id="never-heard-of").assignments
    [won] = world.take("demolab", "one", claim_id="claim-before").assignments
    [again] = world.take("demolab", claim_id="claim-before").assignments
    assert again.request.id == won.request.id
