"""What a lab sees of its boards: kept apart from its wish, and told to its people where a board is broken."""

from __future__ import annotations

import pytest

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.errors import NotKnown
from fuego_jenkins_remote.network.states import State

from .conftest import Service, World
from .told import bodies, titles, told


def test_a_new_board_is_well(world: World) -> None:
    world.add_lab("demolab", "qemu")
    [board] = [world.put_board("demolab", "qemu")]
    assert (board.health, board.health_reason, board.up) == ("online", "", True)
    assert board.health_since is not None


@pytest.mark.parametrize("health", ["offline", "broken"])
def test_a_board_that_is_not_well_gets_nothing_until_it_is(
    world: World, ann: records.Caller, health: records.Health
) -> None:
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    world.health("demolab", "qemu", health, "its agent is gone")
    assert world.claim("demolab", "qemu") is None
    assert world.claim("demolab", "qemu", request=request.id) is None
    world.health("demolab", "qemu", "online")
    assert world.claim("demolab", "qemu") is not None


def test_a_board_that_is_well_and_not_shared_gets_nothing(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    world.put(ann, "demolab:qemu")
    world.put_board("demolab", "qemu", online=False)
    world.health("demolab", "qemu", "online")
    assert world.claim("demolab", "qemu") is None


def test_a_request_for_a_board_that_is_down_waits(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "qemu")
    world.health("demolab", "qemu", "broken", "does not boot")
    assert world.put(ann, "demolab:qemu").state is State.PENDING
    assert len(world.put_all(ann, "arch=x86_64", count="each")) == 1


def test_what_a_lab_says_of_a_board_keeps_its_health(world: World) -> None:
    world.add_lab("demolab", "qemu")
    world.health("demolab", "qemu", "broken", "does not boot")
    board = world.put_board("demolab", "qemu", facts={"arch": "arm"}, online=True)
    assert (board.online, board.health, board.health_reason, board.up) == (True, "broken", "does not boot", False)


def test_the_same_health_again_only_says_that_the_lab_has_spoken(world: World) -> None:
    world.add_lab("demolab", "qemu")
    before = world.health("demolab", "qemu", "offline", "its agent is gone")
    world.clock.forward(minutes=3)
    after = world.health("demolab", "qemu", "offline", "its agent is gone")
    assert after.last_seen > before.last_seen
    assert after.health_since == before.health_since


def test_another_reason_is_no_new_time(world: World) -> None:
    world.add_lab("demolab", "qemu")
    before = world.health("demolab", "qemu", "offline", "its agent is gone")
    world.clock.forward(minutes=3)
    after = world.health("demolab", "qemu", "offline", "taken offline by tim")
    assert (after.health_reason, after.health_since) == ("taken offline by tim", before.health_since)


def test_a_health_for_a_board_that_nobody_knows_is_refused(world: World) -> None:
    world.add_lab("demolab")
    with pytest.raises(NotKnown, match="demolab:qemu"):
        world.health("demolab", "qemu", "broken")


def test_a_labs_people_are_told_once_that_a_board_is_broken_and_how_it_comes_back(world: World) -> None:
    world.add_lab("demolab", "qemu", notify=("board-admins@example.org",))
    for _ in range(3):
        world.health("demolab", "qemu", "broken", "it did not answer to ping")
    world.health("demolab", "qemu", "broken", "it did not answer to ssh")
    assert told(world) == [("board-broken", "board-admins@example.org", "waiting")]
    assert titles(world) == ["demolab:qemu is broken"]
    body = bodies(world)[-1]
    assert "it did not answer to ping" in body
    assert "    ftc lab check-board -b qemu\n" in body
    assert "https://hub.example/boards/demolab/qemu" in body


def test_a_labs_people_are_told_that_a_board_is_back(world: World) -> None:
    world.add_lab("demolab", "qemu", notify=("board-admins@example.org",))
    world.health("demolab", "qemu", "broken", "it did not answer to ping")
    world.health("demolab", "qemu", "online")
    world.health("demolab", "qemu", "online")
    assert [kind for kind, *_ in told(world)] == ["board-broken", "board-back"]
    assert "requests are given to it again" in bodies(world)[-1]


def test_without_addresses_of_the_lab_its_admins_are_told(world: World) -> None:
    world.add_lab("demolab", "qemu")
    world.add_user("tim", "demolab:admin", email="tim@example.org")
    world.health("demolab", "qemu", "broken", "no power")
    assert [recipient for _, recipient, _ in told(world)] == ["tim@example.org"]


def test_a_board_that_is_only_offline_is_no_notice(world: World) -> None:
    world.add_lab("demolab", "qemu", notify=("board-admins@example.org",))
    world.health("demolab", "qemu", "offline", "its agent is gone")
    world.health("demolab", "qemu", "online")
    assert told(world) == []


def test_a_lab_says_what_it_sees_and_everybody_reads_it(service: Service) -> None:
    said = {"health": "broken", "reason": "prüft nicht"}
    board = service.ok("demolab", "PUT", "/boards/demolab/qemu/health", json=said)
    assert (board["online"], board["health"], board["health_reason"]) == (True, "broken", "prüft nicht")
    assert service.ok("ann", "GET", "/boards/demolab/qemu") == {**board, "waiting": 0}


@pytest.mark.parametrize(
    ("who", "path", "body", "status"),
    [
        ("otherlab", "/boards/demolab/qemu/health", {"health": "broken"}, 403),
        ("ann", "/boards/demolab/qemu/health", {"health": "broken"}, 403),
        ("demolab", "/boards/demolab/nosuch/health", {"health": "broken"}, 404),
        ("demolab", "/boards/demolab/qemu/health", {"health": "tired"}, 422),
        ("demolab", "/boards/demolab/qemu/health", {"reason": "x"}, 422),
        ("demolab", "/boards/demolab/qemu/health", {"health": "broken", "reason": "\x1b[2J"}, 422),
    ],
)
def test_what_is_refused(service: Service, who: str, path: str, body: object, status: int) -> None:
    assert service.call(who, "PUT", path, json=body).status_code == status
