"""What waits is sent: at once, or together with others; again when it failed, and by one process at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.notices import digest, fan_out, sender
from fuego_jenkins_remote.hub.notices.digest import WINDOW, compose
from fuego_jenkins_remote.hub.notices.post.errors import NotSent
from fuego_jenkins_remote.hub.notices.trouble import trouble
from fuego_jenkins_remote.hub.notices.values import Delivery, Event
from fuego_jenkins_remote.hub.people import users
from fuego_jenkins_remote.hub.schema import messages

from .conftest import World
from .told import Post, send, subscribe, told

SLACK = "slack://T1/B1/x"


@pytest.fixture
def ann(world: World) -> records.Caller:
    world.add_lab("demolab", "one")
    return world.add_user("ann", "annslab")


def happen(world: World, ann: records.Caller, times: int = 1) -> None:
    """Let requests pass."""
    for _ in range(times):
        world.put(ann, "demolab:one")
        which = world.running("demolab", "one")
        world.tested("demolab", which)
        world.done("demolab", which)


def sizes(post: Post) -> list[int]:
    return [len(one.outgoing.events) for one in post.got]


def test_the_first_go_out_at_once_and_what_follows_is_collected(world: World, ann: records.Caller) -> None:
    subscribe(world, ann, "done", to=SLACK)
    post = Post()
    for _ in range(10):
        happen(world, ann)
        send(world, post)
    assert sizes(post) == [1, 1, 1]
    world.clock.forward(seconds=WINDOW.total_seconds())
    send(world, post)
    assert sizes(post) == [1, 1, 1, 7]
    title, body = post.got[-1].outgoing.title, post.got[-1].outgoing.body
    assert title == "7 notices: 7 done"
    assert sum("PASS: Functional.hello on demolab:one" in line for line in body.splitlines()) == 7


def test_many_at_once_are_one_message(world: World, ann: records.Caller) -> None:
    subscribe(world, ann, "done", "started", to=SLACK)
    happen(world, ann, 4)
    [one] = send(world).got
    assert one.outgoing.title == "8 notices: 4 started, 4 done"


def test_a_message_holds_no_more_than_one_may_read(
    world: World, ann: records.Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "LARGEST", 6)
    subscribe(world, ann, "done", "started", to=SLACK)
    happen(world, ann, 4)
    assert sizes(send(world)) == [6, 2]


def test_programs_get_each_event_by_itself(world: World, ann: records.Caller) -> None:
    subscribe(world, ann, "done")
    happen(world, ann, 6)
    assert sizes(send(world)) == [1] * 6


def test_a_message_says_for_whom_it_is_and_what_ends_it(world: World, ann: records.Caller) -> None:
    world.hub.base_url = "https://hub.example.org"
    subscribe(world, ann, "started", to=SLACK)
    happen(world, ann)
    [one] = send(world).got
    assert one.outgoing.why.startswith("Sent for user ann by the Fuego hub at https://hub.example.org\n")
    assert "    ftc unsubscribe ID\n" in one.outgoing.why


def test_what_could_not_be_sent_is_tried_again_ever_later_and_then_given_up(world: World, ann: records.Caller) -> None:
    subscribe(world, ann, "done")
    tries: list[str] = []

    def away(delivery: Delivery) -> None:
        tries.append(delivery.outgoing.id)
        if len(tries) % 2:
            raise NotSent("the network is away")
        raise OSError("nobody expected this")

    happen(world, ann)
    assert sender.send_due(world.hub, away) == 1
    for wait in sender.WAITS:
        assert sender.send_due(world.hub, away) == 0
        world.clock.forward(seconds=wait.total_seconds() + 1)
        assert sender.send_due(world.hub, away) == 1
    world.clock.forward(days=9)
    assert sender.send_due(world.hub, away) == 0
    assert len(tries) == len(sender.WAITS) + 1
    assert len(set(tries)) == 1, "each try says that it is the same message"
    assert [state for _, _, state in told(world)] == ["failed"]


@pytest.mark.parametrize(
    ("said", "goes"),
    [("the mail server mail:25 is not to be had: it broke off", True), ("the mail server said: 450", False)],
)
def test_a_mail_server_that_is_back_gets_what_waits_for_it_alone(
    world: World, ann: records.Caller, said: str, goes: bool
) -> None:
    bob = world.add_user("bob", "annslab", email="bob@example.org")
    with world.hub.change() as change:
        for who in (ann, bob):
            users.change_user(change, None, who.name, users.UserChange(email=f"{who.name}@example.org"))
    sent: list[str] = []
    away = True

    def send_mail(delivery: Delivery) -> None:
        if away:
            raise NotSent(said)
        sent.append(delivery.channel.address)

    happen(world, ann)
    for wait in (timedelta(), *sender.WAITS[:3]):
        world.clock.forward(seconds=wait.total_seconds() + 1)
        sender.send_due(world.hub, send_mail)
    away = False
    world.clock.forward(seconds=60)
    happen(world, bob)
    sender.send_due(world.hub, send_mail)
    assert sent == (["bob@example.org", "ann@example.org"] if goes else ["bob@example.org"])


def test_what_another_try_would_not_change_is_given_up_at_once(world: World, ann: records.Caller) -> None:
    subscribe(world, ann, "done")

    def gone(_delivery: Delivery) -> None:
        raise NotSent("the answer was 410", for_good=True)

    happen(world, ann)
    assert sender.send_due(world.hub, gone) == 1
    world.clock.forward(days=1)
    assert sender.send_due(world.hub, gone) == 0


def test_one_that_fails_keeps_no_other_waiting(world: World, ann: records.Caller) -> None:
    subscribe(world, ann, "done", to=SLACK)
    subscribe(world, ann, "done")
    got = []

    def half(delivery: Delivery) -> None:
        if delivery.channel.kind == "slack":
            raise NotSent("no")
        got.append(delivery)

    happen(world, ann, 3)
    sender.send_due(world.hub, half)
    assert len(got) == 3


def test_of_two_processes_one_sends(world: World, ann: records.Caller) -> None:
    subscribe(world, ann, "done")
    happen(world, ann)
    fan_out.tell(world.hub)
    [taken] = sender.take(world.hub)
    assert sender.take(world.hub) == []
    sender.deliver(world.hub, Post(), taken)
    assert sender.take(world.hub) == []


def test_who_died_while_sending_is_followed_by_another_with_the_same_message(world: World, ann: records.Caller) -> None:
    subscribe(world, ann, "done", to=SLACK)
    happen(world, ann, 2)
    fan_out.tell(world.hub)
    [first] = sender.take(world.hub)
    happen(world, ann)
    fan_out.tell(world.hub)
    world.clock.forward(seconds=sender.LEASE.total_seconds() + 1)
    [again] = sender.take(world.hub)
    assert again.outgoing.id == first.outgoing.id
    assert again.outgoing.events == first.outgoing.events
    assert (first.outgoing.again, again.outgoing.again) == (False, True)


def test_who_was_so_slow_that_another_has_taken_over_writes_nothing_down(world: World, ann: records.Caller) -> None:
    subscribe(world, ann, "done")
    happen(world, ann)
    fan_out.tell(world.hub)
    [slow] = sender.take(world.hub)
    world.clock.forward(seconds=sender.LEASE.total_seconds() + 1)
    [quick] = sender.take(world.hub)

    def fails(_delivery: Delivery) -> None:
        raise NotSent("too slow")

    sender.deliver(world.hub, fails, slow)
    with world.hub.reading() as conn:
        assert conn.execute(sa.select(messages.c.state, messages.c.error)).all() == [("open", "")]
    sender.deliver(world.hub, Post(), quick)
    assert [state for _, _, state in told(world)] == ["sent"]


def test_what_comes_while_one_is_sent_is_sent_afterwards(world: World, ann: records.Caller) -> None:
    subscribe(world, ann, "done", to=SLACK)
    happen(world, ann)
    post = Post()
    fan_out.tell(world.hub)
    [taken] = sender.take(world.hub)
    happen(world, ann)
    fan_out.tell(world.hub)
    sender.deliver(world.hub, post, taken)
    send(world, post)
    assert sizes(post) == [1, 1]


def test_one_event_that_is_broken_keeps_no_other_back(world: World, ann: records.Caller) -> None:
    subscribe(world, ann, "done")
    happen(world, ann)
    with world.hub.change() as change:
        change.conn.exec_driver_sql("UPDATE events SET users = '7' WHERE occasion = 'started'")
    assert [occasion for occasion, _, _ in told(world)] == ["done"]


def test_the_operator_is_told_of_what_cannot_be_sent(world: World, ann: records.Caller) -> None:
    subscribe(world, ann, "done", to="https://ci.example.org/s3cret")
    with world.hub.reading() as conn:
        assert trouble(conn, world.clock()) == []
    happen(world, ann)
    send(world, Post(broken=True))
    world.clock.forward(seconds=5)
    with world.hub.reading() as conn:
        [line] = trouble(conn, world.clock())
    assert line.startswith("notices for user ann to https://ci.example.org/…")
    assert "the network is away" in line
    assert "s3cret" not in line


def event(number: int, title: str) -> Event:
    at = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    return Event(id=number, at=at, occasion="done", title=title, line=title, body="b\n", data={})


def test_a_title_is_one_short_line_whatever_somebody_wrote() -> None:
    outgoing = compose("msg_1", [event(1, "a\r\nBcc: eve@example.org\x1b[31m " + "x" * 400)], again=False)
    assert outgoing.title.startswith("a Bcc: eve@example.org [31m x")
    assert len(outgoing.title) == 180
    assert outgoing.title.isprintable()


def test_a_waiting_window_ends(world: World, ann: records.Caller) -> None:
    subscribe(world, ann, "done", to=SLACK)
    post = Post()
    for minutes in (0, 0, 0, 0, 6, 6, 6):
        world.clock.forward(minutes=minutes)
        happen(world, ann)
        send(world, post)
    world.clock.forward(minutes=6)
    send(world, post)
    assert sum(sizes(post)) == 7
    assert world.clock.at - post.got[-1].outgoing.events[-1].at < timedelta(minutes=13)
