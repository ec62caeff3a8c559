"""Claims with limits: a board whose share window ends soon gets what is over by then, of other teams than its own."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from fuego_jenkins_remote.hub import records

from .conftest import Service, World


def test_a_request_that_takes_longer_is_passed_over(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    world.put(ann, "demolab:one", timeout=3600, priority=90)
    short = world.put(ann, "demolab:one", timeout=600)
    which = world.claim("demolab", "one", limits={"one": 600})
    assert which is not None
    assert which.request == short.id


def test_a_board_with_too_little_time_gets_nothing(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    world.put(ann, "demolab:one", timeout=600)
    assert world.claim("demolab", "one", limits={"one": 599.9}) is None
    assert world.claim("demolab", "one", limits={"one": 0}) is None
    assert world.claim("demolab", "one") is not None


def test_a_limit_is_for_its_board_alone(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    world.put(ann, "arch=x86_64", timeout=3600)
    [got] = world.take("demolab", "one", "two", limits={"one": 60}).assignments
    assert got.board == "two"


def test_a_limit_holds_for_a_request_that_a_person_asks_for(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    request = world.put(ann, "demolab:one", timeout=3600)
    assert world.claim("demolab", "one", request=request.id, limits={"one": 60}) is None


def test_the_labs_own_team_is_not_bound_by_a_limit(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    tim = world.add_user("tim", "demolab")
    world.put(ann, "demolab:one", timeout=60, priority=90)
    own = world.put(tim, "demolab:one", timeout=3600)
    which = world.claim("demolab", "one", limits={"one": 0})
    assert which is not None
    assert which.request == own.id


def test_own_team_and_priority_come_first_among_those_that_are_short_enough(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    tim = world.add_user("tim", "demolab")
    own = world.put(tim, "demolab:one", timeout=3600)
    plain = world.put(ann, "demolab:one", timeout=60)
    high = world.put(ann, "arch=x86_64", timeout=60, priority=80)
    order = []
    for _ in range(3):
        which = world.claim("demolab", "one", limits={"one": 60})
        assert which
        order.append(which.request)
        world.start("demolab", which)
        world.tested("demolab", which)
    assert order == [own.id, high.id, plain.id]


def test_a_lane_with_nothing_short_enough_is_not_looked_into(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    for _ in range(3):
        world.put(ann, "demolab:one", timeout=600)
    looks: list[str] = []
    sa.event.listen(world.hub.engine, "before_cursor_execute", lambda *call: looks.append(call[2]))
    assert world.claim("demolab", "one", limits={"one": 60}) is None
    assert not any("FROM requests" in look for look in looks), looks


def test_limits_over_the_wire(service: Service) -> None:
    put = {"call_id": "call-1-x", "selector": "demolab:qemu", "test": "Functional.a", "timeout": 900}
    service.ok("ann", "POST", "/requests", 201, json=put)
    claim = {"claim_id": "claim-1-x", "boards": ["qemu"], "limits": {"qemu": 899}}
    assert service.ok("demolab", "POST", "/claims", json=claim)["attempts"] == []
    claim = {"claim_id": "claim-2-x", "boards": ["qemu"], "limits": {"qemu": 900}}
    assert len(service.ok("demolab", "POST", "/claims", json=claim)["attempts"]) == 1


@pytest.mark.parametrize("limits", [{"qemu": -1}, {"../x": 1}, {"qemu": "NaN"}, {"qemu": None}, []])
def test_what_is_no_limit_is_refused(service: Service, limits: object) -> None:
    claim = {"claim_id": "claim-1-x", "boards": ["qemu"], "limits": limits}
    assert service.call("demolab", "POST", "/claims", json=claim).status_code == 422
