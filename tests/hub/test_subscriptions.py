"""What people subscribe to, and what they are told then."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown, NotYours, Refused
from fuego_jenkins_remote.hub.notices import subscriptions
from fuego_jenkins_remote.hub.notices.addresses import BadAddress, masked, of_people
from fuego_jenkins_remote.hub.schema import audit, channels, memberships

from .conftest import Service, World, lab
from .told import HOOK, Post, bodies, send, subscribe, told

OTHER = "https://other.example.org/x"


@pytest.fixture
def ann(world: World) -> records.Caller:
    """Without a mail address: nothing is told but what is subscribed to."""
    return world.add_user("ann", "annslab")


@pytest.fixture
def bob(world: World) -> records.Caller:
    return world.add_user("bob", "bobslab")


@pytest.fixture
def tim(world: World) -> records.Caller:
    """Who answers for two labs."""
    world.add_lab("demolab", "one")
    world.add_lab("otherlab", "two")
    return world.add_user("tim", "demolab:maintainer", "timslab:admin")


def run(world: World, who: records.Caller, place: str = "demolab:one", **values: Any) -> records.Request:
    """Put a request, and have it pass."""
    world.put(who, place, **values)
    host, _, board = place.partition(":")
    which = world.running(host, board)
    world.tested(host, which)
    return world.done(host, which)


def occasions(world: World, address: str = HOOK) -> list[str]:
    return [occasion for occasion, to, _ in told(world) if to == address]


def test_without_narrowing_it_is_what_is_ones_own(
    world: World, ann: records.Caller, bob: records.Caller, tim: records.Caller
) -> None:
    subscribe(world, ann, "started", "done", "board-broken")
    run(world, ann)
    run(world, bob)
    world.health("demolab", "one", "broken", "smoke")
    assert occasions(world) == ["started", "done"]


def test_who_answers_for_a_lab_has_its_questions_and_boards_as_own(
    world: World, ann: records.Caller, tim: records.Caller
) -> None:
    subscribe(world, tim, "requested", "board-broken", "board-back")
    world.put(ann, "demolab:one")
    which = world.claim("demolab", "one")
    assert which
    world.give_back("demolab", which, approval="requested")
    for host, board in (("demolab", "one"), ("otherlab", "two")):
        world.health(host, board, "broken", "smoke")
        world.health(host, board, "online")
    assert occasions(world) == ["requested", "board-broken", "board-back"]


NARROWED: list[tuple[dict[str, str], list[str]]] = [
    ({"host": "demolab", "board": "one"}, ["a-one", "b-one"]),
    ({"host": "otherlab"}, ["a-two"]),
    ({"team": "annslab"}, ["a-one", "a-two"]),
    ({"test": "Functional.b*"}, ["b-one"]),
    ({"test": "Functional.a", "host": "otherlab"}, ["a-two"]),
    ({"team": "bobslab", "host": "otherlab"}, []),
]


@pytest.mark.parametrize("case", NARROWED)
def test_narrowed_it_is_of_everybody(
    world: World, ann: records.Caller, bob: records.Caller, tim: records.Caller, case: tuple[dict[str, str], list[str]]
) -> None:
    narrowed, seen = case
    subscribe(world, tim, "done", **narrowed)
    run(world, ann, test="Functional.a")
    run(world, bob, test="Functional.b")
    run(world, ann, "otherlab:two", test="Functional.a")
    sent = send(world)
    places = [(one.outgoing.events[0].test[-1], one.outgoing.events[0].board) for one in sent.got]
    assert [f"{test}-{board}" for test, board in places] == seen


def test_what_ends_badly_is_a_failure_however_it_ends(world: World, ann: records.Caller, tim: records.Caller) -> None:
    subscribe(world, ann, "failed")
    world.put(ann, "demolab:one")
    world.error("demolab", world.running("demolab", "one"))
    run(world, ann)
    assert occasions(world) == ["failed"]


def test_one_that_is_lost_is_told(world: World, ann: records.Caller, tim: records.Caller) -> None:
    subscribe(world, ann, "lost")
    world.put(ann, "demolab:one")
    world.running("demolab", "one")
    world.clock.forward(hours=2)
    world.sweep()
    assert occasions(world) == ["lost"]


def test_private_requests_are_told_to_those_who_may_see_them(
    world: World, ann: records.Caller, bob: records.Caller, tim: records.Caller
) -> None:
    mate = world.add_user("mate", "annslab:guest")
    for who, to in ((bob, HOOK), (mate, OTHER), (tim, "https://tim.example.org/")):
        subscribe(world, who, "done", to=to, host="demolab")
    run(world, ann, private=True)
    assert {to for _, to, _ in told(world)} == {OTHER, "https://tim.example.org/"}


def test_who_may_not_see_it_any_more_when_it_is_sent_is_not_told(
    world: World, ann: records.Caller, tim: records.Caller
) -> None:
    mate = world.add_user("mate", "annslab")
    subscribe(world, mate, "done", host="demolab")
    run(world, ann, private=True)
    assert occasions(world) == ["done"]
    with world.hub.change() as change:
        change.conn.execute(memberships.delete().where(memberships.c.user == "mate"))
    assert send(world).got == []
    assert [state for _, _, state in told(world)] == ["dropped"]


def test_a_teams_room_is_told_what_all_of_the_team_may_see(
    world: World, ann: records.Caller, bob: records.Caller, tim: records.Caller
) -> None:
    world.add_lab("timslab", "three")
    subscribe(world, tim, "requested", "done", for_team="timslab")
    for who, private in ((ann, False), (ann, True)):
        world.put(who, "timslab:three", private=private)
        which = world.claim("timslab", "three")
        assert which
        world.give_back("timslab", which, approval="requested")
    assert occasions(world) == ["requested"], "guests of the team would read what only its keepers may see"


def test_of_a_campaign_people_are_told_the_end_and_programs_everything(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    subscribe(world, ann, "done", to="slack://T1/B1/x")
    subscribe(world, ann, "done", to=HOOK)
    world.put_all(ann, "arch=x86_64", count="each")
    for board in ("one", "two"):
        which = world.running("demolab", board)
        world.tested("demolab", which)
        world.done("demolab", which)
    assert occasions(world, "slack://T1/B1/x") == ["campaign-ended"]
    assert occasions(world, HOOK) == ["done", "done"]


def test_two_subscriptions_to_one_address_tell_once(world: World, ann: records.Caller, tim: records.Caller) -> None:
    subscribe(world, ann, "done")
    subscribe(world, ann, "done", "failed", host="demolab")
    run(world, ann)
    assert occasions(world) == ["done"]


def test_the_same_call_again_makes_no_second_one(world: World, ann: records.Caller) -> None:
    wanted = subscriptions.Wanted(call_id="call-again", events=("done",), to=HOOK)
    for _ in range(2):
        with world.hub.change() as change:
            one = subscriptions.subscribe(change, ann, wanted)
    with world.hub.reading() as conn:
        assert subscriptions.listed(conn, ann) == [one]


def test_the_usual_notices_can_be_had_no_more_and_again(world: World) -> None:
    eva = world.add_user("eva", "evaslab", email="eva@example.org")
    world.add_lab("demolab", "one")
    for on, count in ((False, 0), (True, 1)):
        with world.hub.change() as change:
            subscriptions.set_usual(change, eva, on=on)
        run(world, eva)
        assert len(told(world)) == count


def test_what_was_taken_back_is_told_no_more(world: World, ann: records.Caller, tim: records.Caller) -> None:
    one = subscribe(world, ann, "done")
    run(world, ann)
    assert occasions(world) == ["done"]
    with world.hub.change() as change:
        subscriptions.unsubscribe(change, ann, one.id)
    run(world, ann)
    assert send(world).got == []
    with world.hub.change() as change, pytest.raises(NotKnown):
        subscriptions.unsubscribe(change, ann, one.id)
    with world.hub.reading() as conn:
        [row] = conn.execute(sa.select(channels.c.address, channels.c.secret)).all()
    assert (HOOK in row.address, row.secret) == (False, "")


def test_ones_own_mail_address_needs_no_confirming(world: World) -> None:
    eva = world.add_user("eva", "evaslab", email="Eva@example.org")
    assert subscribe(world, eva, "done", to="eva@example.org").channel.confirm == ""


def test_another_mail_address_is_told_nothing_before_its_reader_has_confirmed_it(
    world: World, ann: records.Caller, bob: records.Caller, tim: records.Caller
) -> None:
    subscribe(world, ann, "done", to="else@example.org")
    run(world, ann)
    [asking] = send(world).got
    assert asking.outgoing.title == "confirm this address"
    found = re.search(r"ftc confirm-address (\S+)", bodies(world)[0])
    assert found
    with world.hub.change() as change, pytest.raises(NotKnown):
        subscriptions.confirm(change, bob, found[1])
    with world.hub.change() as change:
        subscriptions.confirm(change, ann, found[1])
    with world.hub.reading() as conn:
        who = conn.execute(sa.select(audit.c.name).where(audit.c.action == "confirm-address")).scalars().all()
    assert who == ["ann"]
    run(world, ann)
    assert [one.outgoing.events[0].occasion for one in send(world).got] == ["done"]


def test_nobody_can_have_many_strangers_written_to(world: World, ann: records.Caller) -> None:
    for number in range(5):
        one = subscribe(world, ann, "done", to=f"stranger{number}@example.org")
        send(world)
        with world.hub.change() as change:
            subscriptions.unsubscribe(change, ann, one.id)
    with pytest.raises(Refused, match="wait a day"):
        subscribe(world, ann, "done", to="stranger5@example.org")


def test_a_test_message_goes_out_at_once_but_not_again_and_again(world: World, ann: records.Caller) -> None:
    one = subscribe(world, ann, "done")
    with world.hub.change() as change:
        subscriptions.send_test(change, ann, one.id, "call-test-1")
    assert send(world).titles == ["a test message"]
    with world.hub.change() as change:
        subscriptions.send_test(change, ann, one.id, "call-test-1")
    with world.hub.change() as change, pytest.raises(Conflict, match="less than"):
        subscriptions.send_test(change, ann, one.id, "call-test-2")
    assert send(world).got == []


def test_an_address_that_fails_for_days_gets_nothing_more_until_it_is_tested(
    world: World, ann: records.Caller, tim: records.Caller
) -> None:
    one = subscribe(world, ann, "done")
    post = Post(broken=True)
    for _ in range(10):
        run(world, ann)
        send(world, post)
        world.clock.forward(days=1)
    counted = len(occasions(world))
    run(world, ann)
    assert len(occasions(world)) == counted
    with world.hub.reading() as conn:
        [shown] = subscriptions.listed(conn, ann)
    assert shown.channel.last_error == "the network is away"
    assert shown.channel.failing_since is not None
    with world.hub.change() as change:
        subscriptions.send_test(change, ann, one.id, "call-test-1")
    post.broken = False
    for _ in range(20):
        send(world, post)
    run(world, ann)
    assert len(occasions(world)) == counted + 2


def test_only_a_teams_admins_subscribe_for_it_and_its_people_see_that(
    world: World, ann: records.Caller, tim: records.Caller
) -> None:
    with pytest.raises(NotYours):
        subscribe(world, ann, "done", for_team="timslab")
    one = subscribe(world, tim, "done", for_team="timslab")
    guest = world.add_user("guest", "timslab:guest")
    with world.hub.reading() as conn:
        assert subscriptions.listed(conn, guest, "timslab") == [one]
        with pytest.raises(NotYours):
            subscriptions.listed(conn, ann, "timslab")
    for who in (ann, guest):
        with world.hub.change() as change, pytest.raises(NotKnown):
            subscriptions.unsubscribe(change, who, one.id)


def test_a_lab_does_not_subscribe(world: World, tim: records.Caller) -> None:
    with pytest.raises(NotYours):
        subscribe(world, lab("demolab"), "done")


@pytest.mark.parametrize(
    ("occasions", "narrowed"),
    [(("campaign-ended",), {"test": "Functional.a"}), (("board-broken",), {"test": "Functional.a"}), ((), {})],
)
def test_what_can_never_be_is_refused(
    world: World, ann: records.Caller, occasions: tuple[str, ...], narrowed: dict[str, str]
) -> None:
    with pytest.raises(Refused):
        subscribe(world, ann, *occasions, **narrowed)


def test_subscriptions_are_bounded(world: World, ann: records.Caller) -> None:
    for _ in range(50):
        subscribe(world, ann, "done")
    with pytest.raises(Refused, match="50"):
        subscribe(world, ann, "done")


INSIDE = [
    "http://ci.example.org/x",
    "https://127.0.0.1/x",
    "https://10.1.2.3:8443/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/x",
    "https://[::ffff:10.0.0.1]/x",
    "https://[64:ff9b::a00:1]/x",
    "https://[2002:0a00:0001::]/x",
    "https://[fe80::1]/x",
    "https://localhost/x",
    "https://ann:secret@ci.example.org/x",
    "https://ci.example.org/x#y",
    "https://ci.example.org:99999/x",
    "https://ci.example.org\\@127.0.0.1/x",
    "https://größe.example/x",
    "https://ci.example.org/x y",
    "json://ci.example.org/x",
    "matrix://user:password@10.0.0.1/#room",
    "mmost://10.0.0.1/token",
    "discord://1/2?avatar_url=http://10.0.0.1/",
    "file:///etc/passwd",
    "mailto://smtp.example.org?to=x@y.z",
    "https://" + "x" * 600,
    "ann@example.org\r\nBcc: eve@example.org",
]


@pytest.mark.parametrize("address", INSIDE)
def test_people_give_no_address_that_leads_inside(address: str) -> None:
    with pytest.raises(BadAddress) as refused:
        of_people(address)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "kind", "shown"),
    [
        ("ann@example.org", "mail", "ann@example.org"),
        ("https://hooks.slack.com/services/T0/B0/s3cret", "slack", "slack://… ("),
        ("slack://T0/B0/s3cret", "slack", "slack://… ("),
        (
            "matrix://s3cret_token@m.example.org:8448/!room:m.example.org",
            "matrix",
            "matrix://…@m.example.org:8448/!room",
        ),
        ("https://ci.example.org/s3cret?s3cret=1", "webhook", "https://ci.example.org/… ("),
        ("tgram://123:s3cret/456", "chat", "tgram://… ("),
    ],
)
def test_addresses_are_shown_without_what_opens_them(address: str, kind: str, shown: str) -> None:
    found = of_people(address)
    assert found.kind == kind
    text = masked(found.kind, found.text)
    assert text.startswith(shown)
    assert "s3cret" not in text


def test_an_address_of_ones_own_that_fails_is_told_of(world: World) -> None:
    ann = world.add_user("ann", "annslab", email="ann@example.org")
    world.add_lab("demolab", "one")
    which = world.put(ann, "demolab:one").id
    world.cancel(world.add_user("root", "annslab:maintainer"), which)
    send(world, Post(broken=True))
    with world.hub.reading() as conn:
        [line] = subscriptions.usual_of(conn, ann).trouble
    assert line.startswith("ann@example.org fails since 2026-11-23 10:00 UTC: ")


def test_a_secret_is_shown_once_and_stands_in_no_log(service: Service) -> None:
    wanted = {"call_id": "call-sub-1", "events": ["done"], "to": "https://ci.example.org/s3cret-path"}
    made = service.ok("ann", "POST", "/subscriptions", 201, json=wanted)
    assert made["secret"].startswith("whsec_")
    assert service.ok("ann", "POST", "/subscriptions", 201, json=wanted)["secret"] == made["secret"]
    second = service.ok("ann", "POST", "/subscriptions", 201, json={**wanted, "call_id": "call-sub-2"})
    assert second["secret"] == "", "it was shown before"
    service.ok("ann", "DELETE", f"/subscriptions/{second['id']}", 204)
    listed = service.ok("ann", "GET", "/subscriptions")
    assert "secret" not in listed["subscriptions"][0]
    assert listed["usual"] == {"on": True, "to": ["ann@example.org"], "trouble": []}
    rotated = service.ok("ann", "POST", f"/subscriptions/{made['id']}/secret", json={"call_id": "call-rot-1"})
    assert rotated["secret"] not in ("", made["secret"])
    again = service.ok("ann", "POST", f"/subscriptions/{made['id']}/secret", json={"call_id": "call-rot-1"})
    assert again["secret"] == rotated["secret"]
    with service.engine.connect() as conn:
        text = str(conn.execute(sa.select(audit)).all())
    assert "https://ci.example.org/…" in text
    assert "s3cret" not in text + str(listed)
    assert made["secret"] not in text
    service.ok("ann", "DELETE", f"/subscriptions/{made['id']}", 204)


@pytest.mark.parametrize(
    "body",
    [
        {"events": ["nothing"], "to": HOOK},
        {"events": [], "to": HOOK},
        {"events": ["done"] * 20, "to": HOOK},
        {"events": ["done"], "to": HOOK, "board": "a:b:c"},
        {"events": ["done"], "to": HOOK, "board": "demolab:"},
        {"events": ["done"], "to": HOOK, "test": "nothing"},
        {"events": ["done"], "to": "https://10.0.0.1/"},
    ],
)
def test_what_is_no_subscription_is_refused(service: Service, body: dict[str, Any]) -> None:
    assert service.call("ann", "POST", "/subscriptions", json={"call_id": "call-sub-1", **body}).status_code == 422
