"""Where a request stands, and why: as `ftc query-request --why` has it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

import hub_folders
from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.queue import order
from fuego_jenkins_remote.hub.queue.order import AtBoard, Rule
from fuego_jenkins_remote.hub.statements import people
from fuego_jenkins_remote.network.terms import Quota, Terms, Windows

from .conftest import Service, World


def at(
    world: World, request: records.Request, board: str = "demolab:one", reader: records.Caller | None = None
) -> AtBoard:
    """Who has put it reads it, if nobody else is named."""
    with world.hub.reading() as conn:
        reader = reader or people.caller(conn, request.requester)
        found = order.order(conn, reader, world.get(request.id), world.clock())
    return next(one for one in found.boards if one.board == board)


def stops(world: World, request: records.Request, board: str = "demolab:one") -> list[str]:
    return [one.why for one in at(world, request, board).stops]


def before(world: World, request: records.Request) -> dict[Rule, int]:
    return {one.rule: one.count for one in at(world, request).before}


def test_with_nothing_before_it_it_is_next(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    found = at(world, world.put(ann, "demolab:one"))
    assert (found.stops, found.before, found.next) == ((), (), "next, as soon as its lab asks")


def test_it_comes_after_what_runs_there(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    world.put(ann, "demolab:one", timeout=1800)
    world.running("demolab", "one")
    found = at(world, world.put(ann, "demolab:one"))
    assert found.next == "next, when what runs there has ended, at 10:30 UTC at the latest"


def test_each_rule_says_what_it_puts_first(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    tim, bob = world.add_user("tim", "demolab"), world.add_user("bob", "bobslab")
    cleo, dan = world.add_user("cleo", "annslab"), world.add_user("dan", "danslab")
    for who, priority in ((tim, 0), (tim, 0), (bob, 90), (cleo, 50), (dan, 50), (ann, 50), (ann, 60)):
        world.put(who, "arch=x86_64", priority=priority)
    request = world.put(ann, "demolab:one")
    assert before(world, request) == {
        Rule.OWN_TEAM: 2,
        Rule.PRIORITY: 1,
        Rule.SHARE: 1,
        Rule.TEAM_SHARE: 1,
        Rule.OWN: 2,
    }


def test_what_waits_for_other_boards_is_not_before_it(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    bob = world.add_user("bob", "bobslab")
    world.put(bob, "demolab:two", priority=100)
    assert before(world, world.put(ann, "demolab:one")) == {}


def test_a_priority_above_the_band_is_not_before_it(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    world.put_board("demolab", "one", terms=Terms(priority=50))
    bob = world.add_user("bob", "bobslab")
    world.put(bob, "demolab:one", priority=100)
    assert before(world, world.put(ann, "demolab:one")) == {Rule.SHARE: 1}


def test_what_the_order_says_is_what_a_claim_does(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    bob = world.add_user("bob", "bobslab")
    first, second = world.put(ann, "demolab:one"), world.put(bob, "demolab:one")
    assert (before(world, first), before(world, second)) == ({}, {Rule.SHARE: 1})
    which = world.running("demolab", "one")
    world.clock.forward(minutes=5)
    world.tested("demolab", which)
    third = world.put(ann, "demolab:one")
    assert (before(world, second), before(world, third)) == ({}, {Rule.SHARE: 1})
    assert world.claim("demolab", "one").request == second.id  # type: ignore[union-attr]


def test_health_and_maintenance_stop_it(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    request = world.put(ann, "demolab:one")
    world.health("demolab", "one", "broken", "does not boot")
    found = at(world, request)
    assert [(one.why, one.text) for one in found.stops] == [("broken", "broken (does not boot)")]
    assert found.next == "not before that has changed"


def test_a_window_says_when_it_opens(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    windows = Windows(time_zone="Europe/Berlin", windows=("Mon-Sun 18:00-20:00",))
    world.put_board("demolab", "one", terms=Terms(windows=windows))
    request = world.put(ann, "demolab:one")
    assert [one.text for one in at(world, request).stops] == [
        "its share window is shut now",
        "the next window that is long enough opens at 2026-11-23 17:00 UTC",
    ]
    world.clock.at = datetime(2026, 11, 23, 17, 5, tzinfo=UTC)
    assert not {"shut", "opens"} & set(stops(world, request))


def test_a_quota_says_how_many(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "two")
    world.put_board("demolab", "one", terms=Terms(running=Quota(user=1)))
    world.put(ann, "demolab:two")
    world.running("demolab", "two")
    [stop] = at(world, world.put(ann, "demolab:one")).stops
    assert (stop.why, stop.text) == ("quota", "ann has 1 of at most 1 boards of demolab")


def test_an_approval_that_waits_stops_it(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "open")
    world.put_board("demolab", "one", terms=Terms(ask=True))
    assert stops(world, world.put(ann, "demolab:one")) == ["requested"]
    assert stops(world, world.put(ann, "arch=x86_64")) == ["approval-needed"]


def test_a_board_where_it_has_failed_or_that_gave_it_back_stops_it(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    request = world.put(ann, "arch=x86_64", retries=1)
    world.error("demolab", world.running("demolab", "one"))
    assert stops(world, request) == ["failed-here"]
    which = world.claim("demolab", "two")
    assert which is not None
    world.give_back("demolab", which)
    assert stops(world, request, "demolab:two") == ["given-back"]


def test_of_many_boards_those_are_told_where_least_stops_it(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", *(f"b{number:02}" for number in range(30)))
    for number in range(15):
        world.health("demolab", f"b{number:02}", "offline")
    request = world.put(ann, "arch=x86_64")
    with world.hub.reading() as conn:
        found = order.order(conn, None, request, world.clock())
    assert (found.total, len(found.boards)) == (30, 20)
    assert [one.board for one in found.boards][:15] == [f"demolab:b{number}" for number in range(15, 30)]


def test_one_that_does_not_wait_stands_nowhere(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    request = world.put(ann, "demolab:one")
    world.running("demolab", "one")
    with world.hub.reading() as conn:
        assert order.order(conn, None, world.get(request.id), world.clock()) == order.Order(total=0)


def test_what_comes_before_is_counted_by_indexes(world: World, ann: records.Caller) -> None:
    hub_folders.about_sqlite()
    world.add_lab("demolab", "one")
    bob = world.add_user("bob", "bobslab")
    world.put(bob, "arch=x86_64", priority=90)
    request = world.put(ann, "demolab:one")
    steps: list[str] = []

    def explain(conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps.extend(f"{row[3]}" for row in cursor.fetchall())

    sa.event.listen(world.hub.engine, "before_cursor_execute", explain)
    at(world, request)
    # As many attempts are alive as boards are busy: that index is read as a whole.
    few = ("SUBQUERY", "anon", "attempts_live")
    scans = [step for step in steps if step.startswith("SCAN") and not any(word in step for word in few)]
    assert scans == []


def test_it_is_told_over_the_wire_and_private_requests_are_not_there(service: Service) -> None:
    for number, private in enumerate((True, False)):
        put = {
            "call_id": f"call-{number}-x",
            "selector": "demolab:qemu",
            "test": "Functional.secret",
            "private": private,
        }
        service.ok("tim", "POST", "/requests", 201, json=put)
    put = {"call_id": "call-9-x", "selector": "demolab:qemu", "test": "Functional.a"}
    request = service.ok("ann", "POST", "/requests", 201, json=put)["requests"][0]
    found = service.ok("ann", "GET", f"/requests/{request['id']}/queue")
    [board] = found["boards"]
    assert board["before"] == [
        {
            "rule": "own-team",
            "count": 1,
            "more": False,
            "text": "1 request of the lab's own team demolab, which is first on its boards",
        }
    ]
    assert "secret" not in str(found)
    assert service.call("ann", "GET", "/requests/20261123-101500123-k3j7x2m4/queue").status_code == 404


# -- private requests


def told(world: World, request: records.Request, reader: records.Caller | None) -> AtBoard:
    """What somebody else is told of it."""
    with world.hub.reading() as conn:
        return order.order(conn, reader, world.get(request.id), world.clock()).boards[0]


def test_what_one_may_not_see_is_not_counted_before_it(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    bob, cleo = world.add_user("bob", "bobslab"), world.add_user("cleo", "cleoslab")
    world.put(bob, "demolab:one", priority=90, private=True)
    world.put(bob, "demolab:one", private=True)
    request = world.put(ann, "demolab:one")
    assert [told(world, request, reader).before for reader in (ann, cleo, None)] == [(), (), ()]
    assert {one.rule: one.count for one in told(world, request, bob).before} == {Rule.PRIORITY: 1}


def test_a_line_with_private_ones_in_it_is_as_one_without(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    bob = world.add_user("bob", "bobslab")
    world.put(bob, "demolab:one", priority=50)
    request = world.put(ann, "demolab:one", priority=50)
    seen = told(world, request, ann)
    world.put(bob, "demolab:one", priority=90, private=True)
    assert told(world, request, ann) == seen


def test_a_stranger_is_told_nothing_of_the_private_ones_of_a_requesters_own_team(
    world: World, ann: records.Caller
) -> None:
    world.add_lab("demolab", "one")
    amy, cleo = world.add_user("amy", "annslab"), world.add_user("cleo", "cleoslab")
    for who in (ann, amy):
        world.put(who, "demolab:one", private=True)
    request = world.put(ann, "demolab:one")
    assert told(world, request, cleo).before == ()
    assert {one.rule for one in told(world, request, ann).before} == {Rule.TEAM_SHARE, Rule.OWN}


def test_a_private_one_that_runs_is_told_neither_by_its_end_nor_by_a_quota(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    for name in ("one", "two"):
        world.put_board("demolab", name, terms=Terms(running=Quota(user=1)))
    cleo = world.add_user("cleo", "cleoslab")
    world.put(ann, "demolab:one", private=True)
    world.running("demolab", "one")
    request = world.put(ann, "demolab:one")
    assert [one.why for one in told(world, request, ann).stops] == ["quota"]
    found = told(world, request, cleo)
    assert (found.stops, found.next) == ((), "next, when what runs there has ended")
