"""Boards that people take out of choice, and give back."""

from __future__ import annotations

import pytest

from fuego_jenkins_remote.hub import boards, records, requests
from fuego_jenkins_remote.hub.errors import NotYours
from fuego_jenkins_remote.network.states import State

from .conftest import Service, World, lab


def keep(world: World, who: records.Caller, name: str, reason: str) -> records.Board:
    with world.hub.change() as change:
        return boards.put_maintenance(change, who, "demolab", name, reason)


def test_a_board_in_maintenance_gets_nothing_and_what_waits_for_it_waits(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    tim = world.add_user("tim", "demolab:maintainer")
    keep(world, tim, "one", "a new power supply")
    request = world.put(ann, "demolab:one")
    assert world.claim("demolab", "one") is None
    assert world.get(request.id).state is State.PENDING
    with world.hub.reading() as conn:
        told = str(requests.told(conn, None, request, world.clock()))
    assert "demolab:one is in maintenance (a new power supply, says tim)" in told
    assert keep(world, tim, "one", "").maintenance_by == ""
    assert world.claim("demolab", "one") is not None


def test_a_board_that_is_described_or_seen_anew_stays_in_maintenance(world: World) -> None:
    world.add_lab("demolab", "one")
    keep(world, lab("demolab"), "one", "moving")
    assert world.put_board("demolab", "one", labels=("usb",)).maintenance == "moving"
    assert world.health("demolab", "one", "online").maintenance == "moving"


@pytest.mark.parametrize("membership", ["demolab:member", "otherteam:admin"])
def test_only_the_labs_keepers_do_that(world: World, membership: str) -> None:
    world.add_lab("demolab", "one")
    with pytest.raises(NotYours, match="only maintainers of the team demolab"):
        keep(world, world.add_user("eve", membership), "one", "mine")


def test_over_http(service: Service) -> None:
    path = "/boards/demolab/qemu/maintenance"
    board = service.ok("tim", "PUT", path, json={"reason": "moving"})
    assert (board["maintenance"], board["maintenance_by"], board["health"]) == ("moving", "tim", "online")
    assert service.call("ann", "PUT", path, json={"reason": "moving"}).status_code == 403
    assert service.call("tim", "PUT", path, json={"reason": "  "}).status_code == 422
    assert service.ok("demolab", "DELETE", path)["maintenance"] == ""


def test_what_the_lab_sees_may_be_maintenance_too(service: Service) -> None:
    said = {"health": "maintenance", "reason": "Tim has taken it"}
    board = service.ok("demolab", "PUT", "/boards/demolab/qemu/health", json=said)
    assert (board["health"], board["maintenance"]) == ("maintenance", "")


def test_terms_come_back_whole_and_a_mistake_in_them_is_told(service: Service) -> None:
    windows = {"time_zone": "Europe/Berlin", "windows": ["Mon-Fri 18:00-08:00"]}
    said = {"ask": True, "running": {"team": 2}, "windows": windows}
    board = service.ok("demolab", "PUT", "/boards/demolab/qemu", json={"terms": said, "open_to": ["user:ann"]})
    assert board["terms"] == {
        "ask": True,
        "priority": 100,
        "max_time": 7200,
        "running": {"user": None, "team": 2},
        "waiting": {"user": None, "team": None},
        "windows": windows,
        "policy": "",
    }
    for wrong in ({"aks": True}, {"max_time": 0}, {"windows": {"time_zone": "UTC", "windows": ["Mon"]}}):
        assert service.call("demolab", "PUT", "/boards/demolab/qemu", json={"terms": wrong}).status_code == 422
    assert service.call("demolab", "PUT", "/boards/demolab/qemu", json={"open_to": ["user:"]}).status_code == 422
