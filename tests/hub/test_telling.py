"""What is happening to a request, in words: for its page and, in the API, for everybody else."""

from __future__ import annotations

from typing import Any

import pytest

from fuego_jenkins_remote.hub import records, requests
from fuego_jenkins_remote.hub.queue.order import order
from fuego_jenkins_remote.hub.statements import people
from fuego_jenkins_remote.network.terms import Quota, Terms, Windows

from .conftest import Service, World

SHUT = Terms(windows=Windows(time_zone="UTC", windows=("Mon-Fri 18:00-20:00",)))
ENDS_SOON = Terms(windows=Windows(time_zone="UTC", windows=("Mon-Fri 08:00-10:20",)))


def told(world: World, request_id: str, reader: records.Caller | None = None) -> str:
    """Who has put it reads it, if nobody else is named."""
    with world.hub.reading() as conn:
        request = requests.find(conn, request_id)
        return str(requests.told(conn, reader or people.caller(conn, request.requester), request, world.clock()))


def told_of_put(world: World, who: records.Caller, selector: str, **values: Any) -> str:
    """What a put says at once."""
    wanted = {"call_id": world.call_id(), "test": "Functional.hello", "variables": {}, **values}
    with world.hub.change() as change:
        _, said = requests.put_and_tell(change, who, records.NewRequest(selector=selector, **wanted))
    return " ".join(one for one in said if "to be had" in one)


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
    words = told(world, which.request)
    assert "demolab:one: its lab has given it back, and is asked again at 10:0" in words
    assert words.endswith("It was given back before: Jenkins shuts down.")


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        (
            SHUT,
            "its share window is shut now, and the next window that is long enough opens at 2026-11-23 18:00 UTC",
        ),
        (
            ENDS_SOON,
            "its share window ends at 10:20 UTC, too soon for 30m, and the next window that is long enough opens at"
            " 2026-11-24 08:00 UTC",
        ),
        (Terms(running=Quota(user=1)), "ann has 1 of at most 1 boards of demolab"),
        (Terms(running=Quota(team=1)), "the team annslab has 1 of at most 1 boards of demolab"),
    ],
    ids=["shut", "ends-soon", "user", "team"],
)
@pytest.mark.parametrize("busy", [False, True])
def test_what_the_labs_terms_hold_back_is_told_with_the_reason_at_the_put_and_later(
    world: World, ann: records.Caller, terms: Terms, why: str, busy: bool
) -> None:
    world.add_lab("demolab", "one", "two")
    world.put(ann, "demolab:two")
    world.running("demolab", "two")
    if busy:
        world.put(world.add_user("tim", "demolab"), "demolab:one")
        world.running("demolab", "one")
    world.put_board("demolab", "one", terms=terms)
    assert told_of_put(world, ann, "demolab:one") == (
        f"It waits, since no board that may run it is to be had now: demolab:one: {why}."
    )
    request = world.put(ann, "demolab:one")
    assert told(world, request.id) == (
        f"It waits: 1 board would do, and it is not to be had now: demolab:one: {why}. "
        "It does not start before that has changed."
    )
    with world.hub.reading() as conn:
        [board] = order(conn, ann, world.get(request.id), world.clock()).boards
    assert ", and ".join(stop.text for stop in board.stops) == why
    assert world.claim("demolab", "one") is None


def test_the_labs_own_team_is_not_told_of_terms_that_do_not_bind_it(world: World) -> None:
    world.add_lab("demolab")
    world.put_board("demolab", "one", terms=Terms(windows=SHUT.windows, running=Quota(user=0)))
    tim = world.add_user("tim", "demolab")
    assert told_of_put(world, tim, "demolab:one") == ""
    assert "1 idle board would do: demolab:one." in told(world, world.put(tim, "demolab:one").id)


def test_of_several_boards_the_idle_one_that_is_open_is_told(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "four")
    world.put_board("demolab", "two", terms=SHUT)
    world.put_board("demolab", "three", terms=ENDS_SOON)
    world.health("demolab", "four", "broken")
    assert told_of_put(world, ann, "arch=x86_64") == ""
    words = told(world, world.put(ann, "arch=x86_64").id)
    assert words.startswith("It waits for a lab to claim it; 1 idle board would do: demolab:one. A lab that is")


def test_only_boards_that_are_open_to_it_are_told_as_busy(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    world.put_board("demolab", "two", terms=ENDS_SOON)
    world.put(ann, "demolab:one")
    world.running("demolab", "one")
    words = told(world, world.put(ann, "arch=x86_64").id)
    assert "1 of them busy, the other is not to be had: demolab:two: its share window ends at 10:20 UTC" in words
    assert words.endswith("The next free one takes it.")


def test_a_board_that_is_broken_and_shut_is_told_as_both(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab")
    world.put_board("demolab", "one", terms=SHUT)
    world.health("demolab", "one", "broken", "no power")
    words = told(world, world.put(ann, "demolab:one").id)
    assert "demolab:one is broken (no power), and its share window is shut now, and the next" in words


def test_a_quota_is_told_with_what_the_reader_may_see(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "two")
    world.put_board("demolab", "one", terms=Terms(running=Quota(user=1)))
    world.put(ann, "demolab:two", private=True)
    world.running("demolab", "two")
    request = world.put(ann, "demolab:one")
    assert "ann has 1 of at most 1 boards of demolab" in told(world, request.id)
    assert "ann" not in told(world, request.id, world.add_user("eve", "evil"))


def test_a_board_that_outsiders_never_have_for_so_long_is_none_that_would_do(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    world.put_board("demolab", "two", terms=Terms(max_time=60))
    assert "1 idle board would do: demolab:one." in told(world, world.put(ann, "arch=x86_64").id)


def test_a_put_says_how_many_of_those_asked_for_wait(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    world.put_board("demolab", "two", terms=SHUT)
    for count in (2, "each"):
        said = told_of_put(world, ann, "arch=x86_64", count=count)
        assert said.startswith("1 of 2 waits for boards that are not to be had now: demolab:two: its share window")


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


def test_the_page_and_the_line_say_the_same(service: Service) -> None:
    board = {"facts": {"arch": "x86_64"}, "open_to": ["*"], "terms": {"running": {"user": 1}}}
    put: dict[str, Any] = {"call_id": "call-1-x", "selector": "demolab:qemu", "test": "Functional.a"}
    for name in ("two", "qemu"):
        service.ok("demolab", "PUT", f"/boards/demolab/{name}", json=board)
    service.ok("ann", "POST", "/requests", 201, json={**put, "call_id": "call-2-x", "selector": "demolab:two"})
    service.ok("demolab", "POST", "/claims", json={"claim_id": "claim-000001", "boards": ["two"]})
    [request] = service.ok("ann", "POST", "/requests", 201, json=put)["requests"]
    why = "ann has 1 of at most 1 boards of demolab"
    queue = service.ok("ann", "GET", f"/requests/{request['id']}/queue")
    assert why in queue["told"]
    assert [stop["text"] for stop in queue["boards"][0]["stops"]] == [why]
    headers = {"Authorization": f"Bearer {service.secrets['ann']}", "accept": "text/html"}
    page = service.client.get(f"/requests/{request['id']}", headers=headers).text
    assert f"and it is not to be had now: demolab:qemu: {why}.</b>" in page
