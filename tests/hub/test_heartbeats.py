"""Signs of life: of many attempts in one call; readers are told of new text once a second at most."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
import sqlalchemy as sa

from fuego_jenkins_remote.hub import news_loop, records
from fuego_jenkins_remote.hub.heartbeats import Beat
from fuego_jenkins_remote.hub.waiters import request_key
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.states import State

from .conftest import Service, World


def several(world: World, ann: records.Caller, count: int) -> list[AttemptId]:
    """So many running attempts."""
    names = [f"b{number}" for number in range(count)]
    world.add_lab("demolab", *names)
    for name in names:
        world.put(ann, f"demolab:{name}")
    return [world.running("demolab", name) for name in names]


def test_many_beats_in_one_call_keep_all_alive(world: World, ann: records.Caller) -> None:
    running = several(world, ann, 3)
    for _ in range(5):
        world.clock.forward(minutes=9)
        answers = world.beat("demolab", *(Beat(attempt=which) for which in running))
        world.sweep()
    assert [answer.attempt for answer in answers] == running
    assert {answer.state for answer in answers} == {State.RUNNING}
    assert {world.get(which.request).state for which in running} == {State.RUNNING}


def test_one_that_is_over_fails_no_other(world: World, ann: records.Caller) -> None:
    over, alive = several(world, ann, 2)
    world.tested("demolab", over)
    unknown = AttemptId("20261123-101500123-k3j7x2m4", 1)
    beats = [Beat(attempt=which, log_tail="x\n") for which in (over, unknown, alive)]
    answers = world.beat("demolab", *beats)
    assert [(answer.state, answer.lease_seconds) for answer in answers] == [("over", 0), ("over", 0), ("running", 60)]
    assert world.get(alive.request).log_tail == "x\n"
    assert world.get(over.request).log_tail == ""


def test_an_attempt_of_another_lab_is_over_for_this_one(world: World, ann: records.Caller) -> None:
    [which] = several(world, ann, 1)
    world.add_lab("otherlab")
    [answer] = world.beat("otherlab", Beat(attempt=which, log_tail="mine\n"))
    assert answer.state == "over"
    assert world.get(which.request).log_tail == ""


def test_an_older_attempt_is_over(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "b0")
    world.put(ann, "demolab:b0")
    older = world.claim("demolab", "b0")
    assert older
    world.give_back("demolab", older)
    world.clock.forward(minutes=1)
    newer = world.claim("demolab", "b0")
    assert newer == AttemptId(older.request, 2)
    states = [answer.state for answer in world.beat("demolab", Beat(attempt=older), Beat(attempt=newer))]
    assert states == ["over", "assigned"]


def test_a_beat_says_whether_to_stop(world: World, ann: records.Caller) -> None:
    one, two = several(world, ann, 2)
    world.cancel(ann, two.request)
    assert [answer.cancel for answer in world.beat("demolab", Beat(attempt=one), Beat(attempt=two))] == [False, True]


def test_texts_that_a_beat_leaves_out_stay(world: World, ann: records.Caller) -> None:
    one, two = several(world, ann, 2)
    world.beat("demolab", Beat(attempt=one, log_tail="a\n"), Beat(attempt=two, queue_why="waits"))
    world.beat("demolab", Beat(attempt=one, queue_why="waits too"), Beat(attempt=two, build_url="http://j/9/"))
    texts = [(shown.log_tail, shown.queue_why) for shown in (world.get(one.request), world.get(two.request))]
    assert texts == [("a\n", "waits too"), ("", "waits")]
    assert world.get(two.request).build_url == "http://j/9/"


def test_of_two_beats_for_one_attempt_the_second_counts(world: World, ann: records.Caller) -> None:
    [which] = several(world, ann, 1)
    answers = world.beat("demolab", Beat(attempt=which, log_tail="a\n"), Beat(attempt=which, log_tail="a\nb\n"))
    assert len(answers) == 2
    assert world.get(which.request).log_tail == "a\nb\n"


def test_beats_cost_the_same_few_statements_however_many_there_are(world: World, ann: records.Caller) -> None:
    asked: list[str] = []
    sa.event.listen(world.hub.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    running = several(world, ann, 6)
    for count in (2, 6):
        asked.clear()
        world.beat("demolab", *(Beat(attempt=which, log_tail=f"{count}\n") for which in running[:count]))
        assert len([text for text in asked if not text.startswith(("BEGIN", "SAVEPOINT", "RELEASE"))]) == 3


def test_news_of_many_requests_are_told_together_and_once(world: World, ann: records.Caller) -> None:
    running = several(world, ann, 3)
    before = [world.get(which.request).version for which in running]
    for text in ("a\n", "a\nb\n"):
        world.beat("demolab", *(Beat(attempt=which, log_tail=text) for which in running[:2]))
    assert world.tell_news() == 2
    assert [world.get(which.request).version for which in running] == [before[0] + 1, before[1] + 1, before[2]]
    assert world.tell_news() == 0


def test_the_same_text_again_is_no_news(world: World, ann: records.Caller) -> None:
    [which] = several(world, ann, 1)
    world.heartbeat("demolab", which, log_tail="a\n")
    world.tell_news()
    world.heartbeat("demolab", which, log_tail="a\n")
    assert world.tell_news() == 0


def test_a_reader_is_told_at_once_and_then_not_of_each_line(world: World, ann: records.Caller) -> None:
    [which] = several(world, ann, 1)
    hub = world.hub

    async def story() -> tuple[int, int]:
        loop = asyncio.get_running_loop()
        teller = asyncio.create_task(news_loop.tell_on(hub, 0.2))
        before, start, woken = world.get(which.request).version, loop.time(), 0
        for number in itertools.count():
            if number >= 30 and (woken >= 2 or number == 1000):
                break
            with hub.waiters.waiting(request_key(which.request)) as event:
                world.heartbeat("demolab", which, log_tail=f"line {number}\n")
                await asyncio.sleep(0.02)
                woken += event.is_set()
        took = loop.time() - start
        hub.waiters.close()
        await teller
        versions = world.get(which.request).version - before
        assert versions <= took / 0.2 + 2
        return versions, woken

    versions, woken = asyncio.run(story())
    assert versions >= 2
    assert woken >= 2


def test_beats_over_the_wire(service: Service) -> None:
    put = {"call_id": "call-1-x", "selector": "demolab:qemu", "test": "Functional.a"}
    made = service.ok("ann", "POST", "/requests", 201, json=put)
    service.ok("demolab", "POST", "/claims", json={"claim_id": "claim-1-x", "boards": ["qemu"]})
    attempt, other = f"{made['requests'][0]['id']}.1", "20261123-101500123-k3j7x2m4.7"
    body = {"beats": [{"attempt": other}, {"attempt": attempt, "log_tail": "\x1b[31m" + "x" * 20000}]}
    answers = service.ok("demolab", "POST", "/heartbeats", json=body)["answers"]
    assert answers == [
        {"attempt": other, "lease_seconds": 0, "cancel": False, "state": "over"},
        {"attempt": attempt, "lease_seconds": 60, "cancel": False, "state": "assigned"},
    ]
    kept = service.ok("ann", "GET", f"/requests/{attempt[:-2]}")["log_tail"]
    assert kept == "x" * (16 * 1024)


@pytest.mark.parametrize(
    ("who", "content", "status"),
    [
        ("ann", b'{"beats": []}', 403),
        ("demolab", b'{"beats": []}', 200),
        ("demolab", b'{"beats": [{"attempt": "20261123-101500123-k3j7x2m4"}]}', 422),
        ("demolab", b'{"beats": [{"attempt": "20261123-101500123-k3j7x2m4.1", "more": 1}]}', 422),
        ("demolab", b'{"beats": [{"attempt": "20261123-101500123-k3j7x2m4.1", "queue_why": "\\u001b"}]}', 422),
        ("demolab", b"\xff", 422),
        ("demolab", b"x" * (5 * 1024 * 1024), 413),
    ],
)
def test_what_is_no_batch_of_beats_is_refused(service: Service, who: str, content: bytes, status: int) -> None:
    answer = service.call(who, "POST", "/heartbeats", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == ("application/json" if status == 200 else "application/problem+json")


def test_a_batch_has_an_end(service: Service) -> None:
    beats: list[dict[str, Any]] = [{"attempt": "20261123-101500123-k3j7x2m4.1"}] * 501
    assert service.call("demolab", "POST", "/heartbeats", json={"beats": beats}).status_code == 422
    assert service.call("demolab", "POST", "/heartbeats", json={"beats": beats[:500]}).status_code == 200
