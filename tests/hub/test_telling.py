"""What is happening to a request, in words: for its page and, in the API, for everybody else."""

from __future__ import annotations

from typing import Any

from fuego_jenkins_remote.hub import records, requests

from .conftest import Service, World


def told(world: World, request_id: str) -> str:
    with world.hub.reading() as conn:
        return str(requests.told(conn, requests.find(conn, request_id), world.clock()))


def test_boards_that_are_free(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    assert "1 idle board would do: demolab:one." in told(world, world.put(ann, "demolab:one").id)


def test_only_a_broken_board(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    world.health("demolab", "one", "broken", "it does\nnot boot")
    assert told(world, world.put(ann, "demolab:one").id) == (
        "It waits: 1 board would do, and it is not to be had now: demolab:one is broken (it does not boot). "
        "It starts when it is back."
    )


def test_only_boards_that_are_down_each_with_its_reason(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    world.put_board("demolab", "one", online=False)
    world.health("demolab", "two", "offline", "its agent is gone")
    assert told(world, world.put(ann, "arch=x86_64").id).startswith(
        "It waits: 2 boards would do, and none is to be had now: demolab:one is offline, as its lab wants it; "
        "demolab:two is offline (its agent is gone)."
    )


def test_only_a_lab_that_says_nothing(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    request = world.put(ann, "demolab:one")
    world.clock.forward(minutes=20)
    assert "nothing was heard of the lab demolab since 2026-11-23 10:00 UTC (demolab:one)." in told(world, request.id)


def test_busy_ones_and_others_that_are_down(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    world.put(ann, "arch=x86_64")
    world.running("demolab", "one")
    world.health("demolab", "two", "broken", "no power")
    words = told(world, world.put(ann, "arch=x86_64").id)
    assert "1 of them busy, the other is not to be had: demolab:two is broken (no power)." in words
    assert "The next free one takes it." in words


def test_why_it_was_given_back(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    world.put(ann, "demolab:one")
    which = world.claim("demolab", "one")
    assert which
    world.give_back("demolab", which, "Jenkins shuts down")
    assert told(world, which.request).endswith("It was given back before: Jenkins shuts down.")


def test_not_more_reasons_than_a_person_reads(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", *(f"b{number}" for number in range(9)))
    for number in range(9):
        world.health("demolab", f"b{number}", "offline")
    assert "; and 4 more." in told(world, world.put(ann, "arch=x86_64").id)


def test_the_api_says_it_of_one_request(service: Service) -> None:
    service.ok("demolab", "PUT", "/boards/demolab/qemu/health", json={"health": "offline", "reason": "node is off"})
    put: dict[str, Any] = {"call_id": "call-1-x", "selector": "demolab:qemu", "test": "Functional.a"}
    [request] = service.ok("ann", "POST", "/requests", 201, json=put)["requests"]
    words = service.ok("ann", "GET", f"/requests/{request['id']}")["told"]
    assert "demolab:qemu is offline (node is off)" in words
