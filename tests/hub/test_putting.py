"""What may be put, for which team, and what becomes of one put for several boards."""

from __future__ import annotations

import pytest

from fuego_jenkins_remote.hub import records, requests
from fuego_jenkins_remote.hub.errors import NoBoard, NotYours, Refused
from fuego_jenkins_remote.network.states import State

from .conftest import World


def test_each_board_gets_a_request_of_its_own(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    world.add_lab("otherlab", "three", open_to=())
    made = world.put_all(ann, "arch=x86_64", count="each")
    assert [request.selector for request in made] == ["demolab:one", "demolab:two"]
    assert len({request.campaign for request in made}) == 1
    assert made[0].campaign


def test_each_of_one_board_is_a_campaign_too(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    assert world.put(ann, "arch=x86_64", count="each").campaign


def test_of_n_requests_no_two_run_on_the_same_board(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two", "three")
    made = world.put_all(ann, "arch=x86_64", count=2)
    assert len(made) == 2
    which = world.running("demolab", "one")
    world.tested("demolab", which)
    assert world.claim("demolab", "one") is None
    assert world.claim("demolab", "three") is not None
    assert world.claim("demolab", "two") is None


def test_more_boards_than_match_are_refused(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    with pytest.raises(Refused, match="2 boards are asked for and 1 match"):
        world.put_all(ann, "arch=x86_64", count=2)


def test_a_board_that_is_not_open_to_the_team_is_told_as_the_reason(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", open_to=())
    with pytest.raises(NoBoard, match="demolab:one: open to demolab only, not to annslab"):
        world.put(ann, "demolab:one")


def test_a_board_is_open_to_the_teams_that_it_names_and_to_its_own(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", open_to=("annslab",))
    tim = world.add_user("tim", "demolab:admin")
    assert world.put(ann, "demolab:one").team == "annslab"
    assert world.put(tim, "demolab:one").team == "demolab"


def test_a_request_is_put_for_the_first_team_that_may(world: World) -> None:
    world.add_lab("demolab", "closed", open_to=())
    world.add_lab("otherlab", "open")
    both = world.add_user("both", "otherteam", "demolab")
    assert world.put(both, "otherlab:open").team == "otherteam"
    assert world.put(both, "demolab:closed").team == "demolab"


def test_reasons_are_bounded(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", *(f"b{number}" for number in range(14)))
    for number in range(14, 28):
        world.put_board("demolab", f"b{number}", facts={"arch": f"arch{number}"})
    with pytest.raises(NoBoard) as refused:
        world.put(ann, "arch=arm")
    lines = str(refused.value).splitlines()
    assert lines[1].startswith("  demolab:b0, demolab:b1, ")
    assert lines[1].endswith(" and 4 more: arch is x86_64, not arm")
    assert lines[-1] == "  and 5 more reasons"
    assert len(lines) == 12


def test_a_board_that_is_not_there_is_told_with_those_that_are(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    with pytest.raises(NoBoard, match="there is no board demolab:nosuch; demolab has one, two") as refused:
        world.put(ann, "demolab:nosuch")
    assert refused.value.code == "unknown-board"
    with pytest.raises(NoBoard, match="there is no board nolab:one: no lab nolab shares any"):
        world.put(ann, "nolab:one")


def test_who_is_in_several_teams_may_say_for_which(world: World) -> None:
    both = world.add_user("both", "first", "second")
    world.add_lab("demolab", "one", open_to=("first", "second"))
    assert world.put(both, "demolab:one").team == "first"
    assert world.put(both, "demolab:one", team="second").team == "second"


def test_a_team_that_may_not_is_not_replaced_by_one_that_may(world: World) -> None:
    both = world.add_user("both", "first", "second")
    world.add_lab("demolab", "one", open_to=("first",))
    with pytest.raises(NoBoard, match="open to first only, not to second"):
        world.put(both, "demolab:one", team="second")


def test_nobody_asks_for_a_team_of_others(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    with pytest.raises(Refused, match="ann is not in the team demolab, but in annslab"):
        world.put(ann, "demolab:one", team="demolab")


def test_a_network_without_boards_says_so(world: World, ann: records.Caller) -> None:
    with pytest.raises(NoBoard, match="there is no board in the network yet"):
        world.put(ann, "arch=arm")


def test_a_user_without_a_team_cannot_put(world: World) -> None:
    world.add_lab("demolab", "one")
    with pytest.raises(NotYours, match="is in no team"):
        world.put(world.add_user("alone"), "demolab:one")


def test_a_deadline_that_is_over_is_refused(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    with pytest.raises(Refused, match="is over"):
        world.put(ann, "demolab:one", deadline=world.clock.at)


def test_an_offline_board_is_good_enough_to_wait_for(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    world.put_board("demolab", "one", online=False)
    request = world.put(ann, "demolab:one")
    assert world.claim("demolab", "one") is None
    world.put_board("demolab", "one", online=True)
    which = world.claim("demolab", "one")
    assert which is not None
    assert which.request == request.id


def test_a_board_that_comes_later_serves_what_waits(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    world.add_lab("otherlab")
    request = world.put(ann, "arch=x86_64")
    world.put_board("otherlab", "late")
    which = world.claim("otherlab", "late")
    assert which is not None
    assert which.request == request.id


def test_facts_that_change_end_what_fits_no_board_any_more(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    request = world.put(ann, "arch=x86_64")
    world.put_board("demolab", "one", facts={"arch": "arm"})
    assert world.get(request.id).state == State.REJECTED


def test_a_board_that_is_closed_to_a_team_serves_it_no_more(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    request = world.put(ann, "arch=x86_64")
    world.put_board("demolab", "one", open_to=())
    assert world.claim("demolab", "one") is None
    assert world.get(request.id).state == State.PENDING
    world.put_board("demolab", "two", open_to=())
    assert world.get(request.id).state == State.REJECTED


def test_an_attempt_outlives_its_board(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    request = world.put(ann, "demolab:one")
    which = world.running("demolab", "one")
    world.remove_board("demolab", "one")
    world.tested("demolab", which)
    assert world.done("demolab", which).state == State.DONE
    assert request.id == which.request


def test_a_board_that_is_told_of_again_is_seen_but_not_changed(world: World) -> None:
    world.add_lab("demolab", "one")
    before = world.put_board("demolab", "one")
    again = world.put_board("demolab", "one")
    assert again.updated_at == before.updated_at
    assert again.last_seen > before.last_seen
    assert world.put_board("demolab", "one", labels=("usb",)).updated_at > before.updated_at


def test_what_a_put_gives_is_what_is_read_afterwards(world: World) -> None:
    world.add_lab("onelab", "one", "two")
    ann = world.add_user("annie", "friends")
    git = records.GitSource(url="https://git.example/x", ref="main", commit="a" * 40)
    made = [
        *world.put_all(ann, "host=onelab", count="each", variables={"A": "1"}, needs=("arch=x86_64",), retries=2),
        world.put(ann, "onelab:one", git=git, private=True, notes="Größe", priority=70),
    ]
    with world.hub.reading() as conn:
        assert made == [requests.find(conn, one.id) for one in made]
